"""What the judges say of the corpus, as text; `python -m contract_tests.tests.approved` writes it for approval.

The files in approved/ are read by people: a change of a judge shows as the lines of them that change. Of a single
exchange only what differs from a plain one is told (`like 400`); of several, what they say together. `✗` is broken,
`!` warned, `?` an option that was seen, `+` a clause that holds, `-` one that holds for the plain one alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from contract_tests.exchange import Exchange, Request
from contract_tests.tests import corpus
from contract_tests.tests.exchanges import case, exchange, findings, judge, request, terms
from contract_tests.tests.histories import HISTORIES
from contract_tests.verdict import Finding, Observation, Outcome

FOLDER = Path(__file__).with_name("approved")
SIGNS = {Outcome.HELD: "+", Outcome.WARNED: "!", Outcome.BROKEN: "✗"}


def topics() -> dict[str, str]:
    """The name of each file, and what stands in it now."""
    return {name: said(name) for name in ("requests", "histories", *corpus.TOPICS)}


def said(topic: str) -> str:
    """All that is said of a topic."""
    if topic == "requests":
        parts = [(label, request_lines(asked)) for label, asked in corpus.requests()]
    elif topic == "histories":
        parts = [(label, history_lines(entry)) for label, entry in HISTORIES.items()]
    else:
        parts = [(label, alone_lines(entry)) for label, entry in corpus.TOPICS[topic]()]
    alike: dict[tuple[str, ...], list[str]] = {}
    for label, told in parts:
        alike.setdefault(tuple(told), []).append(label)
    lines = [line for told, labels in alike.items() for line in (" · ".join(labels), *(f"  {line}" for line in told))]
    return "".join(f"{line if line.isprintable() else ascii(line)}\n" for line in lines)


def alone_lines(entry: corpus.Entry) -> list[str]:
    """What is said of each exchange, and by all of them together, that is not said of the plain one most like it."""
    now = finding_lines(findings(*entry.exchanges, **entry.pins), entry.exchanges)
    return min((difference(now, label, plain) for label, plain in plain_lines().items()), key=lambda d: len(str(d)))


def difference(now: Sequence[str], label: str, plain: Sequence[str]) -> list[str]:
    new = [line for line in now if line not in plain]
    more = [line.removeprefix("+ ") for line in new if line.startswith("+")]
    less = [line.removeprefix("+ ") for line in plain if line not in now and line.startswith("+")]
    told = [f"{sign} {_grouped(clauses)}" for sign, clauses in (("+", more), ("-", less)) if clauses]
    return [f"like {label}", *(line for line in new if not line.startswith("+")), *told]


def _grouped(names: Sequence[str]) -> str:
    """Dotted names, those that begin alike together."""
    return " ".join(
        f"{word}({' '.join(name.partition('.')[2] for name in alike)})"
        for word, alike in ((word, list(some)) for word, some in groupby(names, lambda name: name.partition(".")[0]))
    )


@cache
def plain_lines() -> dict[str, list[str]]:
    plain = {"success": exchange(), "400": exchange(request(corpus.BAD), 400), "401": exchange(request(login=()), 401)}
    plain["open success"] = exchange(request(corpus.sent_body(icpId=corpus.UUID)))
    plain["open 400"] = exchange(request(corpus.sent_body(icpId=corpus.UUID)), 400)
    plain["another status"] = exchange(status=204)
    plain |= {"404": exchange(request(path="/other"), 404), "500": exchange(status=500)}
    return {label: finding_lines(findings(one), [one]) for label, one in plain.items()}


def history_lines(entry: corpus.Entry) -> list[str]:
    """What is said of exchanges together; of many only how often."""
    judging = judge(**entry.pins)
    found = judging.judge_history([judging.case(one) for one in entry.exchanges])
    return finding_lines(found, entry.exchanges)


def finding_lines(found: Iterable[Finding], exchanges: Sequence[Exchange]) -> list[str]:
    """The findings, each once; with the places in the row of the exchanges that they speak of."""
    lines = []
    for finding in found:
        if isinstance(finding, Observation):
            lines.append(f"? {finding.reading}={finding.option}{_at(exchanges, [finding.exchange])}")
            continue
        if finding.outcome is Outcome.HELD and finding.reading:
            continue  # as its observation says
        reading = f" by {finding.reading}" if finding.reading else ""
        told = [finding.expected, finding.actual, finding.hint] if not reading else []
        words = f": {' | '.join(filter(None, told))}" if any(told) else ""
        lines.append(f"{SIGNS[finding.outcome]} {finding.clause}{reading}{_at(exchanges, finding.exchanges)}{words}")
    return list(dict.fromkeys(lines))


def _at(exchanges: Sequence[Exchange], spoken_of: Sequence[Exchange]) -> str:
    if len(exchanges) == 1:
        return ""
    return " at " + " ".join(str([one is other for other in exchanges].index(True) + 1) for one in spoken_of)


def request_lines(asked: Request) -> Iterator[str]:
    """How a request reads."""
    read = case(exchange(asked))
    e, specification = read.expectation, terms().specification
    zones = {"accept": read.must_be_accepted, "refuse": read.must_be_refused, "open": read.is_open}
    zone = next((zone for zone, is_so in zones.items() if is_so), "no login" if read.operation else "no operation")
    caller = f"{e.caller.login} {e.caller.session.name if e.caller.session else ''} {e.caller.carrier}"
    yield f"{zone}; {caller}; {sorted(e.refusal_statuses(specification))}; {'near' if e.near else 'far'}"
    yield from (f"✗ {fault.clause} | {fault.path} | {fault.got}" for fault in e.faults)
    if e.touches:
        yield f"? {' '.join(sorted(e.touches))}"
    plain = case(exchange()).expectation.features if read.operation else frozenset()
    for sign, features in (("+", e.features - plain), ("-", plain - e.features)):
        if features:
            yield f"{sign} {_grouped(sorted(f'{rule}={variant}' for rule, variant in features))}"
    if not e.readable or e.body.fault:
        yield f"body: {e.body.fault} {e.body.value!r:.40}"
    if e.body.other_value is not corpus.UNREAD:
        yield f"or: {e.body.other_value!r:.120}"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in topics().items():
        (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")
