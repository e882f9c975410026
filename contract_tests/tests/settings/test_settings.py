"""Test the sources of each setting, their precedence, and error messages."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from contract_tests.composition.suites import RUN_OPTIONS, gather
from contract_tests.settings.connection import tls_context
from contract_tests.settings.values import Depth, Session, Settings, UsageError

OPTIONS = [option.name for option in RUN_OPTIONS]
VARIABLES = {option.name: option.variable for option in RUN_OPTIONS}

URL = "http://127.0.0.1:8080"
GIVEN: dict[str, tuple[Any, str, Any]] = {  # option: (text, attribute, value)
    "url": (URL + "/", "url", URL),
    "app": ("shop.main:create", "app", "shop.main:create"),
    "bearer": ("tok-1", "first", Session("first", bearer="tok-1")),
    "cookie": ("sid=a=b", "first", Session("first", cookie=("sid", "a=b"))),
    "user_id": ("user_1", "first", Session("first", user_id="user_1")),
    "second_bearer": ("tok-2", "second", Session("second", bearer="tok-2")),
    "second_cookie": ("sid=c", "second", Session("second", cookie=("sid", "c"))),
    "second_user_id": ("user_2", "second", None),
    "expired_bearer": ("tok-0", "expired_bearer", "tok-0"),
    "header": ("X-Key: k: 1", "first", Session("first", headers=(("X-Key", "k: 1"),))),
    "icp_id": ("i", "existing_ids", {"icp_id": ("i",)}),
    "person_id": ("p", "existing_ids", {"person_id": ("p",)}),
    "company_id": ("c", "existing_ids", {"company_id": ("c",)}),
    "reading": ("success-status=200,201", "readings", {"success-status": ("200", "201")}),
    "clauses": ("request.name, error", "clauses", ("request.name", "error")),
    "depth": ("quick", "depth", Depth.QUICK),
    "seed": ("7", "seed", 7),
    "max_time": ("30", "max_time_s", 30.0),
    "timeout": ("2.5", "timeout_s", 2.5),
    "clock_allowance": ("off", "clock_allowance_s", None),
    "connections": ("3", "connections", 3),
    "run_folder": ("runs/1", "run_folder", Path("runs/1")),
    "bearer_file": ("token.txt", "bearer_file", "token.txt"),
    "login_command": ("echo tok-9", "login_command", "echo tok-9"),
    "deviations": ("known.toml", "deviations", Path("known.toml")),
    "fail_on": ("warned", "fails_on_warned", True),
    "rate": ("2.5", "rate_per_s", 2.5),
    "not_production": ("www.rehearsal.example", "not_production", ("www.rehearsal.example",)),
    "wait": ("20", "wait_s", 20.0),
    "ca_file": ("ca.pem", "ca_file", "ca.pem"),
    "client_cert": ("me.pem", "client_cert", "me.pem"),
    "client_key": ("me.key", "client_key", "me.key"),
    "spec": ("my/spec", "spec_folder", Path("my/spec")),
    "suite": ("contract_tests.lead_lists:LEAD_LISTS", "suites", ("contract_tests.lead_lists:LEAD_LISTS",)),
}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS:
        monkeypatch.delenv(VARIABLES[option], raising=False)


def toml(folder: Path, text: str) -> Path:
    path = folder / "leadlists.toml"
    path.write_text("[contract]\n" + text + "\n", encoding="utf-8")
    return path


def test_the_stronger_source_decides_between_an_app_and_a_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEADLISTS_URL", "http://127.0.0.1:1")
    assert gather({"app": "shop:app"}, folder=tmp_path).app == "shop:app"
    monkeypatch.setenv("LEADLISTS_APP", "shop:app")
    assert gather({"url": "http://127.0.0.1:2"}, folder=tmp_path).app is None
    with pytest.raises(UsageError, match="give either an app or a URL"):
        gather({}, folder=tmp_path)
    monkeypatch.delenv("LEADLISTS_URL")
    (tmp_path / "leadlists.toml").write_text('[contract]\nurl = "http://127.0.0.1:3"\n')
    assert gather({}, folder=tmp_path).app == "shop:app"


def test_the_table_has_every_option() -> None:
    assert set(GIVEN) == set(OPTIONS)


@pytest.mark.parametrize("source", ["flag", "variable", "file", "named file"])
@pytest.mark.parametrize("option", [o for o in OPTIONS if o not in {"second_user_id", "bearer_file"}])
def test_an_option_comes_from_each_source(
    option: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, attribute, wanted = GIVEN[option]
    flags: dict[str, Any] = {} if option == "app" else {"url": URL}
    config = None
    if source == "flag":
        flags[option] = text
    elif source == "variable":
        flags.pop(option, None)
        monkeypatch.setenv(VARIABLES[option], text)
    else:
        flags.pop(option, None)
        path = toml(tmp_path, f"{option.replace('_', '-')} = '{text}'")
        config = path if source == "named file" else None
    found = gather(flags, config=config, folder=tmp_path)
    assert getattr(found, attribute) == wanted


def test_a_flag_wins_over_a_variable_and_that_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toml(tmp_path, "seed = 1\ntimeout = 1\nconnections = 1")
    monkeypatch.setenv("LEADLISTS_SEED", "2")
    monkeypatch.setenv("LEADLISTS_TIMEOUT", "2")
    found = gather({"url": URL, "seed": "3", "timeout": None, "icp_id": ()}, folder=tmp_path)
    assert (found.seed, found.timeout_s, found.connections) == (3, 2.0, 1)


@pytest.mark.parametrize("text", [None, "no certificate"], ids=["no file", "no certificates"])
def test_an_error_names_a_wrong_certificate_file(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.pem"
    if text:
        path.write_text(text)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(UsageError, match=r"^\$SSL_CERT_FILE: .*ca\.pem"):
        tls_context(None, None, None, usual=ssl.create_default_context)


def test_an_empty_variable_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLISTS_BEARER", "")
    assert gather({"url": URL}, folder=tmp_path) == Settings(URL)


def test_several_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLISTS_HEADER", "A: 1\nB: 2")
    toml(tmp_path, "icp_id = ['a', 'b']\nreading = ['x=1', 'x=2']")
    found = gather({"url": URL, "bearer": "tok", "person_id": ("p", "q")}, folder=tmp_path)
    assert found.headers == (("A", "1"), ("B", "2"))
    assert found.existing_ids == {"icp_id": ("a", "b"), "person_id": ("p", "q")}
    assert found.readings == {"x": ("1", "2")}
    assert found.first == Session("first", bearer="tok")


def test_headers_alone_are_a_login(tmp_path: Path) -> None:
    found = gather({"url": URL, "header": ("X-Key: k",), "user_id": "u"}, folder=tmp_path)
    assert found.first == Session("first", user_id="u", headers=(("X-Key", "k"),))
    assert (found.headers, found.first.login()) == ((), (("X-Key", "k"),))


WRONG: dict[str, list[Any]] = {
    "url": [
        "ftp://x",
        "x",
        "http://",
        "http://u:p@x",
        "http://x:99999",
        "http://x:0",
        "http://x/?a=1",
        "http://x y",
        "http://ä",
    ],
    "bearer": ["", " ", "a b", "Bearer abc", "a\nb", "ä"],
    "cookie": ["abc", "=x", "a=b; c=d", "a=b c", "ä=b"],
    "second_bearer": ["same", "a b"],
    "second_cookie": ["abc"],
    "second_user_id": ["user_2"],
    "expired_bearer": ["a b"],
    "header": [("X",), (": v",), ("a b: c",), ("X: €",), ("X: a\nb",)],
    "icp_id": [("",), (" ",)],
    "reading": [("x",), ("=1",)],
    "depth": ["x", "Quick"],
    "seed": ["x", "-1", "1.5", "nan", "inf"],
    "max_time": ["0", "soon"],
    "timeout": ["0", "0.01", "nan"],
    "clock_allowance": ["never", "-1"],
    "connections": ["0", "2.5", "many"],
    "run_folder": [" "],
    "spec": ["\n"],
    "user_id": ["", "a\nb"],
}


@pytest.mark.parametrize(("option", "value"), [(option, value) for option, values in WRONG.items() for value in values])
def test_an_error_names_a_wrong_flag(option: str, value: Any, tmp_path: Path) -> None:
    flags = {"url": URL, "bearer": "same", option: value}
    name = "URL" if option == "url" else f"--{option.replace('_', '-')}"
    with pytest.raises(UsageError, match=f"^{name}: "):
        gather(flags, folder=tmp_path)


def test_an_error_names_a_wrong_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLISTS_SEED", "x")
    with pytest.raises(UsageError, match=r"^\$LEADLISTS_SEED: 'x' is not a number"):
        gather({"url": URL}, folder=tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "url = 5", "bearer = ['a']", "cookie = true", "user_id = 5", "header = {A = 'b'}", "icp_id = 5", "icp_id = [1]",
        "clauses = 5", "reading = {}", "seed = true", "seed = 1.5", "seed = []", "run_folder = 5", "spec = false",
        "connections = '2'\ntimeout = 2020-01-01",
    ],
)  # fmt: skip
def test_an_error_names_a_wrong_line_of_the_file(line: str, tmp_path: Path) -> None:
    path = toml(tmp_path, line)
    option = line.rpartition("\n")[2].partition(" ")[0]
    flags = {} if option == "url" else {"url": URL}
    with pytest.raises(UsageError) as caught:
        gather(flags, folder=tmp_path)
    assert str(caught.value).startswith(f"{path}: {option}: ")


@pytest.mark.parametrize("text", ["contract = 5", "[contract]\nurll = 'x'", "[contract", "a = '\ud800'"])
def test_an_error_names_a_wrong_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(UsageError) as caught:
        gather({"url": URL}, config=path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_an_error_only_if_given(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--config"):
        gather({"url": URL}, config=tmp_path / "no.toml")
    with pytest.raises(UsageError, match="no URL"):
        gather({}, folder=tmp_path)


def test_another_tools_tables_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "leadlists.toml").write_text("[mock]\nport = 1\n[contract]\nurl = 'http://x'\n")
    assert gather({}, folder=tmp_path).url == "http://x"


def test_carriers_and_logins() -> None:
    both = Session("first", bearer="b", cookie=("sid", "c"))
    assert both.carriers == ("bearer", "cookie")
    assert both.login() == (("Authorization", "Bearer b"),)
    assert both.login("cookie") == (("Cookie", "sid=c"),)
    assert Session("none").login() == ()


def test_every_login_is_a_secret_and_its_larger_parts_are() -> None:
    first = Session("first", bearer="first-bearer-1", cookie=("sid", "first-cookie-1"))
    second = Session("second", bearer="second-bearer-1", cookie=("sid", "c"))
    secrets = Settings(URL, first, second, expired_bearer="old-token", headers=(("X-Key", "key-value"),)).secrets
    assert secrets["first-bearer-1"] == "LEADLISTS_BEARER"
    assert secrets["first-bearer-"] == "LEADLISTS_BEARER%?"
    assert secrets["first-cookie-"] == "LEADLISTS_COOKIE_VALUE%?"
    assert secrets["second-bearer-1"] == "LEADLISTS_SECOND_BEARER"
    assert secrets["old-token"] == "LEADLISTS_EXPIRED_BEARER"
    assert secrets["key-value"] == "LEADLISTS_HEADER_X_KEY"
    assert list(secrets) == sorted(secrets, key=len, reverse=True)
