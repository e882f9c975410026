"""Requests that together show every defect, sent to an app on an event loop that never sleeps."""

from __future__ import annotations

import asyncio
import json
import selectors
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from mock_server.app import Mock
from mock_server.tests.conftest import PAGE, PATH

T = TypeVar("T")
BASE = {**PAGE, "icpId": None, "personIds": []}
COMPANIES = [f"7b0f8d6e-3c52-4a7e-9d41-0c5a8e2f{i:04x}" for i in range(60)]
UUID = "660e8400-e29b-41d4-a716-446655440001"
HANGS_S = 10  # the clock does not move while the mock works
NO_END = {name: value for name, value in BASE.items() if name != "endDate"}


class IdleTime(asyncio.SelectorEventLoop):
    """An event loop whose clock moves only while it is idle, so sleeps take no time."""

    class _Selector(selectors.DefaultSelector):
        now_s = 0.0

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            self.now_s += timeout or 0
            return super().select(0)

    def __init__(self) -> None:
        self._clock = self._Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now_s


def run_idle(coroutine: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=IdleTime) as runner:
        return runner.run(coroutine)


class Probe:
    """An ASGI request; several together are sent concurrently."""

    def __init__(self, body: Any = BASE, *, method: str = "POST", path: str = PATH, **headers: str | None) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        merged: dict[str, str | None] = {
            "authorization": "Bearer xyz789-session",
            "content-type": "application/json",
            "user-agent": "test",
        }
        merged |= {"content-length": str(len(self.body))}
        merged |= {name.replace("_", "-"): value for name, value in headers.items()}
        raw = [(name.encode(), value.encode()) for name, value in merged.items() if value is not None]
        self.scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": raw,
            "server": ("mock.test", 80), "client": ("127.0.0.1", 50000), "extensions": {},
        }  # fmt: skip

    async def answer(self, mock: Mock) -> list[Any]:
        """Return the ASGI messages of the response, and how it ended."""
        messages: list[Any] = []
        bodies = [{"type": "http.request", "body": self.body, "more_body": False}]

        async def receive() -> Any:
            return bodies.pop() if bodies else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            messages.append((message["type"], message.get("status"), message.get("headers"), message.get("body")))

        try:
            async with asyncio.timeout(HANGS_S):
                await mock({**self.scope, "extensions": {}}, receive, send)
        except Exception as error:
            messages.append(type(error).__name__)
        return messages


def sent(**changes: Any) -> Probe:
    return Probe({**BASE, **changes})


def less(*names: str, **changes: Any) -> Probe:
    return Probe({name: value for name, value in {**BASE, **changes}.items() if name not in names})


def raw(old: bytes, new: bytes) -> Probe:
    return Probe(json.dumps(BASE).encode().replace(old, new))


