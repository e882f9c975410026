from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from mock_server.contract import readings
from mock_server.contract.spec_files import find_spec_dir
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.sessions import Sessions, cookie_values

CATALOGUE = readings.load(find_spec_dir())


def sessions(*choices: tuple[str, str]) -> Sessions:
    chosen = readings.resolve(CATALOGUE, "page", choices)
    users = {"one": "user_1", "two": "user_2"}
    return Sessions(users, chosen, cookie_name="__session", is_own_origin=lambda origin: origin == "http://own")


def sent(*headers: tuple[str, str]) -> Headers:
    return Headers(raw=[(name.encode(), value.encode("latin-1")) for name, value in headers])


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("", []),
        ("__session=a", ["a"]),
        ("  __session = a ;x=1", ["a"]),
        ('__session="a"', ["a"]),
        ("__session=a=b==", ["a=b=="]),
        ("__session=", [""]),
        ("__session", []),
        ("__sessions=a; x__session=b", []),
        ('p={"a":"__session=x"}; __session=a', ["a"]),
        ("a/b=1; ;; =; __session=a; [x]=1; é=\u0000", ["a"]),
        ("__session=a; __session=b", ["a", "b"]),
    ],
)
def test_only_the_session_cookie_is_read_from_any_cookie_header(header: str, values: list[str]) -> None:
    assert cookie_values([header], "__session") == values
    assert cookie_values(["x=1", header], "__session") == values


def test_a_valid_login_gives_its_user_and_a_missing_one_none() -> None:
    both = sent(("authorization", "Bearer one"), ("cookie", "__session=two"))
    assert sessions()(both, "bearer") == "user_1"
    assert sessions()(both, "cookie") == "user_2"
    assert sessions()(sent(), "bearer") is None
    assert sessions()(sent(("cookie", "a=1")), "cookie") is None


@pytest.mark.parametrize(
    ("headers", "status", "told"),
    [
        ([("authorization", "Bearer ")], 401, "Authorization must be"),
        ([("authorization", "Bearer three")], 401, "token is unknown"),
        ([("authorization", "Bearer expired")], 401, "has expired"),
        ([("authorization", "Bearer one two")], 401, "token is unknown"),
        ([("authorization", "Bearer one"), ("authorization", "Bearer two")], 401, "Authorization must be"),
    ],
)
def test_an_invalid_login_is_refused_with_a_reason(headers: list[tuple[str, str]], status: int, told: str) -> None:
    with pytest.raises(Refused, match=told) as caught:
        sessions()(sent(*headers), "bearer")
    assert caught.value.status == status


def test_every_login_must_be_valid_under_all_good() -> None:
    strict = sessions(("mixed-logins", "all-good"))
    assert strict(sent(("authorization", "Bearer one"), ("cookie", "__session=two")), "bearer") == "user_1"
    with pytest.raises(Refused):
        strict(sent(("authorization", "Bearer one"), ("cookie", "__session=bad")), "bearer")
    with pytest.raises(Refused):
        strict(sent(("cookie", "__session=one; __session=bad")), "cookie")


def test_a_foreign_origin_is_refused_only_with_a_cookie() -> None:
    strict = sessions(("foreign-origin", "403"))
    with pytest.raises(Refused) as caught:
        strict(sent(("cookie", "__session=one"), ("origin", "http://evil")), "cookie")
    assert caught.value.status == 403
    assert strict(sent(("cookie", "__session=one"), ("origin", "http://own")), "cookie") == "user_1"
    assert strict(sent(("authorization", "Bearer one"), ("origin", "http://evil")), "bearer") == "user_1"
