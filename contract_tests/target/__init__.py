"""Send requests to the server under test; the only room that opens sockets.

Here live the values of one exchange and the client. Nothing here knows the contract.

May import: nothing
"""
