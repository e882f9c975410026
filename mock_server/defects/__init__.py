"""Catalogue of named breaches of the contract, each made by a small change of one stage of the mock.

Loaded only on request. What even a correct server may show (delay, 500, reset connection) is a fault and does not
belong here.

May import: app, contract, lead_lists, pipeline, settings
"""
