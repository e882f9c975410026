"""An exchange with what the contract expects of it: the input of oracles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from contract_tests.contract.specification import Operation, Reading
from contract_tests.contract.terms import Terms
from contract_tests.judging import formats
from contract_tests.judging.body import LARGE_BODY_BYTES
from contract_tests.judging.expectation import Expectation
from contract_tests.judging.login import Login
from contract_tests.judging.meaning import Meaning
from contract_tests.judging.verdict import Judgement
from contract_tests.target.exchange import NOT_JSON, Exchange, Response

SMALL_BODY_BYTES = 4_000  # gateways often limit bodies to 8 KiB, and no valid body has to be larger than this


@dataclass(frozen=True)
class Case:
    """One exchange, the expectation for its request, and the terms by which it is judged."""

    exchange: Exchange
    expectation: Expectation
    terms: Terms

    @property
    def operation(self) -> Operation | None:
        return self.expectation.operation

    @property
    def status(self) -> int:
        """The status of the response, 0 if there is none."""
        return self.exchange.response.status if self.exchange.response else 0

    @property
    def decides(self) -> bool:
        """Whether the response accepts or refuses the request.

        5xx and 429 (RFC 6585 §4) do neither, nor does 413 to a body that some gateways leave unread.
        """
        unread = self.status == 413 and SMALL_BODY_BYTES < len(self.exchange.request.body) <= LARGE_BODY_BYTES
        return 0 < self.status < 500 and self.status != 429 and not unread

    @cached_property
    def succeeded(self) -> bool:
        """Whether the response is a real success: a 2xx without an error body, and a documented one for a violation."""
        if not 200 <= self.status < 300 or self.is_error_body:
            return False
        return not self.must_reject or self.operation is None or self.status in self.operation.success_schemas

    @cached_property
    def is_error_body(self) -> bool:
        """Whether the response body is an error, not an object of the operation."""
        response = self.exchange.response
        if response is None or envelope(response) is None:
            return False
        required = (
            (schema.get("required", ()) for schema in self.operation.success_schemas.values()) if self.operation else ()
        )
        return not any(names and response.json.keys() >= {*names} for names in required)

    @property
    def status_text(self) -> str:
        """The status, with a note if it contradicts the body."""
        return f"{self.status} with an error body" if self.status < 400 and self.is_error_body else str(self.status)

    @property
    def success_text(self) -> str:
        """The documented statuses of a success, for messages."""
        return " or ".join(map(str, sorted(self.operation.success_schemas))) if self.operation else "success"

    @cached_property
    def signed_in(self) -> bool:
        """Whether the server must treat the request as one of a signed-in user."""
        return self.operation is not None and (
            not self.operation.secured or self.expectation.caller.login is Login.VALID
        )

    @property
    def must_reject(self) -> bool:
        return self.signed_in and bool(self.expectation.violations)

    @cached_property
    def must_accept(self) -> bool:
        return (
            self.signed_in
            and not self.expectation.violations
            and not self.expectation.may_be_refused(self.terms.specification)
        )

    @property
    def is_unspecified(self) -> bool:
        """Whether the server can accept or refuse the request."""
        return self.signed_in and not self.must_reject and not self.must_accept

    @property
    def meaning(self) -> Meaning:
        """The statements of the API page on the operation that its schema does not contain."""
        return self.expectation.meaning

    def is_open_on(self, *readings: str) -> bool:
        return not self.expectation.open_readings.isdisjoint(readings)

    @property
    def readings(self) -> list[Reading]:
        """The open readings that affect the response."""
        return [self.terms.specification.readings[reading_id] for reading_id in sorted(self.expectation.open_readings)]

    def is_open_on_group(self, *groups: str) -> bool:
        """Return whether one of the open readings belongs to one of the groups."""
        return any(reading.group in groups for reading in self.readings)

    def clause(self, *rules: str) -> str | None:
        """Return the first of the rules that is a clause of this operation, or None."""
        return self.terms.specification.clause_for(self.operation, *rules)

    @cached_property
    def sent(self) -> dict[str, Any]:
        """The fields of the request body; empty if it is not readable."""
        return self.expectation.body.value if self.expectation.readable else {}

    @cached_property
    def unknown_id_forms(self) -> Mapping[str, frozenset[str]]:
        """For each ID field, the forms of its IDs that neither the user nor the API page's example has named."""
        example = self.operation.request_example if self.operation else None
        shown = example if isinstance(example, dict) else {}
        forms = {}
        for ids in self.meaning.id_fields:
            known = {_plain(text) for text in (*ids.known(self.terms.settings), *strings_in(shown.get(ids.name)))}
            unknown = (text for text in strings_in(self.sent.get(ids.name)) if _plain(text) not in known)
            forms[ids.name] = frozenset(map(formats.id_form, unknown))
        return forms

    @cached_property
    def created(self) -> dict[str, Any] | None:
        """The object in a success response; None if there is none, or if the request must not create one."""
        if (
            not self.succeeded
            or self.exchange.response is None
            or self.operation is None
            or self.expectation.violations
        ):
            return None
        body = self.exchange.response.json
        return body if body is not NOT_JSON and isinstance(body, dict) else None


def _plain(text: str) -> str:
    """Return an ID for comparison: a UUID in lower case (RFC 9562 §4)."""
    return text.lower() if formats.is_uuid(text) else text


def strings_in(value: Any) -> list[str]:
    """Return the strings of a field: itself, or its items."""
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def envelope(response: Response) -> tuple[Mapping[str, Any], bool] | None:
    """Return the object with code and message, and whether it is inside `error`."""
    body = response.json
    if body is NOT_JSON or not isinstance(body, dict):
        return None
    if isinstance(body.get("error"), dict):
        return body["error"], True
    return (body, False) if "code" in body else None


@dataclass(frozen=True, slots=True)
class Oracle:
    """Judges one case; pure.

    clauses: the IDs, or patterns of IDs (`request.*`), that it can judge, also by a reading that it observes.
    of_refusing_readings: it also judges the clauses of all readings with an option that refuses. of_variations: it also
    judges the clauses of `OperationRules`, which permit a variation.
    """

    clauses: tuple[str, ...]
    judge: Callable[[Case], Iterable[Judgement]]
    of_refusing_readings: bool = False
    of_variations: bool = False


@dataclass(frozen=True, slots=True)
class HistoryOracle:
    """Judges many cases of one operation together, in the order of their requests; pure.

    spans_operations: it gets the cases of all operations instead. The other fields are those of `Oracle`.
    """

    clauses: tuple[str, ...]
    judge: Callable[[Sequence[Case]], Iterator[Judgement]]
    spans_operations: bool = False
    of_refusing_readings: bool = False
    of_variations: bool = False


def overlap(first: Case, second: Case) -> bool:
    """Return whether the two requests were concurrent."""
    return (
        second.exchange.sent_at_s < first.exchange.received_at_s
        and first.exchange.sent_at_s < second.exchange.received_at_s
    )


# A server must refuse a body that breaks one of these.
VIOLATIONS: tuple[str, ...] = (
    "request.*.required",
    "request.*.type",
    "request.*.nullability",
    "request.*.enum",
    "request.*.format",
    "request.body.json",
    "http.request.utf-8",
)
# The clauses that grant a permitted variation to the requests of any operation; its suite names those of its fields.
PERMITTING: tuple[str, ...] = (
    "access.carrier.*",
    "http.request.json-spelling",
    "http.request.key-order",
    "http.request.charset",
    "http.request.chunked",
    "http.request.unknown-headers",
    "http.request.accept",
    "http.method",
)
