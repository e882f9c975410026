"""The JUnit report: a test case for each clause, with names that are the same wherever the kit is installed."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

from contract_tests.judging.verdict import Outcome
from contract_tests.report.receipt import Receipt
from contract_tests.report.reported import problem, reported_clauses
from contract_tests.results.result import RunResult


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return the report as XML. A warning is not a failure; it is in the output of its test case."""
    by_id = {reported.clause.id: reported for reported in reported_clauses(result, folder)}
    why = problem(result)
    counts = {
        "tests": str(len(result.clauses) + bool(why)),
        "failures": str(len(result.failing)),
        "errors": str(int(bool(why))),
        "skipped": str(len(result.unjudged)),
        "time": f"{result.duration_s:.3f}",
    }
    all_counts = {name: text for name, text in counts.items() if name != "skipped"}  # the schema of Jenkins has no more
    root = Xml.Element("testsuites", {"name": "leadlists-contract", **all_counts})
    suite = Xml.SubElement(root, "testsuite", {"name": "leadlists-contract", "timestamp": result.started.at, **counts})
    properties = Xml.SubElement(suite, "properties")
    for name, value in (
        ("url", result.started.url),
        ("kit", result.started.version),
        ("specSha256", result.started.spec_sha256),
        ("seed", str(result.started.seed)),
        ("ending", result.ending.value),
        *([("receipt", receipt.text)] if receipt else []),
    ):
        Xml.SubElement(properties, "property", {"name": name, "value": value})
    if why:  # otherwise a file with skipped tests alone would look like a run that has passed
        case = Xml.SubElement(suite, "testcase", {"classname": "leadlists", "name": "run", "time": "0"})
        Xml.SubElement(case, "error", {"type": result.ending.value, "message": _legal(why)})
    for found in result.clauses:
        names = {"classname": f"leadlists.{found.clause.group}", "name": found.clause.id, "time": "0"}
        case = Xml.SubElement(suite, "testcase", names)
        reported = by_id.get(found.clause.id)
        if found.outcome is None:
            needs = f"; give {found.clause.needs}" if found.clause.needs else ""
            Xml.SubElement(case, "skipped", {"message": f"no exchange judged this clause{needs}"})
        elif reported and reported.outcome is Outcome.BROKEN:
            message = f"expected {reported.expected}; got {reported.actual}"
            Xml.SubElement(case, "failure", {"type": "broken", "message": _legal(message)}).text = _legal(reported.text)
        elif reported:
            Xml.SubElement(case, "system-out").text = _legal(f"warning: {reported.text}")
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _legal(text: str) -> str:
    """Remove characters that XML 1.0 does not allow (§2.2): surrogates; control characters are already escaped."""
    return "".join(c if not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff" else f"\\u{ord(c):04x}" for c in text)
