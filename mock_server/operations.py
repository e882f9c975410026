"""The functions of further operations: operationId -> function. Those of lead lists are in `lead_lists/operations.py`.

A function that waits for something is a coroutine. Its parameters name what it needs: `payload` (the validated body),
`user` (the ID of the signed-in user), `headers`, `world` (the state to change), and path and query parameters. It
returns a JSON value, or an `Outcome` with headers. The mock ignores a function whose operation is not in the spec.
"""

from __future__ import annotations

from mock_server.pipeline.responders import Function

OPERATIONS: dict[str, Function] = {}
