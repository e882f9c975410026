"""Sockets and HTTP/1.1: listening, one protocol object per connection, TLS. Only this package listens on sockets.

Each resource that a client can occupy (heads, bodies, pipelined requests, unread responses, time) is bounded here.
Nothing here knows an operation of the contract.

May import: middleware, pipeline, settings, worlds
"""
