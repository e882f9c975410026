"""Read what the user says of a run: flags, environment variables and `leadlists.toml`, as one frozen value.

Here live the options, their sources, their checks, and the masking of secrets; also the command of the user that
prints a session token (`tokens`), and the limits for servers of others (`manners`). Nothing here opens a connection.

May import: nothing
"""
