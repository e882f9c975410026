"""What the doctor says of servers that are well and of servers that are not."""

from __future__ import annotations

from contract_tests.tests.servers.right_core import Answer, Request, RightCore
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.test_cli import LOGIN
from contract_tests.tests.test_replay import call


def test_each_trouble_is_named_with_what_to_do(right_url: str) -> None:
    done = call("doctor", right_url, *LOGIN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["ok", name] for name in ("name", "connection", "response", "clock", "credentials")
    ]
    for arguments, says in (
        ((right_url,), "WRONG credentials"),
        (("http://127.0.0.1:1", *LOGIN), "WRONG connection"),
        (("http://no-such-host.invalid", *LOGIN), "WRONG name"),
        ((right_url.replace("http", "https"), *LOGIN), "WRONG TLS"),
        ((f"{right_url}/nowhere", *LOGIN), "WRONG response 404 after"),
    ):
        done = call("doctor", *arguments)
        assert done.returncode == 3
        assert says in " ".join(done.stdout.split()), done.stdout
        assert "-> " in done.stdout


def test_a_wrong_clock_a_redirect_and_a_rate_limit_are_named() -> None:
    class Odd(RightCore):
        def create(self, request: Request) -> Answer:
            headers = {"date": "Sat, 01 Jan 2000 00:00:00 GMT", "location": "/login?t=token-1", "ratelimit-limit": "9"}
            return Answer(302, headers, b"")

    with serve(Odd({})) as url:
        done = call("doctor", url, *LOGIN)
    said = " ".join(done.stdout.split())
    assert done.returncode == 3
    assert "WRONG redirect the server redirects to /login?t=${LEADLISTS_BEARER}" in said
    assert "or a valid login if users sign in there" in said
    assert "note rate limit ratelimit-limit: 9" in said


def test_a_quota_that_is_used_up_is_wrong() -> None:
    class UsedUp(RightCore):
        def create(self, request: Request) -> Answer:
            return Answer(429, {"retry-after": "3600"}, b"")

    with serve(UsedUp({})) as url:
        done = call("doctor", url, *LOGIN)
    assert done.returncode == 3
    assert "WRONG rate limit the quota is used up; Retry-After: 3600 -> wait" in " ".join(done.stdout.split())
