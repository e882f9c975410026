"""Exchanges made by hand: a valid request with its correct response, and changes of both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.case import Case
from contract_tests.judging.formats import normalised
from contract_tests.judging.judge import Judge
from contract_tests.judging.verdict import Judgement, Observation, Outcome, Verdict
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.lead_lists.bodies import base
from contract_tests.operation_suite import judge_with
from contract_tests.settings.values import Session, Settings
from contract_tests.target.exchange import Exchange, Headers, Request, Response

NOW_S = 1_900_000_000.0
ID = "550e8400-e29b-41d4-a716-446655440000"
OTHER_ID = "0b8a5f66-8d4f-4e43-9a53-0d5d6b1a7a11"
BASE_URL = "http://127.0.0.1:1"
PATH = "/api/v1/entities/leadlists"
FIRST = Session("first", bearer="bearer-one", cookie=("__session", "cookie-one"), user_id="user_1")
SECOND = Session("second", bearer="bearer-two", user_id="user_2")
LOGIN: Headers = (("Authorization", "Bearer bearer-one"),)
JSON_TYPE = ("Content-Type", "application/json")
KNOWN_ICP = "660e8400-e29b-41d4-a716-446655440099"
KNOWN_PERSON = "lead_known"
KNOWN_COMPANY = "5d0a1f3e-7c84-4b29-9e6d-2f8b3a4c5d6e"
OMIT: Any = object()


@cache
def terms(**readings: str) -> Terms:
    """Return the terms of hand-made exchanges with readings pinned: `duplicate_ids="removed,refused"`."""
    pins = {name.replace("_", "-"): tuple(option.split(",")) for name, option in readings.items()}
    settings = Settings(
        BASE_URL,
        FIRST,
        SECOND,
        expired_bearer="bearer-old",
        readings=pins,
        existing_ids={"icp_id": (KNOWN_ICP,), "person_id": (KNOWN_PERSON,), "company_id": (KNOWN_COMPANY,)},
    )
    return Terms.of(load_specification(), settings)


@cache
def judge(**readings: str) -> Judge:
    return judge_with(terms(**readings), (LEAD_LISTS,))


def sent_body(**changes: Any) -> dict[str, Any]:
    """Return a body that must be accepted, with changes; OMIT omits a field."""
    return {key: value for key, value in (base("Spring") | changes).items() if value is not OMIT}


def request(
    body: Any = None,
    *,
    raw: bytes | None = None,
    login: Headers = LOGIN,
    headers: Headers = (),
    content_type: str | None = "application/json",
    method: str = "POST",
    path: str = PATH,
    chunked: bool = False,
) -> Request:
    data = raw if raw is not None else json.dumps(sent_body() if body is None else body, separators=(",", ":")).encode()
    typed = () if content_type is None else (("Content-Type", content_type),)
    return Request(method, BASE_URL + path, (*typed, *login, *headers), data, chunked)


def created(sent: Any = None, **changes: Any) -> dict[str, Any]:
    """Return the lead list that a correct server creates from a body."""
    now = normalised(datetime.fromtimestamp(NOW_S, UTC))
    made = {"type": "person", "companyIds": [], "userIds": ["user_1"], "id": ID, "createdAt": now, "updatedAt": now}
    fields = sent_body() if not isinstance(sent, dict) else sent
    known = {key: value for key, value in fields.items() if key in sent_body()}
    return {key: value for key, value in (made | known | changes).items() if value is not OMIT}


def problem(status: int = 400, **changes: Any) -> dict[str, Any]:
    """Return a correct error body, with changes inside `error`."""
    codes = {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 500: "INTERNAL_ERROR"}
    error: dict[str, Any] = {"code": codes.get(status, "OTHER"), "message": "It is wrong."}
    if status == 400:
        error["details"] = [{"path": " ".join(f"/{name}" for name in sent_body())}]
    return {"error": {key: value for key, value in (error | changes).items() if value is not OMIT}}


def exchange(
    asked: Request | None = None,
    status: int = 201,
    answer: Any = None,
    *,
    raw: bytes | None = None,
    headers: Headers = (JSON_TYPE,),
    at_s: float = 0.0,
    took_s: float = 0.01,
    failure: str | None = None,
) -> Exchange:
    """Return an exchange; without a response, a success or an error body that fits the status."""
    asked = asked or request()
    if answer is None and raw is None:
        answer = created(_json(asked.body)) if 200 <= status < 300 else problem(status)
    data = raw if raw is not None else json.dumps(answer).encode()
    response = None if failure else Response(status, headers, data)
    return Exchange(asked, response, failure, NOW_S + at_s, NOW_S + at_s + took_s)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def case(one: Exchange, **readings: str) -> Case:
    return judge(**readings).case(one)


def judgements(*exchanges: Exchange, **readings: str) -> list[Judgement]:
    """Return the judgements of every oracle on each exchange and on all of them together."""
    judging = judge(**readings)
    cases = [judging.case(one) for one in exchanges]
    alone = [judgement for one in cases for judgement in judging.judge(one)]
    return alone + judging.judge_history(cases)


def outcomes(found: Iterable[Judgement]) -> Mapping[str, set[Outcome]]:
    """Return the outcomes of each judged clause."""
    seen: dict[str, set[Outcome]] = {}
    for judgement in found:
        if isinstance(judgement, Verdict):
            seen.setdefault(judgement.clause, set()).add(judgement.outcome)
    return seen


def broken_clauses(*exchanges: Exchange, **readings: str) -> set[str]:
    return {clause for clause, seen in outcomes(judgements(*exchanges, **readings)).items() if Outcome.BROKEN in seen}


def warned_clauses(*exchanges: Exchange, **readings: str) -> set[str]:
    return {clause for clause, seen in outcomes(judgements(*exchanges, **readings)).items() if Outcome.WARNED in seen}


def observed(*exchanges: Exchange, **readings: str) -> dict[str, set[str]]:
    seen: dict[str, set[str]] = {}
    for judgement in judgements(*exchanges, **readings):
        if isinstance(judgement, Observation):
            seen.setdefault(judgement.reading, set()).add(judgement.option)
    return seen
