from __future__ import annotations

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


def test_every_default_passes_its_own_parser() -> None:
    for name, field in FIELDS.items():
        if field.default not in (None, ()) and not isinstance(field.default, tuple):
            assert field.metadata["parse"](str(field.default)) == field.default, name
