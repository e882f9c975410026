"""Compare suites by a fixed sample of defects; `python -m mock_server.bench.sample` draws it again.

The sample is a file, so that results stay comparable while the catalogue grows.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

SAMPLE = Path(__file__).with_name("defect_sample.txt")
SEED = 14
SIZE = 40


def draw(ids: Iterable[str]) -> list[str]:
    """Draw SIZE IDs with SEED; the order of `ids` has no influence."""
    return sorted(random.Random(SEED).sample(sorted(ids), SIZE))


def read_sample() -> list[str]:
    """Return the ids of the sample."""
    return SAMPLE.read_text(encoding="ascii").split()


if __name__ == "__main__":
    from mock_server.defects.catalogue import CATALOGUE

    SAMPLE.write_text("\n".join(draw(CATALOGUE)) + "\n", encoding="ascii")
