"""Print the judgements on the corpus as text; `python -m contract_tests.tests.approved` writes them for approval.

A change of a judge shows as changed lines of the files in approved/, which people review. For a single exchange the
text has only the differences from a plain one (`like 400`); for several, their judgements together. `✗` means broken,
`!` warned, `?` an observed option, `+` a clause that holds, `-` a clause that holds only for the plain exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import groupby
from pathlib import Path

from contract_tests.judging.body import UNREAD
from contract_tests.judging.case import Case, Oracle
from contract_tests.judging.oracles import answers, errors, success
from contract_tests.judging.verdict import Judgement, Observation, Outcome
from contract_tests.lead_lists import LEAD_LISTS, echo, echo_of_ids, server_made
from contract_tests.target.exchange import Exchange, Request
from contract_tests.tests.corpus import answers as corpus_answers
from contract_tests.tests.corpus import echoes as corpus_echoes
from contract_tests.tests.corpus import fields as corpus_fields
from contract_tests.tests.corpus import histories, histories_of_refusals
from contract_tests.tests.corpus import requests as corpus_requests
from contract_tests.tests.corpus import values as corpus
from contract_tests.tests.corpus.exchanges import case, exchange, judge, request, terms

FOLDER = Path(__file__).with_name("approved")
SIGNS = {Outcome.HELD: "+", Outcome.WARNED: "!", Outcome.BROKEN: "✗"}
JUDGE = judge()
MANY = 20  # exchanges whose position in the sequence does not help a reader
PLAIN = {
    "success": case(exchange()),
    "400": case(exchange(request(corpus.BAD), 400)),
    "401": case(exchange(request(login=()), 401)),
    "open success": case(exchange(request(corpus.ICP_ASKED))),
    "open 400": case(exchange(request(corpus.ICP_ASKED), 400)),
    "another status": case(exchange(status=204)),
    "404": case(exchange(request(path="/other"), 404)),
    "500": case(exchange(status=500)),
}
EVERY_ORACLE: tuple[Oracle, ...] = (*JUDGE.oracles, *LEAD_LISTS.rules.oracles)
OF_ECHOES: tuple[Oracle, ...] = (*echo.ORACLES, *echo_of_ids.ORACLES)
OF_ANSWERS: tuple[Oracle, ...] = (*LEAD_LISTS.rules.oracles, *success.ORACLES)
# The corpus and the oracles of each topic whose exchanges are judged one at a time.
OF_TOPIC: Mapping[str, tuple[Callable[[], corpus.Entries], tuple[Oracle, ...]]] = {
    "planned": (corpus_answers.answered_as_planned, (*answers.ORACLES, *server_made.ORACLES)),
    "statuses": (corpus_answers.statuses, answers.ORACLES),
    "labels": (corpus_answers.labels_and_bodies, (*success.ORACLES, *errors.ORACLES)),
    "fields": (corpus_fields.fields, OF_ANSWERS),
    "errors": (corpus_answers.errors, errors.ORACLES),
    "texts": (corpus_echoes.texts, OF_ECHOES),
    "dates": (corpus_echoes.dates, (*OF_ECHOES, *success.ORACLES)),
    "ids": (corpus_echoes.ids, OF_ANSWERS),
    "pinned": (corpus_echoes.pinned, EVERY_ORACLE),
    "tables": (corpus_echoes.tables, EVERY_ORACLE),
}
TOPICS = ("requests", "histories", "plain", *OF_TOPIC)


def read(topic: str) -> dict[str, str]:
    """Return the approved text of each entry of a topic."""
    approved: dict[str, str] = {}
    for block in (FOLDER / f"{topic}.txt").read_text(encoding="utf-8").split("\n\n"):
        lines = block.rstrip("\n").split("\n")
        told = "\n".join(line for line in lines if line.startswith("  "))
        approved |= dict.fromkeys((line for line in lines if not line.startswith("  ")), told)
    return approved


def write(topic: str, said: Mapping[str, str]) -> None:
    """Write the text of each entry; entries with equal text share a block."""
    alike: dict[str, list[str]] = {}
    for label, told in said.items():
        alike.setdefault(told, []).append(label)
    blocks = ["\n".join(filter(None, [*labels, told])) for told, labels in alike.items()]
    (FOLDER / f"{topic}.txt").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


@cache
def entries(topic: str) -> dict[str, Callable[[], str]]:
    """Map the entries of a topic to functions that return their text.

    All exchanges except the requests are classified here, in advance. So only the topic `requests` tests a mutant of
    the classification, which keeps `make mutation` fast: it calls this before the first mutant.
    """
    found: dict[str, Callable[[], str]]
    if topic == "requests":
        found = {label: partial(_joined, request_lines, asked) for label, asked in corpus_requests.requests()}
    elif topic == "histories":
        found = {label: partial(_joined, history_lines, cases_of(entry)) for label, entry in every_history()}
    elif topic == "plain":
        found = {label: partial(_joined, lines_of, [plain], EVERY_ORACLE) for label, plain in PLAIN.items()}
    else:
        corpus_of, judges = OF_TOPIC[topic]
        found = {label: partial(_joined, alone_lines, cases_of(entry), judges) for label, entry in corpus_of()}
    return {_escaped(label): told for label, told in found.items()}


def every_history() -> corpus.Entries:
    one, other = histories, histories_of_refusals
    for part in (one.repeats, other.refusals, other.media_types, other.questions, other.losses, one.shapes, one.users):
        yield from part()
    for part in (one.clocks, one.pollution, one.whole_plans):
        yield from part()


def cases_of(entry: corpus.Entry) -> list[Case]:
    return [judge(**entry.pins).case(one) for one in entry.exchanges]


def _joined(lines: Callable[..., Iterable[str]], *about: object) -> str:
    return "\n".join(f"  {_escaped(line)}" for line in lines(*about))


def _escaped(line: str) -> str:
    return line if line.isprintable() else ascii(line)[1:-1]


def alone_lines(cases: Sequence[Case], judges: tuple[Oracle, ...]) -> list[str]:
    """Return the judgements on an exchange that differ from those on the most similar plain one."""
    now = lines_of(cases, judges)
    likenesses = (difference(now, label, plain) for label, plain in plain_lines(judges).items())
    return min(likenesses, key=lambda told: len(str(told)))


@cache
def plain_lines(judges: tuple[Oracle, ...]) -> dict[str, list[str]]:
    return {label: lines_of([plain], judges) for label, plain in PLAIN.items()}


def lines_of(cases: Sequence[Case], judges: tuple[Oracle, ...]) -> list[str]:
    judging = replace(JUDGE, terms=cases[0].terms, rules=(), oracles=judges)
    return judgement_lines([judgement for one in cases for judgement in judging.judge(one)], cases)


def difference(now: Sequence[str], label: str, plain: Sequence[str]) -> list[str]:
    new = [line for line in now if line not in plain]
    more = [line.removeprefix("+ ") for line in new if line.startswith("+")]
    gone = [line.removeprefix("+ ") for line in plain if line not in now and line.startswith("+")]
    told = [f"{sign} {_grouped(clauses)}" for sign, clauses in (("+", more), ("-", gone)) if clauses]
    return [f"like {label}", *(line for line in new if not line.startswith("+")), *told]


def _grouped(names: Sequence[str]) -> str:
    """Join dotted names and group those with one prefix."""
    return " ".join(
        f"{word}({' '.join(name.partition('.')[2] for name in alike)})"
        for word, alike in ((word, list(some)) for word, some in groupby(names, lambda name: name.partition(".")[0]))
    )


def history_lines(cases: Sequence[Case]) -> list[str]:
    """Return the text of the judgements on several exchanges."""
    return judgement_lines(replace(JUDGE, terms=cases[0].terms).judge_history(cases), cases)


def judgement_lines(found: Iterable[Judgement], cases: Sequence[Case]) -> list[str]:
    """Return each judgement once, with the positions of its exchanges in the sequence."""
    lines = []
    for judgement in found:
        if isinstance(judgement, Observation):
            lines.append(f"? {judgement.reading}={judgement.option}{_at(cases, [judgement.exchange])}")
            continue
        if judgement.outcome is Outcome.HELD and judgement.reading:
            continue  # an observation says the same
        reading = f" by {judgement.reading}" if judgement.reading else ""
        in_full = not reading or judgement.outcome is Outcome.BROKEN
        told = [judgement.expected, judgement.actual, judgement.hint] if in_full else []
        words = f": {' | '.join(filter(None, told))}" if any(told) else ""
        lines.append(f"{SIGNS[judgement.outcome]} {judgement.clause}{reading}{_at(cases, judgement.exchanges)}{words}")
    return list(dict.fromkeys(lines))


def _at(cases: Sequence[Case], spoken_of: Sequence[Exchange]) -> str:
    if len(cases) == 1 or len(cases) > MANY:
        return ""
    return " at " + " ".join(str([case.exchange is one for case in cases].index(True) + 1) for one in spoken_of)


def request_lines(asked: Request) -> Iterator[str]:
    """Return the text of how a request is classified."""
    read = case(exchange(asked))
    e, specification = read.expectation, terms().specification
    groups = {"accept": read.must_accept, "refuse": read.must_reject, "open": read.is_unspecified}
    group = next((group for group, is_so in groups.items() if is_so), "no login" if read.operation else "no operation")
    caller = f"{e.caller.login} {e.caller.session.name if e.caller.session else ''} {e.caller.carrier}"
    statuses = sorted(e.refusal_statuses(specification))
    yield " ".join(map(str, (group, *statuses, *([] if e.near else ["far"]))))
    if caller != "valid first bearer":
        yield f"caller: {caller}"
    yield from (f"✗ {violation.clause} | {violation.path} | {violation.got}" for violation in e.violations)
    if e.open_readings:
        yield f"? {' '.join(sorted(e.open_readings))}"
    plain = case(exchange()).expectation.variations if read.operation else frozenset()
    for sign, variations in (("+", e.variations - plain), ("-", plain - e.variations)):
        if variations:
            yield f"{sign} {_grouped(sorted(f'{rule}={variant}' for rule, variant in variations))}"
    if not e.readable or e.body.violation:
        yield f"body: {e.body.violation} {e.body.value!r:.40}"
    if e.body.other_value is not UNREAD:
        yield f"or: {e.body.other_value!r:.120}"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for topic in TOPICS:
        write(topic, {label: told() for label, told in entries(topic).items()})
