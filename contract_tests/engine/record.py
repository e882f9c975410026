"""The record of a run: `run.ndjson`, append-only, each line whole; the one thing written while a run lasts."""

from __future__ import annotations

import base64
import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from contract_tests.judging.verdict import Verdict
from contract_tests.settings.secrets import Masker
from contract_tests.target.exchange import Exchange, Headers

RUNS_FOLDER = Path(".leadlists") / "runs"


class Record:
    """Writes the events of one run; safe to use from several threads at once."""

    def __init__(self, folder: Path, masker: Masker) -> None:
        self.folder = folder
        self._masker = masker
        self._lock = threading.Lock()
        self._numbers: dict[int, tuple[int, Exchange]] = {}  # the exchange is kept, or its id() could come again
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")  # never over one of the user's
        self._file = (folder / "run.ndjson").open("ab")

    @property
    def path(self) -> Path:
        return self.folder / "run.ndjson"

    def close(self) -> None:
        self._file.close()

    def event(self, kind: str, **values: Any) -> None:
        """Append one event."""
        self._write({"event": kind, "at": datetime.now(UTC).isoformat(timespec="milliseconds"), **values})

    def exchange(self, exchange: Exchange) -> int:
        """Append an exchange and return its number in this record."""
        with self._lock:
            number, _ = self._numbers.setdefault(id(exchange), (len(self._numbers) + 1, exchange))
        request, response = exchange.request, exchange.response
        self.event(
            "exchange",
            number=number,
            label=exchange.label,
            sent_at_s=round(exchange.sent_at_s, 6),
            elapsed_s=round(exchange.elapsed_s, 6),
            request={
                "method": request.method,
                "url": self._masker.mask(request.url),
                "headers": self._headers(request.headers),
                "chunked": request.chunked,
                **self._body(request.body),
            },
            response=None
            if response is None
            else {"status": response.status, "headers": self._headers(response.headers), **self._body(response.body)},
            failure=exchange.failure and self._masker.mask(exchange.failure),
        )
        return number

    def verdict(self, verdict: Verdict) -> None:
        """Append a verdict; what it says survives a crash (fsync)."""
        self.event(
            "verdict",
            clause=verdict.clause,
            outcome=verdict.outcome,
            exchanges=[self._number(exchange) for exchange in verdict.exchanges],
            expected=self._masker.mask(verdict.expected),
            actual=self._masker.mask(verdict.actual),
            reading=verdict.reading,
        )
        os.fsync(self._file.fileno())

    def body_file(self, exchange: Exchange) -> Path:
        """A file with the bytes of a request body, for a command that is too long to print."""
        path = self.folder / f"body-{self._number(exchange)}.bin"
        path.write_bytes(exchange.request.body)
        return path

    def _number(self, exchange: Exchange) -> int:
        return self._numbers[id(exchange)][0] if id(exchange) in self._numbers else 0

    def _headers(self, headers: Headers) -> list[list[str]]:
        return [[name, self._masker.mask(value)] for name, value in headers]

    def _body(self, body: bytes) -> dict[str, Any]:
        try:
            return {"body": self._masker.mask(body.decode("utf-8"))}
        except UnicodeDecodeError:
            # Latin-1 maps bytes to characters one to one, so a secret is found and the rest stays what it is.
            masked = self._masker.mask(body.decode("latin-1")).encode("latin-1", "replace")
            return {"body_base64": base64.b64encode(masked).decode()}

    def _write(self, event: dict[str, Any]) -> None:
        try:
            line = orjson.dumps(event, default=str, option=orjson.OPT_APPEND_NEWLINE)
        except TypeError:  # half a surrogate pair, from an answer: JSON can carry it as an escape only
            line = json.dumps(event, default=str).encode() + b"\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()


def new_folder(parent: Path | None = None) -> Path:
    """A folder for a new run, named after the moment."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return (parent or Path.cwd()) / RUNS_FOLDER / f"{stamp}-{os.getpid()}"
