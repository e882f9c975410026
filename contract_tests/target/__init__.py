"""Send requests to the server under test. Only this package and live/ open connections to it.

This package has the values of one exchange and the client. It also serves an app of the user as the target (`app`),
and finds out why a target cannot be reached (`doctor`). It does not know the contract. Connections to other servers
(Redis, Dask), which only campaigns use, are in composition/.

May import: nothing
"""
