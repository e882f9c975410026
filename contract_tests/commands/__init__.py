"""The commands of `leadlists-contract`: one module each, with `command`. cli.py lists them and imports them on use.

A module reads the flags, calls the composition root, prints and writes the result, and returns the exit code. Four
modules are shared: `options` (flags of several commands), `inputs` (what the flags name), `output` and `time_notice`.
No rule of the contract or of a run is here.

May import: campaign, composition, contract, engine, explanation, live, report, results, selfcheck, settings
"""
