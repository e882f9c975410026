"""Refusals, and the renderer of all error responses."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from http.client import responses
from typing import Any

import orjson

from mock_server.contract.readings import Readings
from mock_server.pipeline.problems import Problem, path_in_words, problem
from mock_server.pipeline.responses import RenderedResponse
from mock_server.pipeline.words import STATUSES

MALFORMED = frozenset({"json", "empty", "encoding"})  # rules of bodies that are not JSON in UTF-8
# A body of 1 MiB can have a hundred thousand wrong IDs, but people read at most a screen of problems. One field must
# not fill the screen, because its problems would hide those of the next field.
PROBLEMS_LISTED = 100
PROBLEMS_LISTED_OF_A_FIELD = 20
PLAIN_KEPT = 100  # there are few responses that quote nothing from the request


class Refused(Exception):
    """Raised to refuse a request with an error response."""

    def __init__(
        self,
        status: int,
        problems: Iterable[Problem] = (),
        *,
        message: str = "",
        headers: Mapping[str, str] | None = None,
        closes: bool = False,
    ) -> None:
        super().__init__(status, message)
        self.status = status  # Connexion reads this attribute when several logins fail
        self.problems = tuple(problems)
        self.message = message
        self.headers = headers or {}
        self.closes = closes  # the response closes the connection: the rest of the request is not read


class ClientLeft(Exception):
    """The client disconnected before its request was complete, so no response is sent."""


def refused(rule: str, *, status: int = 400, closes: bool = False, got: str = "", **words: object) -> Refused:
    """Return a refusal for one problem of the request as a whole."""
    return Refused(status, [problem(rule, (), got=got, **words)], closes=closes)  # error.400.status


class Renderer:
    """Renders refusals by the readings; never raises."""

    def __init__(self, readings: Readings) -> None:
        self._flat = readings.follows("error-shape", "flat")
        self._top_level = readings.follows("details-place", "top-level")
        self._map = readings.follows("details-form", "map")
        self._unnamed = readings.follows("details-name-the-field", "unnamed")
        self._first_only = readings.follows("problems-listed", "first")
        self._bare_json = readings.follows("malformed-json-details", "absent")
        self._always_details = readings.follows("details-on-other-errors", "present")
        self._challenge = readings.follows("www-authenticate", "present")
        self._media_type = (
            "application/problem+json" if readings.follows("error-media-type", "problem-json") else "application/json"
        ) + ("; charset=utf-8" if readings.follows("response-charset", "present") else "")

        self._plain: dict[tuple[int, str, bool], RenderedResponse] = {}

    def __call__(self, refusal: Refused) -> RenderedResponse:
        if refusal.problems or refusal.headers:
            return self._render(refusal)
        key = refusal.status, refusal.message, refusal.closes
        response = self._plain.get(key)
        if response is None:
            response = self._render(refusal)
            if len(self._plain) < PLAIN_KEPT:
                self._plain[key] = response
        return response

    def _render(self, refusal: Refused) -> RenderedResponse:
        status = refusal.status
        code, message = STATUSES.get(status) or _by_phrase(status)  # error.message: no entry is empty
        problems, more = self._listed(refusal.problems)
        if refusal.message:
            message = refusal.message
        elif len(problems) == 1:
            message = problems[0].message
        elif problems:
            count = f"more than {len(problems)}" if more else len(problems)
            message = f"{message}; {count} problems, the first: {problems[0].message}"
        problems += more
        error: dict[str, Any] = {"code": code, "message": message}  # error.envelope
        body: dict[str, Any] = error if self._flat else {"error": error}
        # error.400.details: a 400 has details, other errors only if a reading says so.
        if (status == 400 and not self._is_bare(problems)) or self._always_details:
            problems = problems or [Problem("", code.lower(), "", "", message)]
            (body if self._top_level else error)["details"] = self._details(problems)
        headers = {"content-type": self._media_type, **refusal.headers}  # error.media-type
        if status == 401 and self._challenge:
            headers["www-authenticate"] = "Bearer"  # RFC 9110 §11.6.1, RFC 6750 §3
        if refusal.closes:
            headers["connection"] = "close"
        return RenderedResponse(status, headers, _to_json(body))  # http.answer.utf-8

    def _listed(self, problems: tuple[Problem, ...]) -> tuple[list[Problem], list[Problem]]:
        """Return the reported problems, and a note for each field that has more of them."""
        if self._first_only:
            return list(problems[:1]), []
        if len(problems) <= PROBLEMS_LISTED_OF_A_FIELD:
            return list(problems), []
        listed: list[Problem] = []
        more: list[Problem] = []
        counts: Counter[str] = Counter()
        for each in problems:
            if len(listed) == PROBLEMS_LISTED:
                return listed, [*more, _more(PROBLEMS_LISTED)]
            field = each.path[1:].partition("/")[0].replace("~1", "/").replace("~0", "~")
            counts[field] += 1
            if not field or counts[field] <= PROBLEMS_LISTED_OF_A_FIELD:
                listed.append(each)
            elif counts[field] == PROBLEMS_LISTED_OF_A_FIELD + 1:
                more.append(_more(PROBLEMS_LISTED_OF_A_FIELD, field))
        return listed, more

    def _is_bare(self, problems: list[Problem]) -> bool:
        return self._bare_json and any(each.rule in MALFORMED for each in problems)

    def _details(self, problems: list[Problem]) -> Any:
        if self._unnamed:
            problems = [Problem("", "invalid", "", p.want, f"A value is wrong; wanted: {p.want}.") for p in problems]
        if self._map:
            by_field: dict[str, list[str]] = {}
            for each in problems:
                name = each.path[1:].split("/")[0] or "body"
                by_field.setdefault(name, []).append(each.message)
            return by_field
        return [
            {"path": path, "rule": rule, "got": got, "want": want, "message": message}
            for path, rule, got, want, message in problems
        ]


def _by_phrase(status: int) -> tuple[str, str]:
    """Return code and message for a status that is not on the API page, from the phrase of RFC 9110 §15."""
    phrase = responses.get(status, f"HTTP {status}")
    return re.sub(r"\W+", "_", phrase).upper(), phrase


def _more(limit: int, *field: str) -> Problem:
    where = f" in {path_in_words(field)}" if field else ""
    return problem("more", field, got=f"more than {limit} problems", limit=limit, where=where)


def _to_json(body: Any) -> bytes:
    try:
        return bytes(memoryview(orjson.dumps(body)))  # a copy, because orjson leaves 4 KiB allocated for each text
    except orjson.JSONEncodeError:  # a path or header with half a surrogate pair in it
        return json.dumps(body).encode()
