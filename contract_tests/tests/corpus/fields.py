"""Created lists with one corrupted field."""

from __future__ import annotations

from typing import Any

from contract_tests.tests.corpus.exchanges import (
    OMIT,
    OTHER_ID,
    created,
    exchange,
    request,
    sent_body,
)
from contract_tests.tests.corpus.values import (
    UUID,
    UUID_1,
    UUID_7,
    Entries,
    one,
)

WRONG_VALUES: dict[str, Any] = {
    "left out": OMIT,
    "null": None,
    "a number": 7,
    "a text": "x",
    "empty": "",
    "a list": [],
    "a list of numbers": [7],
    "a list with an empty text": [""],
    "an object": {},
    "true": True,
}


def fields() -> Entries:
    """Created lists with each field corrupted."""
    for field in created():
        for label, value in WRONG_VALUES.items():
            yield f"{field} {label}", one(exchange(answer=created(**{field: value})))
    sent = sent_body(type=OMIT, companyIds=OMIT)
    for field in ("type", "companyIds", "personIds"):
        for label, value in {**WRONG_VALUES, "company": "company", "one": [UUID]}.items():
            asked = request(sent)
            yield f"{field} not sent, {label}", one(exchange(asked, answer=created(sent, **{field: value})))
    for label, stamp in STAMPS.items():
        yield f"createdAt {label}", one(exchange(answer=created(createdAt=stamp)))
        yield f"both stamps {label}", one(exchange(answer=created(createdAt=stamp, updatedAt=stamp)))
        yield f"startDate {label}", one(exchange(answer=created(startDate=stamp)))
    yield "the second company wrong", one(exchange(answer=created(companyIds=[OTHER_ID, "x", OTHER_ID])))
    for label in ("302 s early", "an hour late"):
        yield f"slow, {label}", one(exchange(answer=created(createdAt=STAMPS[label]), took_s=20))
    for label, text in IDS.items():
        yield f"id {label}", one(exchange(answer=created(id=text)))
        yield f"icpId {label}", one(exchange(answer=created(icpId=text)))
        yield f"companyIds {label}", one(exchange(answer=created(companyIds=[text])))


STAMPS = {
    "on time": "2030-03-17T17:46:40.000Z",
    "to the second": "2030-03-17T17:46:40Z",
    "to the microsecond": "2030-03-17T17:46:40.123456Z",
    "to a tenth": "2030-03-17T17:46:40.1Z",
    "with an offset": "2030-03-17T19:46:40.000+02:00",
    "with a short offset": "2030-03-17T19:46:40+02",
    "with an offset west": "2030-03-17T12:16:40-0530",
    "299 s early": "2030-03-17T17:41:41.000Z",
    "301 s early": "2030-03-17T17:41:39.000Z",
    "302 s early": "2030-03-17T17:41:38.000Z",
    "300 s late": "2030-03-17T17:51:40.000Z",
    "301 s late": "2030-03-17T17:51:41.000Z",
    "an hour late": "2030-03-17T18:46:40.000Z",
    "without time zone": "2030-03-17T17:46:40",
    "a day": "2030-03-17",
    "on 30 February": "2030-02-30T17:46:40.000Z",
    "at 24:00": "2030-03-17T24:00:00Z",
    "in year 10000": "+010000-01-01T00:59:59.000Z",
    "in year 9999, expanded": "+009999-01-01T00:59:59.000Z",
    "before year 0": "-000001-01-01T00:59:59.000Z",
    "in words": "yesterday",
    "in year 0, expanded": "+000000-01-01T00:59:59.000Z",
}
IDS = {
    "version 1": UUID_1,
    "version 4": OTHER_ID,
    "version 7": UUID_7,
    "in capitals": OTHER_ID.upper(),
    "without hyphens": OTHER_ID.replace("-", ""),
    "in braces": "{" + OTHER_ID + "}",
    "with a space": OTHER_ID + " ",
    "cut": OTHER_ID[:-1],
    "a number": "17",
}
