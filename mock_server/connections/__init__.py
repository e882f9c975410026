"""Sockets and HTTP/1.1: listening, one protocol object per connection, TLS. The only room that touches a socket.

Everything a client can make the server hold (heads, bodies, pipelined requests, unread responses, time) has a bound
here. The room may import middleware, pipeline, worlds and settings; it knows no operation of the contract.
"""
