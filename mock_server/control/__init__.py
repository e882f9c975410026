"""The control API `/__mock__/`, its guard, verification, the dashboard and the API reference.

Here lives what tests and people ask of the mock itself. Nothing here answers a request of the contract.

May import: contract, lead_lists, middleware, pipeline, settings, worlds
"""
