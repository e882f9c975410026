"""Print a selfcheck on a terminal: its progress, the wrong results, and a table by class and difficulty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from rich.console import Console
from rich.progress import track
from rich.table import Table

from contract_tests.selfcheck.check import Result
from contract_tests.selfcheck.subjects import FOREIGN
from contract_tests.settings.secrets import printable

DIFFICULTIES = ("easy", "medium", "hard")
PROGRESS_EVERY = 100  # results, in a log, where no bar can grow


def watch(results: Iterable[Result], total: int, console: Console) -> list[Result]:
    """Collect the results, and print each wrong one at once."""
    found = []
    for result in track(results, "judging", total, console=console, transient=True, disable=not console.is_terminal):
        found.append(result)
        if not result.right:
            console.print(printable(_wrong(result)), style="red", highlight=False, soft_wrap=True)
        if not console.is_terminal and len(found) % PROGRESS_EVERY == 0:
            console.print(f"judged {len(found)}/{total}")
    return found


def table(results: Sequence[Result]) -> Table:
    """Return the detected defects and all defects, by class and difficulty."""
    grid = Table(box=None, pad_edge=False)
    grid.add_column("detected")
    for difficulty in DIFFICULTIES:
        grid.add_column(difficulty, justify="right")
    judged = [result for result in results if result.subject.clause]
    for kind in dict.fromkeys(result.subject.kind for result in sorted(judged, key=lambda r: r.subject.kind)):
        cells = []
        for difficulty in DIFFICULTIES:
            some = [r for r in judged if (r.subject.kind, r.subject.difficulty) == (kind, difficulty)]
            cells.append(f"{sum(r.right for r in some)}/{len(some)}" if some else "·")
        grid.add_row(kind, *cells)
    return grid


def summary(results: Sequence[Result]) -> str:
    """Return the numbers of detected defects and of false positives; each foreign set on a line of its own."""
    own = promised(results)
    counts = Counter((bool(result.subject.clause), result.right) for result in own)
    detected, missed = counts[True, True], counts[True, False]
    reported, passed = counts[False, False], counts[False, True]
    line = f"detected {detected}/{detected + missed}, false positives {reported}/{reported + passed}"
    foreign = [result for result in results if result.subject.kind == FOREIGN]
    if not foreign:
        return line
    lines = [] if own == foreign else [f"own catalogue: {line}"]
    groups = dict.fromkeys(result.subject.group for result in foreign)
    some = [(group, [r.right for r in foreign if r.subject.group == group]) for group in sorted(groups)]
    return "\n".join([*(f"foreign, {group}: detected {sum(right)}/{len(right)}" for group, right in some), *lines])


def promised(results: Sequence[Result]) -> list[Result]:
    """Return the results that decide: the foreign set is a score only, unless nothing else was judged."""
    return [result for result in results if result.subject.kind != FOREIGN] or list(results)


def confusion(results: Sequence[Result], explained: Collection[str] = ()) -> list[str]:
    """Return a line for each clause that runs named next to, or instead of, the one that the defect breaks.

    Left out are clauses on the same field or status, which describe one breach from two sides. explained: the IDs of
    defects for which several clauses are expected next to the broken one; they are only counted.
    """
    cells: dict[tuple[str, str, str], list[str]] = {}
    judged = [result for result in results if result.subject.clause]
    expected = 0
    for result in judged:
        broken = result.subject.clause or ""
        instead = "next to" if result.right else "instead of"
        fitting = {broken, *result.subject.also}
        for named in sorted(set(result.broken) - fitting):
            if any(_subject_of(named) == _subject_of(clause) for clause in fitting):
                continue
            if result.right and result.subject.id in explained:
                expected += 1
            else:
                cells.setdefault((named, instead, broken), []).append(result.subject.id)
    several = sum(len(ids) for ids in cells.values())
    lines = [f"{named} {instead} {broken}: {', '.join(ids)}" for (named, instead, broken), ids in sorted(cells.items())]
    return [f"Other clauses that {len(judged)} runs named: {several}, and {expected} expected ones", *lines]


def _subject_of(clause: str) -> str:
    """The field, status or header that a clause is about: its ID without the last word."""
    return clause.rpartition(".")[0]


def _wrong(result: Result) -> str:
    subject = result.subject
    if result.why and not result.broken:
        return f"not judged: the correct server {subject.id}: {result.why}"
    if result.unseen and not result.broken:
        return f"not observed: the correct server {subject.id} follows {result.unseen}"
    if subject.clause is None:
        return f"false positive: the correct server {subject.id}: {', '.join(result.broken)}"
    instead = f", reported instead: {', '.join(result.broken)}" if result.broken else ""
    return f"missed: {subject.id}: {subject.description} It breaks {subject.clause}{instead}"
