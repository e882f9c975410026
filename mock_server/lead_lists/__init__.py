"""All that the mock knows of lead lists: the record, its rules, its dates and UUIDs, seeding, and the operation.

Nothing here reads a request or writes a response.

May import: contract, pipeline, settings, worlds
"""
