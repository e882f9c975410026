"""Judge whether a created lead list returns the sent lists of IDs, complete and unchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from contract_tests.contract.schema import short
from contract_tests.judging import formats, text
from contract_tests.judging.case import Case, Oracle
from contract_tests.judging.verdict import Judgement, Observation, broken, held
from contract_tests.lead_lists.echo import sent_values, shown
from contract_tests.lead_lists.ids import LISTS_OF_IDS, known_ids
from contract_tests.lead_lists.server_made import lead_list

_DROPPING = {ids.name: (ids.unused, ids.unknown) for ids in LISTS_OF_IDS}


def ids(case: Case) -> Iterator[Judgement]:
    """personIds and companyIds are the sent ones; companyIds is empty if none were sent."""
    created = lead_list(case)
    if created is None or not case.expectation.readable:
        return
    for field in _DROPPING:
        got, variants = created.get(field), sent_values(case, field)
        if field not in created:
            continue
        if any(variant != variants[0] for variant in variants):
            yield from _one_of_two(case, field, variants, got)
            continue
        sent = variants[0] if variants else None
        if sent is not None and not isinstance(got, list):
            continue  # its type is wrong, which another oracle reports
        if sent is None:
            clause = "request.companyIds.default" if field == "companyIds" else "response.personIds.echo"
            if got == []:
                yield held(clause, case.exchange)
            else:
                yield broken(clause, case.exchange, expected="[]", actual=shown(got))
        elif isinstance(sent, list) and isinstance(got, list) and not any(isinstance(value, float) for value in sent):
            # The text of a fraction is unspecified (`number-ids`).
            yield from _ids(case, field, sent, got)


def _ids(case: Case, field: str, sent: list[Any], got: list[Any]) -> Iterator[Judgement]:
    clause = f"response.{field}.echo"
    texts = [_id(field, value) for value in sent]
    found = texts if got == sent else [_id(field, value) for value in got]
    once = list(dict.fromkeys(texts))
    for wanted, option in (
        (texts, "kept"),
        (once, "removed"),
        ([_id(field, value) for value in dict.fromkeys(sent)], "removed"),  # a UUID in other case may count as another
    ):
        if found == wanted or sorted(found) == sorted(wanted):
            yield held(clause, case.exchange)
            yield from _observe_ids(case, field, wanted, found, option, len(once) < len(texts))
            return
    if _same_texts(texts, found):
        return  # the open questions on text, on ids
    if reasons := [r for r in _DROPPING[field] if case.is_open_on(r) and _dropped(case, field, r, texts, found)]:
        if len(reasons) == 1 or not known_ids(case.terms.settings, field):  # else a request with existing IDs shows it
            yield Observation(reasons[0], "dropped", case.exchange)
        return
    yield broken(clause, case.exchange, expected=shown(sent), actual=shown(got), hint=_lost(texts, found))


def _one_of_two(case: Case, field: str, variants: list[Any], got: Any) -> Iterator[Judgement]:
    """Yield that a server has joined the lists under a key that occurs twice (RFC 8259 §4 permits either of them)."""
    lists = [[_id(field, value) for value in variant] for variant in variants if isinstance(variant, list)]
    if len(lists) == len(variants) and isinstance(got, list):
        found = {_id(field, value) for value in got}
        if not any(found <= set(each) for each in lists) and found <= set().union(*lists):
            expected = " or ".join(shown(variant) for variant in variants)
            yield broken(f"response.{field}.echo", case.exchange, expected=expected, actual=shown(got))


def _id(field: str, value: Any) -> str:
    """Return an ID for comparison: a UUID as its digits in lower case (RFC 9562 §4), a number as its digits."""
    if not isinstance(value, str):
        return short(value)
    return formats.plain_uuid(value) if field != "personIds" or formats.is_uuid(value) else value


def _same_texts(sent: list[str], found: list[str]) -> bool:
    """Return whether the IDs are the sent ones in any order, apart from changes that readings on text permit."""
    missing, left = list((Counter(sent) - Counter(found)).elements()), Counter(found) - Counter(sent)
    loose, wanted = set(map(text.loosely, left)), set(map(text.loosely, missing))
    is_open = all(formats.read_text(one) for one in missing)  # an ID is opaque: its spaces are part of it
    return is_open and loose == wanted


def _dropped(case: Case, field: str, reading: str, sent: list[str], found: list[str]) -> bool:
    """Whether what is missing may have been dropped: all ids that are of no use to such a list, or unknown ones.

    Only the user and the API page's example name ids that may exist; a server that keeps some of the others and
    loses the rest has cut the list.
    """
    known = {_id(field, value) for value in known_ids(case.terms.settings, field)}
    if not reading.startswith("unknown"):
        return not found
    example = case.operation.request_example if case.operation else None
    shown = example.get(field) if isinstance(example, dict) else None
    may_exist = known | {_id(field, value) for value in (shown if isinstance(shown, list) else ())}
    return known & set(sent) <= set(found) <= may_exist and not Counter(found) - Counter(sent)


def _observe_ids(
    case: Case, field: str, wanted: list[str], found: list[str], option: str, repeated: bool
) -> Iterator[Observation]:
    if repeated:
        yield Observation("duplicate-ids", option, case.exchange)
    if len(set(wanted)) > 1:
        yield Observation("id-order", "kept" if found == wanted else "changed", case.exchange)
    for reading in _DROPPING[field]:
        if case.is_open_on(reading) and reading not in case.expectation.doubtful:
            yield Observation(reading, "accepted" if reading.startswith("unknown") else "kept", case.exchange)


def _lost(sent: list[str], got: list[str]) -> str:
    missing = list((Counter(sent) - Counter(got)).elements())
    return f"{len(sent)} were sent and {len(got)} came back; missing: {shown(missing[:3])}" if missing else ""


ORACLES = (
    Oracle(
        (
            "response.personIds.echo",
            "response.companyIds.echo",
            "request.companyIds.default",
            "request.personIds.exist",
            "request.personIds.use",
            "request.companyIds.exist",
            "request.companyIds.use",
        ),
        ids,
    ),
)
