"""The numbers of requests: those of one run, or of one cell of a campaign, never meet those of another."""

from __future__ import annotations

CALLED_FOR = 500_000  # is added to the number of a request that a response calls for; no plan has as many requests
NUMBERS_OF_A_CELL = 2 * CALLED_FOR  # of its requests: more than a cell sends with all its shrinking
