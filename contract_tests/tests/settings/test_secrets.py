"""Test that no secret and no control byte is written."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.settings.secrets import Masker, printable


def test_a_secret_is_replaced_everywhere() -> None:
    masker = Masker({"tok-12345": "LEADLISTS_BEARER", "tok-1234": "LEADLISTS_BEARER%?"})
    assert masker.mask("a tok-12345, tok-12345x") == "a ${LEADLISTS_BEARER}, ${LEADLISTS_BEARER}x"
    assert masker.mask("tok-1234") == "${LEADLISTS_BEARER%?}"


def test_a_secret_in_json_is_replaced_too() -> None:
    secret = 'a"b\\cé'
    text = json.dumps({"x": secret})
    assert secret not in json.loads(Masker({secret: "S"}).mask(text))["x"]


def test_a_very_short_secret_is_not_replaced() -> None:
    assert Masker({"a": "S"}).mask("banana") == "banana"


@settings(deadline=None)  # no deadline: the machine may be busy
@given(st.text())
def test_no_terminal_control_character_is_left(text: str) -> None:
    shown = printable(text)
    assert all(c.isprintable() or c == "\n" for c in shown)
    if text.isprintable():
        assert shown == text
