from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mock_server.settings.sources import FIELDS, gather
from mock_server.settings.values import SettingError, Settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "some.toml"
    path.write_text('[mock]\nport = 1\nmax-lists = 1\nuser = ["a=b"]\nlog = true\nnow = 2024-01-02T10:30:00Z\n')
    return path


def test_a_flag_precedes_a_variable_precedes_the_file_precedes_the_default(config: Path) -> None:
    variables = {"LEADLISTS_MOCK_PORT": "2", "LEADLISTS_MOCK_MAX_LISTS": "2", "PORT": "9"}
    settings = gather({"port": "3"}, variables, config)
    assert (settings.port, settings.max_lists, settings.host) == (3, 2, "localhost")
    assert settings.user == (("a", "b"),)
    assert settings.log is True
    assert settings.now == datetime(2024, 1, 2, 10, 30, tzinfo=UTC)


def test_spaces_separate_several_entries_in_a_variable() -> None:
    variables = {"LEADLISTS_MOCK_READING": "success-status=200 date-only=refused"}
    assert gather({}, variables).reading == (("success-status", "200"), ("date-only", "refused"))


def test_without_settings_the_defaults_apply() -> None:
    assert gather({"port": None, "user": ()}, {}) == Settings()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[mock]\nprot = 1", "there is no setting prot"),
        ("[mock]\nport = [1]", r"port in .*: \[1\] must be a single value"),
        ("[mock]\nuser = 'a=b'", "must be a list of strings"),
        ("[mock]\nlog = 2", "must be true or false"),
        ("mock = 1", "must be a table"),
        ("[mock", "cannot be read as TOML"),
    ],
)
def test_the_error_for_a_wrong_file_names_the_place(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(SettingError, match=told):
        gather({}, {}, tmp_path / "x.toml")


def test_an_empty_variable_of_a_repeatable_setting_is_unset() -> None:
    assert gather({}, {"LEADLISTS_MOCK_USER": "", "LEADLISTS_MOCK_READING": " "}) == Settings()


def test_settings_without_users_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("[mock]\nuser = []")
    with pytest.raises(SettingError, match="at least one"):
        gather({}, {}, tmp_path / "x.toml")


def test_two_users_with_one_token_are_refused_by_name() -> None:
    with pytest.raises(SettingError, match='a and b have the same token "t"'):
        gather({"user": ("a=t", "b=t")}, {})


@pytest.mark.parametrize("now", ["1969-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z"])
def test_a_clock_that_ids_and_dates_cannot_follow_is_refused(now: str) -> None:
    with pytest.raises(SettingError, match="1970 to 9998"):
        gather({"now": now}, {})


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("https://App.Test", "https://app.test"),
        ("HTTPS://app.test", "https://app.test"),
        ("https://app.test/", "https://app.test"),
        ("https://app.test:443", "https://app.test"),
        ("http://app.test:80/login?next=/", "http://app.test"),
        ("http://app.test:05173", "http://app.test:5173"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://*.Preview.test/", "https://*.preview.test"),
    ],
)
def test_an_origin_that_no_browser_sends_is_refused_with_the_one_it_sends(text: str, sent: str) -> None:
    with pytest.raises(SettingError, match=re.escape(f"must be written as browsers send it: {sent}") + "$"):
        gather({"allow_origin": (text,)}, {})
    assert gather({"allow_origin": (sent,)}, {}).allow_origin == (sent,)


@pytest.mark.parametrize("text", ["app.test", "https://", "http://app.test:70000", "http://app.test:x", "*", "a b"])
def test_a_text_that_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="must be an origin"):
        gather({"allow_origin": (text,)}, {})


@pytest.mark.parametrize("text", ["null", "http://[::1]:5173", "http://10.0.0.5:*", "capacitor://localhost"])
def test_what_browsers_and_web_views_send_is_accepted(text: str) -> None:
    assert gather({"allow_origin": (text,)}, {}).allow_origin == (text,)


def test_origins_with_commas_in_between_are_refused_with_the_right_separator() -> None:
    with pytest.raises(SettingError, match="must be one origin; repeat the flag, or separate several in a variable wi"):
        gather({}, {"LEADLISTS_MOCK_ALLOW_ORIGIN": "http://a.test,http://b.test"})


def test_a_misspelled_variable_is_reported_with_the_one_that_was_meant() -> None:
    told: list[str] = []
    variables = dict.fromkeys(
        [
            "LEADLISTS_MOCK_PROT",
            "LEADLISTS_MOCK_ALOW_ORIGIN",
            "LEADLISTS_MOCK_URL",  # of the recipe for Playwright
            "LEADLISTS_MOCK_SERVICE_HOST",  # of Kubernetes
            "LEADLISTS_MOCK_SERVICE_PORT_HTTP",
            "LEADLISTS_MOCK_PORT_8080_TCP_ADDR",
        ],
        "1",
    )
    assert gather({}, variables, warn=told.append) == Settings()
    assert told == [
        "LEADLISTS_MOCK_PROT is not a setting; did you mean LEADLISTS_MOCK_PORT?",
        "LEADLISTS_MOCK_ALOW_ORIGIN is not a setting; did you mean LEADLISTS_MOCK_ALLOW_ORIGIN?",
    ]


@pytest.mark.parametrize(("text", "name"), [("port = 1", "port"), ("[mocks]\nport = 1", "mocks")])
def test_a_key_outside_of_the_tables_of_both_commands_is_an_error(text: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(SettingError, match=rf"there is no table or key {name}; settings of the mock are in \[mock\]"):
        gather({}, {}, tmp_path / "x.toml")


def test_every_default_passes_its_own_parser() -> None:
    for name, field in FIELDS.items():
        if field.default not in (None, ()) and not isinstance(field.default, tuple):
            assert field.metadata["parse"](str(field.default)) == field.default, name
