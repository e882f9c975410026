"""Read what the user says of a run: flags, environment variables and `leadlists.toml`, as one frozen value.

Here live the options, their sources, their checks, and the masking of secrets. Nothing here opens a connection.

May import: nothing
"""
