"""Send requests to the server under test. Only this package and live/ open sockets.

This package has the values of one exchange and the client. It does not know the contract.

May import: nothing
"""
