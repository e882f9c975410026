"""Test that no response crashes an oracle."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contract_tests.judging.verdict import Observation, Verdict
from contract_tests.target.exchange import Headers
from contract_tests.tests.corpus.exchanges import (
    JSON_TYPE,
    created,
    exchange,
    judge,
    judgements,
    problem,
    request,
    sent_body,
)
from contract_tests.tests.judging.test_judge import BAD_BODY, TWICE, UUID

TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(st.characters(categories=("Cs", "Cc", "Cf", "Zs")), max_size=5),
    st.sampled_from(("", "null", "Spring", UUID, "2030-01-01T00:00:00.000Z", "+999999-01-01T00:00:00Z", "0000-01-01")),
)
NUMBERS = st.one_of(st.integers(), st.just(10**400), st.floats())
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4))
FIELD_NAMES = st.sampled_from([*created(), "error", "code", "message", "details", "data", "__proto__"])
NEARLY = st.dictionaries(FIELD_NAMES, ANY_JSON, max_size=6)
ASKED = st.sampled_from(
    [
        request(),
        request(BAD_BODY),
        request(raw=b"{"),
        request(raw=TWICE + b',"name":"Last","personIds":["a"]}'),
        request(raw=b'{"name":"\\ud800"}'),
        request(login=()),
        request(login=(("Authorization", "bearer bearer-one"),)),
        request(method="PUT"),
        request(path="/elsewhere"),
        *(
            request(sent_body(**changes))
            for changes in (
                {"personIds": ["a", "a", " b", "7"]},
                {"personIds": [7, 1.5, "x"], "type": "company"},
                {"id": "x", "createdAt": "x", "userIds": ["user_2"], "__proto__": {"a": []}},
                {"name": " <b>é\u0301\u0007</b>\0"},
                {"startDate": "2030-01-01", "endDate": "2016-12-31T23:59:60Z"},
                {"icpId": UUID.upper(), "companyIds": [UUID, UUID.upper()]},
            )
        ),
    ]
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(("Content-Type", "Location", "Retry-After", "X")),
        st.sampled_from(("application/json", "text/html; charset=x", "", ";", "http://[", "é", "\xff", "a b"))
        | st.text(st.characters(max_codepoint=255), max_size=12),
    ),
    max_size=4,
).map(tuple)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    asked=ASKED,
    status=st.sampled_from((200, 201, 204, 302, 400, 401, 404, 429, 500, 999)) | st.integers(100, 999),
    headers=HEADERS,
    body=st.one_of(
        ANY_JSON,
        NEARLY,
        NEARLY.map(lambda fields: {**created(), **fields}),
        NEARLY.map(lambda fields: {"error": fields}),
        NEARLY.map(lambda fields: {"error": {**problem()["error"], **fields}}),
    ).map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=40),
)
@example(request(), 201, (JSON_TYPE,), json.dumps(created()).replace('"Spring"', "[" * 900 + "]" * 900).encode())
@example(request(), 201, (JSON_TYPE,), b"[" * 100_000 + b"]" * 100_000)
@example(request(BAD_BODY), 400, (JSON_TYPE,), json.dumps(problem(details=json.loads("[" * 700 + "]" * 700))).encode())
@example(request(), 201, (JSON_TYPE,), b'{"\\ud800": 1e999, "name": ' + b"9" * 5000 + b"}")
def test_no_response_crashes_an_oracle(asked: Any, status: int, headers: Headers, body: bytes) -> None:
    one = exchange(asked, status, raw=body, headers=headers)
    for judgement in judgements(one, exchange(), one):
        assert isinstance(judgement, Verdict | Observation)
        if isinstance(judgement, Verdict):
            assert judgement.clause in judge().terms.specification.clauses
            assert len(judgement.actual) < 500
        else:
            assert judgement.option in judge().terms.specification.readings[judgement.reading].options
