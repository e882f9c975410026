"""Generate request handlers for MSW: the logic of handlers.ts, followed by the contract of a mock as data.

The data comes from the spec and from the tables of the mock, so the handlers have the same users, limits and messages
as the mock with these settings. The logic exists twice, in Python and in TypeScript; a test compares the responses.
The Python code here only writes that file; it responds to no request.

May import: app, contract, control, middleware, pipeline, settings
"""
