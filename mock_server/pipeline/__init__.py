"""The stages that every request passes, the state of a request, and the drivers that call the stages in order.

Only `body_reading` reads a request body for the operation, and only `errors` writes an error body. No stage knows a
field of a lead list.

May import: contract, settings, worlds
"""
