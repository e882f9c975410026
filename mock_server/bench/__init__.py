"""Compare the mock with other servers of the same endpoint, and the suite with `schemathesis run`.

`servers` is the table of what is measured; `programs/` holds the servers written for this comparison. `tools` brings
what they need; `processes` and `load` are the only modules that start anything. `results` and `tables` are pure.
Nothing of the mock may import this package, and it is not in the wheel. `README.md` holds the last results.
"""
