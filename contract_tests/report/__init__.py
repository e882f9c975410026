"""Write what a run found: every writer takes a `RunResult`, or the events that lead to it, and nothing else.

Here live the terminal, the failure message and the printed commands. Nothing here sends, judges or decides.

May import: comparison, contract, engine, judging, selfcheck, settings
"""
