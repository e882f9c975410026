"""Writers of what a run has found; only here is anything formatted for people."""
