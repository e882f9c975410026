"""Keep private words out of everything that a person reads: docstrings, comments, messages, test names, texts."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.tests.conftest import ROOT

# Each word with the word to use instead. A word joined by a hyphen to another one is part of an ID and may stay.
PRIVATE_WORDS = {
    "accus(e|es|ed|ing|ation|ations)": "report, false positive",
    "anew": "again",
    r"(an?|the|no|any|every|each|another|its|their|whole|invalid) answers?(?!\w| to (open )?questions?)": "response",
    r"(tells?|told|telling|takes?)( \w+)* apart": "distinguish",
    "(?<!left )behind(?! (an?|the|its|your) (\\w+ )?(proxy|gateway|balancer|firewall))": "after",
    "beside": "besides, next to",
    "blam(e|es|ed|ing)": "attribute the failure to",
    "blanks?": "space, whitespace",
    "by (itself|its own|themselves)(?! \\w)": "on its own",
    "caught": "detected",
    "dear": "costly",
    "dress(es|ed|ing)?": "vary",
    "forgiven|forgives?": "accept",
    "freedoms?": "permitted variation",
    "(is|are|was|were|be|being) taken(?! (by another|from))": "accept, read",
    "layers?": "middleware",
    "mend(s|ed|ing|able)?": "fix",
    "(no JSON|(is|are|was) no (UUIDs?|dates?|objects?|strings?|texts?|lists?|numbers?|ids?))": "not JSON, not a",
    "nobody|somebody|anybody|everybody": "name the program, client or server",
    "ow(e|es|ed|ing)": "repeat for retry",
    r"(?<!plus )(?<!minus )(?<!percent )(?<!wrong )(?<!than )(?<!equals )signs?(?! (in|out|up)\b)": "character",
    r"(?<!API )(?<!web )(?<!HTML )(?<!sibling )(?<!memory )(?<!sign-in )(?<!login )(?<!http )(?<!one of )(?<!profile )"
    r"(?<![{/\"] )(?<![/\"])pages?(?!['`=:\"/](?!s\b))": "API page, web page",
    "spoil(s|ed|t|ing)?": "corrupt",
    "(stands?|stood|standing)": "the header holds; is; contains",
    "told": "reported",
    "touch(es|ed)": "open reading",
    "whoever|whomever|whosoever": "name the program, client or server",
    r"(?<!time )zones?(?!:)": "group of requests; time zone",
}
PATTERNS = {
    re.compile(rf"(?<![\w.`-])(?:{word})(?![\w-]|\.\w)", re.IGNORECASE): better
    for word, better in PRIVATE_WORDS.items()
}
TEXT_FILES = {".md", ".yaml", ".html", ".toml", ".css", ""}
SCRIPT_FILES = {".js", ".mjs", ".ts"}
COMMENT_OR_TEXT = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`", re.DOTALL
)


def python_texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield comments, strings of more than one word, and names of tests, each with its line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or (token.type in STRINGS and " " in token.string.strip()):
            text = CODE_IN_TEXT.sub("{}", token.string) if token.string[:1] in "fF" else token.string
            yield from enumerate(text.split("\n"), token.start[0])
        elif token.type == tokenize.NAME and token.string.startswith("test_"):
            yield token.start[0], token.string.replace("_", " ")


STRINGS = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
CODE_IN_TEXT = re.compile(r"\{[^{}]*\}")


def script_texts(source: str) -> Iterator[tuple[int, str]]:
    for match in COMMENT_OR_TEXT.finditer(source):
        if " " in match[0].strip():
            first = source.count("\n", 0, match.start()) + 1
            yield from enumerate(CODE_IN_TEXT.sub("{}", match[0]).split("\n"), first)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return python_texts(source)
    if path.suffix in SCRIPT_FILES:
        return script_texts(source)
    return enumerate(source.split("\n"), 1)


def read_by_people() -> list[Path]:
    folders = [ROOT / name for name in ("spec", "mock_server", "contract_tests")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files += [ROOT / name for name in ("README.md", "Makefile", "pyproject.toml", ".ci/run", ".ci/tools")]
    kinds = TEXT_FILES | SCRIPT_FILES | {".py"}
    return sorted(p for p in files if p.suffix in kinds and "__pycache__" not in p.parts and p != Path(__file__))


def private_words(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield line number and complaint for each private word."""
    for number, text in lines:
        for pattern, better in PATTERNS.items():
            if match := pattern.search(text):
                yield number, f"{match[0]!r} (better: {better}) in: {text.strip()}"


def offenders(path: Path) -> list[str]:
    return [f"{path.relative_to(ROOT)}:{number}: {complaint}" for number, complaint in private_words(texts(path))]


def test_no_private_word_is_left() -> None:
    found = [line for path in read_by_people() for line in offenders(path)]
    assert not found, "\n".join([f"{len(found)} private words:", *found])


@pytest.mark.parametrize(
    "text",
    [
        '"""What stands behind it."""\n',
        "# nobody is told\n",
        "def test_it_is_told() -> None: ...\n",
        "# no answer in time\n",
        "# the page's example\n",
    ],
)
def test_a_private_word_is_found_in_docstrings_comments_and_test_names(text: str) -> None:
    assert list(private_words(python_texts(text)))


@pytest.mark.parametrize(
    "text",
    [
        "told = 1\n",
        'id = "blank-name"\n',
        "# Sign in behind a proxy; a minus sign.\n",
        "# the server answers 400: an answer to open questions\n",
        "# the API page's example\n",
    ],
)
def test_code_ids_and_common_phrases_pass(text: str) -> None:
    assert not list(private_words(python_texts(text)))
