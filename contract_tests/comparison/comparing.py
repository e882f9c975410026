"""Compare two servers by the same requests, and attribute each difference to a reading or a clause. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Set
from dataclasses import dataclass, field

from contract_tests.comparison.forms import ABSENT, aspects
from contract_tests.judging.verdict import Outcome
from contract_tests.results.events import Ending, Event, ExchangeSeen, VerdictGiven
from contract_tests.results.result import ClauseResult, RunResult
from contract_tests.results.views import ExchangeView, RequestView

COMPARABLE = frozenset({Ending.COMPLETE, Ending.OUT_OF_TIME, Ending.TOO_LITTLE_TIME, Ending.STOPPED})
SHOWN_DEPTH = 3  # parts of a response are grouped by so many steps into it, such as body/error/details


@dataclass(frozen=True, slots=True)
class Pair:
    """One request with the responses of both servers. differing: (part of the response, at A, at B)."""

    a: ExchangeView
    b: ExchangeView
    differing: tuple[tuple[str, str, str], ...]

    @property
    def has_same_status(self) -> bool:
        """Whether both servers accept or refuse the request: then it shows a difference less clearly."""
        return all(part != "status" for part, _, _ in self.differing)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the servers.

    kind: `reading`, `clause` or `response`. id: of the reading or the clause; for a response, the parts that differ.
    text: the question or the statement. a, b: what each server does. pairs: the requests that show it; none where only
    several exchanges together do.
    """

    kind: str
    id: str
    text: str
    a: str
    b: str
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison of two servers.

    urls: of A and B. a, b: their runs; b is None if A could not be judged, so that nothing was sent to B. requests: how
    many both servers answered.
    """

    urls: tuple[str, str]
    a: RunResult
    b: RunResult | None
    requests: int = 0
    differences: tuple[Difference, ...] = ()

    @property
    def problem(self) -> str:
        """The reason why the servers cannot be compared; empty if they can."""
        for name, result in (("A", self.a), ("B", self.b)):
            if result is not None and result.ending not in COMPARABLE:
                return f"Server {name} cannot be compared: {result.why or result.ending.value}"
        return "" if self.requests else "No request was answered by both servers."

    def exit_code(self) -> int:
        """Return 0 without differences, 1 with differences, 3 if not comparable, 130 interrupted, 143 terminated."""
        for result in (self.a, self.b):
            if result is not None and result.ending in {Ending.INTERRUPTED, Ending.TERMINATED}:
                return result.exit_code()
        return 3 if self.problem else 1 if self.differences else 0


@dataclass
class Heard:
    """The exchanges of one run, with the readings and clauses that each shows. result: set at the end of the run."""

    result: RunResult = field(init=False)
    exchanges: dict[int, ExchangeView] = field(default_factory=dict)
    observed: dict[int, frozenset[tuple[str, str]]] = field(default_factory=dict)
    verdicts: dict[int, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))

    def add(self, event: Event) -> None:
        """Take one event of the run into account."""
        if isinstance(event, ExchangeSeen):
            self.exchanges[event.exchange.number] = event.exchange
            self.observed[event.exchange.number] = frozenset(event.observed)
        elif isinstance(event, VerdictGiven) and event.verdict.outcome is not Outcome.HELD:
            verdict = event.verdict
            if verdict.reading is None:
                self.verdicts[verdict.exchanges[-1].number].add((verdict.clause, verdict.outcome))


def compare(
    a: Heard,
    b: Heard,
    *,
    echoed: Set[str],
    open_readings: Callable[[RequestView], Set[str]] = lambda request: frozenset(),
) -> Comparison:
    """Compare two runs of the same plan.

    echoed: the request fields that the response must return. open_readings: returns those of a request to A.
    """
    urls = a.result.started.url, b.result.started.url
    if not {a.result.ending, b.result.ending} <= COMPARABLE:
        return Comparison(urls, a.result, b.result)
    causes = _Causes(a, b, open_readings)
    pairs = [Pair(one, other, _differing(one, other, echoed)) for one, other in _paired(a, b)]
    by_cause: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.differing:
            for cause in causes.of(pair):
                by_cause[cause].append(pair)
    for reading in causes.opposed:
        by_cause.setdefault(("reading", reading), [])
    for clause in _clauses_that_differ(a.result, b.result):
        by_cause.setdefault(("clause", clause), [])
    order = {"reading": 0, "clause": 1, "response": 2}
    found = sorted(by_cause.items(), key=lambda item: (order[item[0][0]], item[0][1]))
    differences = tuple(
        causes.difference(kind, name, tuple(sorted(shown, key=lambda pair: pair.has_same_status)))
        for (kind, name), shown in found
    )
    return Comparison(urls, a.result, b.result, len(pairs), differences)


class _Causes:
    """The causes of the differences between two runs: a reading if there is one, else a clause, else unknown."""

    def __init__(self, a: Heard, b: Heard, open_readings: Callable[[RequestView], Set[str]]) -> None:
        self._a, self._b, self._open_readings = a, b, open_readings
        self._seen = [{each.reading.id: set(each.seen) for each in heard.result.readings} for heard in (a, b)]
        self._both = self._seen[0].keys() & self._seen[1].keys()
        self.opposed = {reading for reading in self._both if self._seen[0][reading] != self._seen[1][reading]}

    def of(self, pair: Pair) -> list[tuple[str, str]]:
        """Return the causes of one difference, as (kind, name)."""
        observed = self._a.observed[pair.a.number] ^ self._b.observed[pair.b.number]
        names = {reading for reading, _ in observed}
        bearing = self._open_readings(pair.a.request) & self.opposed
        if readings := (names & self.opposed) or (names - self._both) or bearing:
            return [("reading", reading) for reading in sorted(readings)]
        verdicts = self._a.verdicts[pair.a.number] ^ self._b.verdicts[pair.b.number]
        if verdicts:
            return [("clause", clause) for clause in sorted({clause for clause, _ in verdicts})]
        parts = {"/".join(part.split("/")[:SHOWN_DEPTH]) for part, _, _ in pair.differing}
        # The rest of a response follows from its status.
        return [("response", "status" if "status" in parts else ", ".join(sorted(parts)))]

    def difference(self, kind: str, name: str, pairs: tuple[Pair, ...]) -> Difference:
        """Return the reported difference for one cause."""
        if kind == "reading":
            one, other = (" or ".join(sorted(seen.get(name, ()))) or "not seen" for seen in self._seen)
            return Difference(kind, name, self._a.result.reading(name).question, one, other, pairs)
        if kind == "clause":
            found = [heard.result.clause(name) for heard in (self._a, self._b)]
            text = next((each.clause.statement for each in found if each), "")
            return Difference(kind, name, text, _outcome(found[0]), _outcome(found[1]), pairs)
        first = pairs[0].differing[:3]
        one, other = ("; ".join(f"{part}: {sides[side]}" for part, *sides in first) for side in (0, 1))
        return Difference(kind, name, "The contract does not say which of the two is right.", one, other, pairs)


def _outcome(found: ClauseResult | None) -> str:
    if found is None or found.outcome is None:
        return "not judged"
    return f"{found.outcome}: {found.worst.actual}" if found.worst else found.outcome


def _paired(a: Heard, b: Heard) -> list[tuple[ExchangeView, ExchangeView]]:
    """Yield each request that both servers got; equal ones in the order of sending."""
    waiting: dict[object, list[ExchangeView]] = defaultdict(list)
    for _, exchange in sorted(b.exchanges.items(), reverse=True):
        waiting[_key(exchange, b.result.started.url)].append(exchange)
    pairs = []
    for _, exchange in sorted(a.exchanges.items()):
        if others := waiting[_key(exchange, a.result.started.url)]:
            pairs.append((exchange, others.pop()))
    return pairs


def _key(exchange: ExchangeView, url: str) -> object:
    """Return the identity of a request, independent of the server."""
    request, origin = exchange.request, "/".join(url.split("/")[:3])
    headers = tuple((name, value.replace(origin, "")) for name, value in request.headers)
    path = request.url.removeprefix(origin)
    how = request.chunked, request.in_parts
    return exchange.label, request.method, path, headers, request.body.data, request.body.sha256, how


def _differing(a: ExchangeView, b: ExchangeView, echoed: Set[str]) -> tuple[tuple[str, str, str], ...]:
    if a.response is None or b.response is None:
        one, other = ("a response" if e.response else "no response" for e in (a, b))
        return (("answer", one, other),) if one != other else ()
    left, right = aspects(a.response, echoed), aspects(b.response, echoed)
    return tuple(
        (part, left.get(part, ABSENT), right.get(part, ABSENT))
        for part in dict.fromkeys([*left, *right])
        if left.get(part, ABSENT) != right.get(part, ABSENT)
    )


def _clauses_that_differ(a: RunResult, b: RunResult) -> list[str]:
    """Return the clauses with a breach or warning for only one server, apart from readings."""
    found = []
    for one in a.clauses:
        other = b.clause(one.clause.id)
        worst = [each.worst for each in (one, other) if each is not None and each.worst is not None]
        is_of_reading = any(verdict.reading for verdict in worst)
        if other is not None and worst and one.outcome is not other.outcome and not is_of_reading:
            found.append(one.clause.id)
    return found
