"""Test problems, their messages, and the rendering of errors."""

from __future__ import annotations

import string
from typing import Any

import pytest

from mock_server.contract import readings
from mock_server.contract.spec_files import find_spec_dir
from mock_server.lead_lists.words import WORDS
from mock_server.pipeline.errors import PROBLEMS_LISTED, Refused, Renderer, refused
from mock_server.pipeline.problems import Phrase, problem, shorten, worded_problem
from mock_server.pipeline.words import STATUSES

DEFAULT = readings.resolve(readings.load(find_spec_dir()), "page")


def test_every_message_template_can_be_filled_and_ends_with_a_period() -> None:
    for rule, (want, message) in WORDS.items():
        names = {name for text in (want, message) for _, name, _, _ in string.Formatter().parse(text) if name}
        texts = dict.fromkeys(names - {"field", "got", "example"}, "x") | {"remedy": "omit it."}
        found = worded_problem(WORDS, rule, ("a", 0), **texts)
        assert found.message.endswith("."), rule
        assert found.message[0] != " "
        assert "{" not in found.message + found.want


def test_a_path_is_a_json_pointer_and_has_a_readable_field_name() -> None:
    told = problem("required", ("a/b~c", 3, "d"), want="x")
    assert told.path == "/a~1b~0c/3/d"
    assert told.message.startswith("a/b~c[3].d is missing")


@pytest.mark.parametrize("text", ["{", "}", "{}", "}{", "{got}", "%", "%%", "%s", "%(got)s"])
def test_a_text_that_looks_like_a_place_stays_as_it_is(text: str) -> None:
    told = Phrase("enum", "{want}", "{field}: {want}%, {got}.").at(("a",), want=text).problem(text, {"got": text})
    assert (told.want, told.message) == (text, f"a: {text}%, {text}.")


@pytest.mark.parametrize(
    ("value", "short"),
    [("x" * 100, '"' + "x" * 59 + '…"'), ([1, 2], "an array of 2"), ({}, "{}"), ({"a": 1}, "an object"), (1.5, "1.5")],
    ids=["text", "array", "empty", "object", "number"],
)
def test_long_values_are_shortened(value: Any, short: str) -> None:
    assert shorten(value) == short


def test_no_refused_value_crashes_the_rendering() -> None:
    render = Renderer(DEFAULT)
    for status in (*STATUSES, 418, 599):
        assert render(Refused(status)).status == status
    assert render(Refused(400, [problem("required", ("\ud800",), want="\udfff")])).body
    many = render(Refused(400, [problem("json")] * 1000)).body
    assert many.count(b'"path"') == PROBLEMS_LISTED + 1
    assert render(refused("size", closes=True, limit=1)).headers["connection"] == "close"
