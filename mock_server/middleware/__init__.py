"""What is around the driver: one ASGI function from app to app in each file. Their order is in `app`.

A middleware sees every request and knows no operation. Nothing here parses or validates a body.

May import: contract, pipeline, worlds
"""
