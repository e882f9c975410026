"""What a user can choose: the settings, the parsers of their texts, and their sources.

No setting is read from the environment anywhere else.

May import: contract, worlds
"""
