"""Sockets and HTTP/1.1: listening, one protocol object per connection, TLS. The only room that touches a socket.

Everything a client can make the server hold (heads, bodies, pipelined requests, unread responses, time) has a bound
here. Nothing here knows an operation of the contract.

May import: middleware, pipeline, settings, worlds
"""
