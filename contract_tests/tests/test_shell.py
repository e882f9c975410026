"""Test splitting snippets into commands and comparing outputs."""

from __future__ import annotations

import pytest

from contract_tests.tests.shell import commands, differs


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\n...\nd", "a\nb\nc\nd\n", True),
        ("a\n...\nd", "a\nd\n", True),
        ("a\n...", "a\nb\nc\n", True),
        ("one ... three", "one two three\n", True),
        ("one ... three", "one two\nthree\n", False),
        ("12 requests in 1.0 s", "700 requests in 9.9 s\n", True),
        ("12 hold", "13 hold\n", False),
        ("a\n...\nd", "a\nb\n", False),
        ("a", "a\nb\n", False),
        ("a.c", "abc\n", False),
    ],
)
def test_an_output_is_compared_line_by_line(shown: str, printed: str, same: bool) -> None:
    assert (differs(shown, printed) is None) is same


def test_a_snippet_is_split_into_commands() -> None:
    snippet = "$ first \\\n  'more\n  of it'\nout\n$ make mock\n$ leadlists-mock readings\nlist\n"
    first, mock, readings = commands(snippet)
    assert (first.line, first.shown) == ("first \\\n  'more\n  of it'", "out")
    assert mock.serves
    assert not readings.serves
    with pytest.raises(ValueError, match="begins with a command"):
        list(commands("output\n$ command\n"))
