"""Fuzz a deployed server for hours, politely, on as many machines as there are.

A campaign is a list of cells: strategy, seed and number of requests, a pure function of the campaign's seed (`cells`).
It is one run of the engine: it sends the planned requests, then one cell after the other, and ends like every run. A
cell starts from what the planned requests have shown and depends on no other cell, so the cells may be spread in any
way and the findings stay the same. Within a cell, a request that made the server behave in a new way is mutated next.
Other processes can carry out cells (`crew`), and a campaign that was cut off can go on (`resuming`). The engine groups
what breaks (results/findings.py), as a function of the events, so that the record alone gives the same groups.

Four modules limit a campaign: `allowance` reads the time or the number of requests of `--budget`, `bounds` counts them
while the campaign runs, `permit` says how fast it may send to a host and how much it may create there, and `parameters`
keeps the options for `resume`.

Nothing here judges or formats.

May import: engine, judging, operation_suite, requests, results, settings, target
"""