NAMES = (
    "Größe, café at 5 °C", "Αθήνα שלום 销售线索", "Launch 🚀 top 𝒜", "O'Brien & \"Sons\"; DROP TABLE lists; --",
    "100% {name} $HOME `id` \\n %41", "0123", "null", "true", "", "Q", "C++ #1", "a  b", "=1+1", "1e3", "n" * 80,
    "ü" * 79, "n" * 101, "n" * 300, "n" * 1025, "n" * 5000, "n" * 70_000, "before\0after",
)  # fmt: skip
DATES = (
    "2030-01-01T01:00:00.000+05:30", "2030-07-04T12:34:56.789Z", "2032-02-29T12:00:00.000Z", "2032-02-29T00:00:00.000Z",
    "1965-01-01T00:00:00.000Z", "1971-01-01T00:00:00.000Z", "2099-12-31T23:59:59.999Z", "2030-01-01T00:00:00Z",
    "2030-01-01T00:00:00.5Z", "0500-01-01T00:00:00.000Z", "2030-12-31T00:00:00.000Z",
    "2030-02-30T00:00:00.000Z", "2030-02-29T00:00:00.000Z", "2030-04-31T00:00:00.000Z", "2030-13-01T00:00:00.000Z",
    "2030-00-10T00:00:00.000Z", "2030-01-00T00:00:00.000Z", "2030-01-32T00:00:00.000Z", "2030-01-01T25:00:00.000Z",
    "2030-01-01T00:60:00.000Z", "2030-01-01T00:00:61.000Z", "2030-01-01T00:00:00.000+25:00", "", "soon",
)  # fmt: skip
WRONG = (7, True, ["x"], {"a": "b"}, None, "text")
PEOPLE = (
    ["lead_1"], ["007", "12"], ["a,b"], ["Lead_A", "lead_a"], ["ü€"], ["x" * 50], [f"lead_{i}" for i in range(60)],
    [f"lead_{i}" for i in range(1001)], *([each] for each in WRONG), ["a", None], [*("a" * 300), None],
)  # fmt: skip
TYPES = ("company", "Person", "PERSON", "persons", " person", "", "other", *WRONG)
UUIDS = (
    UUID.upper(), "00000000-0000-0000-0000-000000000000", "018e3f5a-6b7c-7d8e-9f01-23456789abcd", UUID[:-1], f"{UUID}2",
    f"{UUID[:-1]}g", UUID.replace("-", "_"), f"x{UUID}", "6-60e8400e29b-41d4-a716-446655440001", "",
)  # fmt: skip
FURTHER = (
    Probe(PAGE),
    *(less(name) for name in BASE),
    less("type", personIds=["x"]),
    less("type", "companyIds"),
    less("name", Name="x"),
    less("personIds", type="company"),
    sent(endDate="2020-01-01T00:00:00.000Z"),
    sent(endDate="2030-01-01T01:00:00.000+05:30"),
    sent(endDate="2024-12-31T00:00:00.123Z"),
    sent(type="company", companyIds=COMPANIES[:2]),
    sent(type="company", companyIds=COMPANIES),
    sent(type="company", companyIds=[*COMPANIES[:2], "x"]),
    sent(type="company", companyIds=[*COMPANIES[:20], "x"]),
    sent(companyIds=["x"]),
    sent(companyIds=[""]),
    sent(companyIds=[COMPANIES[0] + "0"]),
    sent(companyIds=[None]),
    sent(companyIds=[7]),
    sent(companyIds=[{}]),
    sent(id=UUID, createdAt="2001-01-01T00:00:00.000Z", updatedAt="2001-01-01T00:00:00.000Z", userIds=["x"]),
    sent(id=None, createdAt=None, userIds=[]),
    sent(ownerId="x", persons=[], __proto__={"type": "company", "admin": True}),
    Probe(dict(reversed(BASE.items()))),
    *(Probe(body) for body in (b"", b"{}", b"[]", b"null", b'"x"', b"{", [PAGE], b"[" * 100_000)),
    raw(b"Q1", b"\\u0051\\u0031"),
    raw(b"Q1", b"\\ud800"),
    raw(b"Q1", b"\\u0000"),
    raw(b"Q1", b"\xff"),
    raw(b"Q1", b"a\nb"),
    raw(b"}", b",}"),
    raw(b"}", b"/* note */}"),
    raw(b'"', b"'"),
    raw(b'"name"', b"name"),
    *(raw(b"}", b',"x":' + value + b"}") for value in (b"NaN", b"-Infinity", b"012", b"9" * 400, b"1e999", b"[" * 500)),
    raw(b"}", b"}{}"),
    raw(b"}", b"} trailing"),
    raw(b"]}", b"], "),
    raw(b"{", b"{\n"),
    raw(b"{", b"  {"),
    raw(b"{", b"\xef\xbb\xbf{"),
    raw(b"{", b'{"name":"first",'),
    raw(b"{", b'{"x":' + b"[" * 400 + b"]" * 400 + b","),
    Probe(json.dumps(BASE).encode("utf-16-le")),
    Probe({**BASE, "x": "n" * 950_000}),
    *(Probe(method=method) for method in ("PUT", "PATCH", "DELETE")),
    Probe(path=PATH + "/", authorization=None),
    Probe(b"name=x&icpId=&startDate=2030-01-01&endDate=2030-01-02", content_type="application/x-www-form-urlencoded"),
    Probe(content_type="text/plain"),
    Probe(content_type="application/json; charset=utf-8"),
    Probe(content_type='application/json; charset="utf-8"'),
    *(Probe(NO_END, content_type=value) for value in ("Application/JSON", None, "application/json; charset=utf-8")),
    Probe(content_type=None),
    Probe(content_encoding="gzip"),
    Probe(content_length=None, transfer_encoding="chunked"),
    Probe(x_nobody_knows="me"),
    Probe(accept="text/html"),
    Probe(user_agent=None),
    Probe(origin="https://evil.example"),
    *(Probe({}, authorization=value) for value in (None, "", "Bearer", "Bearer x", "Basic eA==", "xyz789-session")),
    *(Probe(authorization=f"Bearer {token}") for token in ("xyz789-sessio", "XYZ789-SESSION", "expired")),
    *(
        Probe(authorization=None, cookie=value)
        for value in (
            "__session=x", "__session=", "__sessionx=x", "__session=xyz789-session; a=b",
            "a=b; __session=xyz789-session",
            'a={"b":1}; __session=xyz789-session', "flag; __session=xyz789-session",
        )
    ),
    Probe(authorization=None, origin="http://localhost:3000"),
    Probe(authorization=None, content_type=None),
    Probe(authorization=None, transfer_encoding="chunked"),
    Probe(authorization=None, x_middleware_subrequest="middleware"),
    Probe(PAGE, authorization="Bearer abc123-session"),
)  # fmt: skip
ALONE = (
    Probe(),
    Probe(),
    *(sent(name=name) for name in NAMES),
    *(sent(startDate=date, endDate="2030-03-31T23:59:59.987Z") for date in DATES),
    *(sent(endDate=date) for date in DATES),
    *(sent(**{name: value}) for name in BASE for value in WRONG),
    *(sent(personIds=ids) for ids in PEOPLE),
    *(sent(type=kind) for kind in TYPES),
    *(sent(icpId=icp) for icp in UUIDS),
    *FURTHER,
    *(sent(name=f"List {i}", icpId=UUID, personIds=["x"]) for i in range(60)),
    *(Probe(NO_END) for _ in range(6)),
    sent(type="company"),
    less("type"),
    less("companyIds"),
)
TOGETHER = [
    Probe({**PAGE, "name": f"List of {user}"}, authorization=f"Bearer {user}-session")
    for user in ("xyz789", "abc123", "xyz789", "abc123")
]


def ticking() -> Callable[[], datetime]:
    """Return a deterministic clock that moves 37.123 seconds per reading, starting in the afternoon."""
    now = datetime(2026, 1, 31, 15, 0, tzinfo=UTC)

    def clock() -> datetime:
        nonlocal now
        now += timedelta(seconds=37.123)
        return now

    return clock


async def answers(mock: Mock, expected: Sequence[Any] | None = None) -> list[Any]:
    """Return the responses to all probes, up to the first unexpected one."""
    given: list[Any] = []
    for probe in ALONE:
        given.append(await probe.answer(mock))
        if expected and given[-1] != expected[len(given) - 1]:
            return given
    given.append(await asyncio.gather(*(probe.answer(mock) for probe in TOGETHER)))
    return given
