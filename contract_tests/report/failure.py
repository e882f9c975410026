"""One broken clause in words: statement, expected, actual, the reading if any, a command that repeats it."""

from __future__ import annotations

from contract_tests.engine.run import Run
from contract_tests.judging.verdict import Verdict
from contract_tests.settings.secrets import Masker, printable
from contract_tests.target.exchange import Exchange, as_curl

LONGEST_COMMAND = 1500  # a longer one takes its body from a file beside the record


def describe(run: Run, verdict: Verdict) -> str:
    """The failure as text for a terminal: nothing in it is secret, nothing in it steers the terminal."""
    clause = run.judge.terms.specification.clauses[verdict.clause]
    rfc = f", {clause.rfc}" if clause.rfc else ""
    lines = [
        f"{clause.id}: {clause.statement} ({clause.place}; {clause.kind}{rfc})",
        f"  expected  {verdict.expected}",
        f"  actual    {verdict.actual}",
    ]
    if verdict.hint:
        lines.append(f"  hint      {verdict.hint}")
    if verdict.reading:
        reading = run.judge.terms.specification.readings[verdict.reading]
        lines.append(f"  reading   {reading.id}: {reading.question}")
    for exchange in verdict.exchanges:
        lines.append(f"  request   {exchange.label}")
        lines.append(f"  repeat    {command(run, exchange)}")
    if again := run.repeated.get(verdict.clause):
        lines.append(f"            ({again})")
    masker = Masker(run.judge.terms.settings.secrets)
    return printable(masker.mask("\n".join(lines)))


def command(run: Run, exchange: Exchange) -> str:
    """The curl command that sends the request again; secrets stand in it as environment variables."""
    secrets = run.judge.terms.settings.secrets
    line = as_curl(exchange.request, secrets=secrets)
    if len(line) <= LONGEST_COMMAND:
        return line
    return as_curl(exchange.request, body_file=str(run.record.body_file(exchange)), secrets=secrets)
