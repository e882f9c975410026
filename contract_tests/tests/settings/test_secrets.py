"""Test that no secret and no control byte is written."""

from __future__ import annotations

import base64
import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.settings.secrets import REMEMBERED_LENGTH, Masker, printable
from contract_tests.settings.values import Session, Settings


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


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\\n", "\\r\\n"], ids=ascii)
def test_a_long_secret_in_base64_with_line_breaks_is_replaced(line_end: str) -> None:
    secret = f"eyJhbGciOiJub25lIn0.{'A1b2' * 40}.c2lnbmF0dXJl"
    wrapped = base64.encodebytes(f"user:{secret}".encode()).decode().replace("\n", line_end)
    masked = Masker({secret: "S"}).mask(f'{{"debug": "{wrapped}", "a": 1}}')
    assert "[S in base64]" in masked
    assert masked.endswith('", "a": 1}')
    assert len(masked) < 80


def test_named_characters_of_html_are_replaced() -> None:
    assert Masker({'se&cr<e>t"1/2': "S"}).mask("a se&amp;cr&lt;e&gt;t&quot;1&sol;2 b") == "a [S] b"


def test_a_renewed_login_stays_masked_whatever_the_server_hands_out() -> None:
    masker = Masker({"first-login-token": "S"})
    masker.keep(["renewed-login-token"])
    masker.learn(["a-session-that-stays"])
    for number in range(100):
        masker.learn([f"cookie-number-{number}", "a-session-that-stays"])
    assert masker.mask("renewed-login-token a-session-that-stays") == "[renewed login] [secret of the server]"
    assert {"renewed-login-token", "a-session-that-stays"} <= set(masker.secrets)


@pytest.mark.parametrize(
    "piece", ["\\", "\\u", "%25", "&#0", "&#x0", "&a", "\n", "\\n", "tok-1", "\\u0074\\u006f"], ids=ascii
)
def test_no_text_of_a_server_takes_long_to_mask(piece: str) -> None:
    text = (piece * 65536)[:65536] + " tok-12345"
    begun_s = time.monotonic()
    assert "tok-12345" not in Masker({"tok-12345": "S", "tok-1234": "S%?"}).mask(text)
    assert time.monotonic() - begun_s < 20  # usually below one; without bounds on repetitions it takes minutes


@settings(deadline=None)  # no deadline: the machine may be busy
@given(st.text())
def test_no_terminal_control_character_is_left(text: str) -> None:
    shown = printable(text)
    assert all(c.isprintable() or c == "\n" for c in shown)
    if text.isprintable():
        assert shown == text


def test_the_parts_of_a_login_in_a_header_are_secrets_too() -> None:
    password = "p4ssw0rd/long"
    credentials = base64.b64encode(f"robot:{password}".encode()).decode()
    headers = (("Authorization", f"Basic {credentials}"), ("Cookie", "theme=dark; sid=s3ss10n-value"))
    masker = Masker(Settings("http://127.0.0.1", Session("first", headers=headers)).secrets)
    for secret in (credentials, password, f"robot:{password}", "s3ss10n-value"):
        for form in (secret, secret.upper(), secret.encode().hex(), secret.replace("/", "%2F")):
            assert form not in masker.mask(f'{{"seen": "{form}"}}')
    assert "dark" in masker.mask("dark")
    assert masker.mask(f"Basic {credentials}") == "${LEADLISTS_HEADER_AUTHORIZATION}"


def test_no_secret_is_in_the_representation_of_the_settings() -> None:
    session = Session("first", "b34rer-token", ("sid", "c00kie-value"), "user_1", (("X-Api-Key", "k3y-value"),))
    settings = Settings("http://127.0.0.1", session, None, "exp1red", (("X", "h34der-value"),), login_command="l0gin")
    assert "user_1" in repr(settings)
    assert re.findall("b34rer|c00kie|k3y|exp1red|h34der|l0gin", repr(settings)) == []


@pytest.mark.parametrize("way", ["learn", "keep"])
def test_a_long_text_that_was_harmless_is_searched_again_for_a_new_secret(way: str) -> None:
    masker = Masker({"first-secret": "FIRST"})
    encoded = base64.b64encode(b"second-secret").decode()
    text = f'{{"trace": "{encoded}", "rest": "{"n" * REMEMBERED_LENGTH}"}}'
    assert masker.mask(text) == text
    getattr(masker, way)(["second-secret"])
    assert encoded not in masker.mask(text)


def test_a_secret_with_a_quote_is_found_where_the_rest_of_the_text_is_known() -> None:
    secret = 'an"odd"secret'
    masker = Masker({secret: "ODD"})
    rest = "n" * REMEMBERED_LENGTH
    masker.mask(f'{rest}"\0o\0d\0d\0"')
    assert "UTF-16" in masker.mask(rest + "\0".join(secret))
