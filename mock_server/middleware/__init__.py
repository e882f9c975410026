"""What is around the driver: middleware from ASGI app to ASGI app, in the order of the lists in `app`.

Other modules here serve the middleware: `cross_site`, `preflights` and `requested_faults` read headers, and `at_once`
takes its place for requests that no middleware would change. Nothing here parses or validates a body, or knows a field
of a lead list.

May import: contract, pipeline, worlds
"""
