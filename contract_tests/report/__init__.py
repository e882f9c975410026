"""Write reports: every writer gets a `RunResult`, or the events of a run, and nothing else.

This package has the terminal output, the failure message and the printed commands. It sends and judges nothing.

May import: campaign, comparison, contract, engine, judging, selfcheck, settings
"""
