"""Measure what the mock promises under attack, with the real limits, and print one table; exit 1 if one is not kept.

`make hardening` takes two minutes, or four on a busy machine, most of it waiting for limits. `.ci/run` runs it; `make
test` has the same promises with short limits. A longer soak is only on request: make hardening
ARGS="--soak-minutes 10".
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from mock_server.tests.hardening import attacks
from mock_server.tests.hardening.measuring import Row, target
from mock_server.tests.hardening.soak import soak


def rows(soak_minutes: float) -> Iterator[Row]:
    """Measure one promise after the other."""
    with attacks.idle_connections() as cut:  # the longest limits, so they run meanwhile
        for measure in attacks.MEASURES:
            with target() as mock:
                yield from measure(mock)
        yield from soak(soak_minutes * 60)
        yield from cut()


@click.command()
@click.option("--soak-minutes", default=0.5, show_default=True, help="How long to reload and reset under load.")
def main(soak_minutes: float) -> None:
    """Print a row for each promise as it is measured."""
    is_kept = True
    print(f"{'promise':<58}{'limit':>14}{'measured':>14}")
    for row in rows(soak_minutes):
        is_kept &= row.is_kept
        mark = "" if row.is_kept else "  NOT KEPT"
        print(f"{row.promise:<58}{row.limit:>14}{row.measured:>14}{mark}", flush=True)
    sys.exit(0 if is_kept else 1)


if __name__ == "__main__":
    main()
