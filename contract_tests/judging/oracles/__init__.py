"""The oracles for any operation: each judges one exchange, or several together, by some clauses."""
