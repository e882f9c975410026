"""The control API `/__mock__/`, its guard, verification, the dashboard and the API reference.

Tests and people control the mock itself through this package. Nothing here responds to requests of the contract.

May import: contract, middleware, pipeline, settings, worlds
"""
