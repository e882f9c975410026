"""The list of what a run created, and its deletion."""

from __future__ import annotations

import pytest

from contract_tests.campaign.deletion import check_template
from contract_tests.settings.values import UsageError

URL = "https://staging.example.com/base"


@pytest.mark.parametrize(
    ("template", "whole"),
    [
        ("/lists/{id}", "https://staging.example.com/lists/{id}"),
        ("lists/{id}?hard=1", "https://staging.example.com/base/lists/{id}?hard=1"),
        ("https://staging.example.com/lists/{id}", "https://staging.example.com/lists/{id}"),
    ],
)
def test_a_template_is_a_path_or_an_address_on_the_host(template: str, whole: str) -> None:
    assert check_template(template, URL) == whole


@pytest.mark.parametrize(
    "template",
    [
        "/lists/", "/lists/ {id}", "https://other.example.com/{id}", "http://staging.example.com/{id}",
        "https://staging.example.com:8443/{id}", "//other.example.com/{id}", "https://{id}.example.com/",
    ],
)  # fmt: skip
def test_any_other_template_is_refused_by_its_flag(template: str) -> None:
    with pytest.raises(UsageError, match="--delete-url"):
        check_template(template, URL)
