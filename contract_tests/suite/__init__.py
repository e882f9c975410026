"""The product: what is asked of a server. A test is a clause, or a search for requests that break one."""
