"""Share the requests that broke a clause with later campaigns, through databases of Hypothesis."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

from contract_tests.requests.plan import USER_AGENT
from contract_tests.results.findings import Found
from contract_tests.results.grouping import Key
from contract_tests.results.views import unmasked
from contract_tests.target.exchange import Request

LABEL = "an example of an earlier campaign"
MOST_EXAMPLES = 100  # kept, and sent before the cells; a server that breaks more has more urgent problems
KEY = b"leadlists-contract examples, 1"  # with the version of their form
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")  # those that plans send
FOLDER = "examples"  # of each run folder
_UNFILLED = "${LEADLISTS_"  # the place of a secret that this campaign does not have
_RUN = "LEADLISTS_RUN"  # in place of the ID of the campaign


def examples_in(folder: Path) -> ExampleDatabase:
    """Return the database in the folder of a campaign."""
    return DirectoryBasedExampleDatabase(folder / FOLDER)


def unite_examples(folders: Iterable[Path], folder: Path) -> None:
    """Save the newest examples of several campaigns in the folder of another, equal ones once. Raises OSError."""
    values = sorted((value for one in folders for value in examples_in(one).fetch(KEY)), key=_age)
    different = {_without_time(value): value for value in reversed(values)}
    for value in list(different.values())[-MOST_EXAMPLES:]:
        examples_in(folder).save(KEY, value)


class Examples:
    """The smallest request of each breach, without secrets and host; those that broke a clause last are kept.

    problem: why the database can no longer be used; empty if it can.
    """

    def __init__(
        self,
        database: ExampleDatabase,
        secrets: Mapping[str, str],
        base_url: str,
        run_id: str,
        recorded: list[Request] | None = None,
    ) -> None:
        """secrets: secret -> expression that replaces it. base_url, run_id: other campaigns have other ones.

        recorded: what a campaign that is continued has sent, which is sent instead of what the database has now.
        """
        self.problem = ""
        self._database = database
        self._secrets = {**secrets, run_id: _RUN}
        self._base_url = base_url
        self._run_id = run_id
        self._recorded = recorded
        self._saved: set[Key] = set()
        self._kept: dict[bytes, bytes] = {}  # an example without its time -> the saved value

    def requests(self) -> list[Request]:
        """Return the requests that earlier campaigns have saved, the newest first; delete those that are too many."""
        if self._recorded is not None:
            return self._recorded
        try:
            values = sorted(self._database.fetch(KEY), key=_age)
            for value in values[MOST_EXAMPLES:]:
                self._database.delete(KEY, value)
        except Exception as error:  # of whatever kind of database
            self.problem = f"The examples cannot be read: {error}."
            return []
        self._kept = {_without_time(value): value for value in values[:MOST_EXAMPLES]}
        return [request for value in values[:MOST_EXAMPLES] if (request := self._request(value)) is not None]

    def save(self, found: Found) -> None:
        """Save what shows a breach if one request does, and if it broke the clause again."""
        if self.problem or found.key in self._saved or not found.same or len(found.smallest.exchanges) > 1:
            return
        self._saved.add(found.key)
        request = found.smallest.exchanges[0].request
        if request.wire is not None or request.body.is_cut or not request.url.startswith(self._base_url):
            return
        name, agent = USER_AGENT
        body = request.body.data.replace(self._run_id.encode(), f"${{{_RUN}}}".encode())
        fields = {
            "method": request.method,
            "path": request.url.removeprefix(self._base_url),
            "headers": [(n, agent if n == name and v.startswith(f"{agent} (") else v) for n, v in request.headers],
            "body": base64.b64encode(body).decode(),
            "chunked": request.chunked,
            "in_parts": request.in_parts,
            "at_s": found.last_s,
        }
        value = orjson.dumps(fields)
        before = self._kept.get(_without_time(value))
        try:
            self._database.save(KEY, value)
            if before is not None:
                self._database.delete(KEY, before)
        except Exception as error:
            self.problem = f"The examples cannot be saved: {error}."

    def _request(self, value: bytes) -> Request | None:
        """The saved request with the secrets of this campaign.

        None if another version of the kit saved it, if this campaign lacks a secret of it, or if it is no request to
        this server: who writes to a shared database must not learn the login.
        """
        try:
            fields = orjson.loads(value)
            method, url = fields["method"], self._base_url + fields["path"]
            headers = tuple((name, unmasked(text, self._secrets)) for name, text in fields["headers"])
            data = unmasked(base64.b64decode(fields["body"]).decode("latin-1"), self._secrets)
            texts = "".join(text for header in headers for text in header)
            texts.encode("latin-1")
            body = data.encode("latin-1")
            chunked, in_parts = fields["chunked"] is True, fields.get("in_parts") is True
            is_ours = fields["path"].startswith("/") and urlsplit(url)[:2] == urlsplit(self._base_url)[:2]
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        if not is_ours or method not in METHODS or _UNFILLED in texts + data:
            return None
        return Request(method, url, headers, body, chunked, in_parts)


def _age(value: bytes) -> tuple[float, bytes]:
    """Sort key: the time of the last breach, the newest first."""
    at_s = _fields(value).get("at_s")
    return -at_s if isinstance(at_s, float | int) else 0.0, value


def _without_time(value: bytes) -> bytes:
    return orjson.dumps({name: each for name, each in _fields(value).items() if name != "at_s"})


def _fields(value: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return fields if isinstance(fields, dict) else {}
