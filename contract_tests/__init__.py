"""A suite that judges any server of the lead list endpoint by its URL."""
