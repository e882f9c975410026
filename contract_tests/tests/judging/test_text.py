"""Test which texts count as the sent text without some of its tags."""

from __future__ import annotations

import pytest

from contract_tests.judging.text import sanitised

SENT = "Q1 <b>bold</b> <script>alert(1)</script> & Co"


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        pytest.param(SENT, "Q1 bold alert(1) & Co", id="the tags removed"),
        pytest.param(SENT, "Q1 bold  & Co", id="the script removed with its content"),
        pytest.param(SENT, "Q1 <b>bold</b>  & Co", id="only the script removed"),
        pytest.param(SENT, "Q1 bold <script>alert(1)</script> & Co", id="only harmless tags removed"),
        pytest.param("a<br>b", "ab", id="no space left"),
        pytest.param("x <a<b> y", "x <a y", id="the inner of two open tags"),
        pytest.param("x <a<b> y", "x  y", id="both open tags as one"),
    ],
)
def test_removing_whole_tags_is_sanitising(sent: str, got: str) -> None:
    assert sanitised(sent, got)


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        pytest.param(SENT, SENT.replace("bold", "bald"), id="another letter"),
        pytest.param(SENT, "Q1 bold alert(1)", id="text after the tags lost"),
        pytest.param(SENT, "Q1 bold alert(1) &amp; Co", id="an ampersand escaped"),
        pytest.param(SENT, "Q1  & Co", id="text inside a tag lost"),
        pytest.param(SENT, "Q1 &lt;b&gt;bold&lt;/b&gt; & Co", id="a tag escaped"),
        pytest.param(SENT, "", id="everything lost"),
        pytest.param("5 < 6 > 4", "5  4", id="no tag at all"),
        pytest.param("a<br>b", "ba", id="another order"),
        pytest.param("a<br>b", "abb", id="text added"),
    ],
)
def test_other_changes_are_not(sent: str, got: str) -> None:
    assert not sanitised(sent, got)


def test_a_long_text_of_tags_is_compared_in_linear_time() -> None:
    assert sanitised("<b>x</b>" * 5000, "x" * 5000)
    assert not sanitised("<b>x</b>" * 5000, "x" * 4999 + "y")
