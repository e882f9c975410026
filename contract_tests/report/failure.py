"""Describe one broken clause: statement, expected, actual, the reading if any, and a command that repeats it."""

from __future__ import annotations

import shlex
from pathlib import Path

from contract_tests.report.curl import as_curl
from contract_tests.report.python import as_python
from contract_tests.results.record import body_file_name, message_file_name
from contract_tests.results.result import ClauseResult, RunResult
from contract_tests.results.views import ExchangeView
from contract_tests.settings.secrets import printable

LONGEST_COMMAND = 1500  # characters; a longer one reads the body from a file next to the record


def describe(result: RunResult, found: ClauseResult, folder: Path | None = None, *, ascii_only: bool = False) -> str:
    """Return the failure as text for a terminal, without control characters.

    folder: of the run's record. ascii_only: keep the commands in ASCII, for terminals that do not write UTF-8.
    """
    clause, verdict = found.clause, found.worst
    rfc = f", {clause.rfc}" if clause.rfc else ""
    lines = [f"{clause.id}: {clause.statement} ({clause.place}; {clause.kind}{rfc})"]
    if verdict is None:
        return printable(lines[0])
    lines += [f"  expected  {on_one_line(verdict.expected)}", f"  actual    {on_one_line(verdict.actual)}"]
    if verdict.hint:
        lines.append(f"  hint      {verdict.hint}")
    if verdict.reading:
        reading = result.reading(verdict.reading)
        lines.append(f"  reading   {reading.id}: {reading.question}")
    for exchange in verdict.exchanges:
        lines.append(f"  request   {exchange.label}")
        lines.append(f"  repeat    {command(result, exchange, folder, ascii_only=ascii_only, cuts=True)}")
    if found.times:
        lines.append(f"            ({repeated(found)})")
    return printable("\n".join(lines))


def on_one_line(text: str) -> str:
    """Return the text without control characters and line breaks: CI systems interpret lines that start with `::`."""
    return printable(text).replace("\n", "\\n")


def repeated(found: ClauseResult) -> str:
    """Return how often the failing requests were sent again, and how often they broke the clause again."""
    if found.same == found.times:
        return f"sent again {found.times} times: {found.same}/{found.times} the same"
    return f"sent again {found.times} times: flaky, {found.same}/{found.times} the same"


def command(
    result: RunResult, exchange: ExchangeView, folder: Path | None, *, ascii_only: bool = False, cuts: bool = False
) -> str:
    """Return the curl command that sends the request again, with environment variables instead of secrets.

    cuts: whether to cut the command of a long raw message, for a terminal. Its login is between its other bytes, so
    that a file could not be sent as it is: if the record has only its start, the command is `replay`.
    """
    wire = exchange.request.wire
    if wire is not None and wire.sent.is_cut and folder is not None:
        return f"leadlists-contract replay {shlex.quote(str(folder))}"
    line = as_curl(exchange.request, variables=result.started.variables, ascii_only=ascii_only)
    is_short = len(line) <= LONGEST_COMMAND and not exchange.request.body.is_cut
    if wire is not None:
        return line if is_short or not cuts else f"{line[:LONGEST_COMMAND]} [cut: {len(line)} characters in all]"
    if is_short or folder is None:
        return line
    path = folder / body_file_name(exchange.number)
    return as_curl(exchange.request, variables=result.started.variables, body_file=str(path))


def program(result: RunResult, exchange: ExchangeView, folder: Path | None) -> str:
    """Return an ASCII Python program that sends the request again; it reads secrets from the environment."""
    file = None
    wire, body = exchange.request.wire, exchange.request.body
    if folder is not None and wire is not None and wire.sent.is_cut:
        file = str(folder / message_file_name(exchange.number))
    elif folder is not None and (body.is_cut or body.size_bytes > LONGEST_COMMAND):
        file = str(folder / body_file_name(exchange.number))
    return as_python(exchange.request, variables=result.started.variables, body_file=file)
