"""Everything about lead lists in the mock: the record, its rules, dates and UUIDs, seeding, and the operation.

Nothing here reads a request or writes a response.

May import: contract, pipeline, settings, worlds
"""
