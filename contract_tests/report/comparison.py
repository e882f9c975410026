"""The reports of `compare`, on the terminal and as JSON, Markdown or HTML."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from markupsafe import Markup

from contract_tests.comparison.comparing import Comparison, Difference
from contract_tests.report.failure import command, on_one_line
from contract_tests.report.html import digest, source, template
from contract_tests.report.markdown import code, escaped
from contract_tests.settings.secrets import printable

TITLES = {
    "reading": "Readings in which they differ",
    "clause": "Clauses that one of them breaks",
    "response": "Other differences of the responses",
}
NAMED_REQUESTS = 3


def sentence(comparison: Comparison) -> str:
    """Return the outcome in one sentence."""
    if comparison.problem:
        return printable(comparison.problem)
    among = f"{comparison.requests} requests to each"
    if not comparison.differences:
        return f"The two servers do the same: {among}."
    counts = [f"{len(some)} in {kind}s" for kind, some in _groups(comparison)]
    return f"The two servers differ: {', '.join(counts)}; {among}."


def text(comparison: Comparison) -> str:
    """Return the report for a terminal; nothing in it steers the terminal."""
    lines = [f"{name}  {url}" for name, url in zip("AB", comparison.urls, strict=True)]
    for kind, some in _groups(comparison):
        lines += ["", f"{TITLES[kind]} ({len(some)})"]
        for each in some:
            lines += [f"  {each.id}: {on_one_line(each.text)}", f"    A  {on_one_line(each.a)}"]
            lines += [f"    B  {on_one_line(each.b)}"]
            if each.pairs:
                lines += [f"    {_requests(each)}", f"    repeat  {_commands(comparison, each)[0]}"]
    return printable("\n".join([*lines, "", sentence(comparison)]))


def write_json(comparison: Comparison) -> str:
    """Return the comparison for programs."""
    value = {
        "a": comparison.urls[0],
        "b": comparison.urls[1],
        "exit_code": comparison.exit_code(),
        "requests": comparison.requests,
        "problem": comparison.problem,
        "differences": [
            {
                "kind": each.kind,
                "id": each.id,
                "text": each.text,
                "a": each.a,
                "b": each.b,
                "requests": len(each.pairs),
                "labels": list(dict.fromkeys(pair.a.label for pair in each.pairs)),
                "parts": [list(part) for part in each.pairs[0].differing] if each.pairs else [],
                "commands": _commands(comparison, each),
            }
            for each in comparison.differences
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write_markdown(comparison: Comparison) -> str:
    """Return the comparison for a comment or a wiki; nothing that a server sent becomes markup."""
    lines = ["# Two servers of one contract", "", escaped(sentence(comparison)), ""]
    lines += [f"- {name}: {code(url)}" for name, url in zip("AB", comparison.urls, strict=True)]
    for kind, some in _groups(comparison):
        lines += ["", f"## {TITLES[kind]}", "", "| | A | B | requests |", "|---|---|---|---|"]
        for each in some:
            cells = (f"{code(each.id)} {escaped(each.text)}", code(each.a), code(each.b), escaped(_requests(each)))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write_html(comparison: Comparison) -> str:
    """Return the comparison as one HTML file without any outside request; its policy allows only its own style."""
    style = source("run.css")
    page: str = template("comparison.html.jinja").render(
        policy=f"default-src 'none'; style-src '{digest(style)}'; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # a file of this package
        comparison=comparison,
        sentence=sentence(comparison),
        groups=[
            (TITLES[kind], [(each, _requests(each), _commands(comparison, each)) for each in some])
            for kind, some in _groups(comparison)
        ],
    )
    return page + "\n"


Writer = Callable[[Comparison], str]
# name -> file in the folder of the comparison, and what writes it
COMPARISON_FORMATS: Mapping[str, tuple[str, Writer]] = {
    "json": ("comparison.json", write_json),
    "markdown": ("comparison.md", write_markdown),
    "html": ("comparison.html", write_html),
}


def _groups(comparison: Comparison) -> Iterator[tuple[str, list[Difference]]]:
    for kind, some in groupby(comparison.differences, key=lambda each: each.kind):
        yield kind, list(some)


def _requests(each: Difference) -> str:
    """How many requests show a difference, and what the first ones are."""
    if not each.pairs:
        return "several requests together"
    labels = list(dict.fromkeys(on_one_line(pair.a.label) for pair in each.pairs))
    more = f", and {len(labels) - NAMED_REQUESTS} more" if len(labels) > NAMED_REQUESTS else ""
    count = f"{len(each.pairs)} request" + ("s" if len(each.pairs) > 1 else "")
    return f"{count}: {', '.join(labels[:NAMED_REQUESTS])}{more}"


def _commands(comparison: Comparison, each: Difference) -> list[str]:
    """The commands that send the smallest request of a difference to A and to B."""
    if not each.pairs or comparison.b is None:
        return []
    pair = min(each.pairs, key=lambda pair: (pair.has_same_status, pair.a.request.body.size_bytes))
    shown = ((comparison.a, pair.a), (comparison.b, pair.b))
    return [printable(command(result, exchange, None)) for result, exchange in shown]
