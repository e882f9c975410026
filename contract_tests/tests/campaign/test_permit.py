"""Where a campaign may send, and how fast."""

from __future__ import annotations

import pytest

from contract_tests.campaign import permit as permits
from contract_tests.campaign.permit import Permit, permit_for
from contract_tests.settings.manners import Shard
from contract_tests.settings.values import Settings, UsageError

PUBLIC = Settings("https://staging.example.com")


@pytest.fixture(autouse=True)
def _addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give names addresses without a name server."""
    known = {"127.0.0.1": "127.0.0.1", "staging.example.com": "93.184.215.14", "inside.example.com": "10.0.0.7"}

    def addresses_of(host: str, port: int) -> tuple[str, ...]:
        if host not in known:
            raise OSError
        return (known[host],)

    monkeypatch.setattr(permits, "addresses_of", addresses_of)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://inside.example.com"])
def test_private_networks_need_no_consent_and_have_no_limit(url: str) -> None:
    permit = permit_for(Settings(url))
    assert (permit.is_private, permit.rate_per_s, permit.max_created) == (True, None, None)


@pytest.mark.parametrize("own", [(), ("example.com",), ("other.example.com",)])
def test_another_host_needs_to_be_named(own: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=r"--i-own staging\.example\.com"):
        permit_for(PUBLIC, own=own)


def test_a_name_without_an_address_is_not_private() -> None:
    with pytest.raises(UsageError, match=r"--i-own: the name unknown\.example\.com cannot be resolved; give --i-own"):
        permit_for(Settings("https://unknown.example.com"))


def test_a_host_behind_a_proxy_is_not_private(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    with pytest.raises(UsageError, match="--i-own: only the proxy knows its address; give --i-own"):
        permit_for(Settings("https://inside.example.com"))


def test_a_host_that_is_named_gets_five_requests_a_second_and_ten_thousand_objects() -> None:
    permit = permit_for(PUBLIC, own=("Staging.example.com",))
    assert (permit.rate_per_s, permit.max_created) == (5, 10_000)
    assert permit_for(PUBLIC, own=("staging.example.com",), max_created=50).max_created == 50


def test_shards_divide_rate_and_created_objects() -> None:
    settings = Settings("http://127.0.0.1:8080", rate_per_s=12)
    permits_of_shards = [permit_for(settings, max_created=101, shard=Shard(n, 4)) for n in range(1, 5)]
    assert [permit.rate_per_s for permit in permits_of_shards] == [3, 3, 3, 3]
    assert sum(permit.max_created or 0 for permit in permits_of_shards) == 101


def test_too_few_objects_for_a_burst_are_refused() -> None:
    with pytest.raises(UsageError, match="--max-created"):
        permit_for(Settings("http://127.0.0.1:8080"), max_created=31, shard=Shard(4, 4))


@pytest.mark.parametrize(
    ("url", "address", "allowed"),
    [
        ("http://inside.example.com", "10.0.0.7", True),
        ("http://inside.example.com", "10.0.0.8", True),  # of another machine of the same service
        ("http://inside.example.com", "93.184.215.14", False),
        ("https://staging.example.com", "93.184.215.14", True),
        ("https://staging.example.com", "93.184.215.99", True),
        ("https://staging.example.com", "10.0.0.7", False),
        ("https://staging.example.com", "127.0.0.1", False),
        ("https://staging.example.com", "169.254.169.254", False),
        ("https://staging.example.com", "::1", False),
    ],
)
def test_a_name_may_change_its_address_but_not_the_kind_of_network(url: str, address: str, allowed: bool) -> None:
    assert permit_for(Settings(url), own=("staging.example.com",)).allows(address) is allowed


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_cells_at_the_same_time_share_the_limits(workers: int) -> None:
    whole = permit_for(PUBLIC, own=("staging.example.com",), max_created=1000)
    held: list[Permit] = []
    while permit := whole.share(held, created=100, free=max(1, workers - len(held))):
        held.append(permit)
    assert len(held) == workers
    assert sum(each.rate_per_s or 0 for each in held) == pytest.approx(5)
    assert 900 - workers < sum(each.max_created or 0 for each in held) <= 900


def test_no_cell_begins_without_objects_to_create() -> None:
    whole = permit_for(PUBLIC, own=("staging.example.com",), max_created=100)
    assert whole.share([], created=95, free=1) is None
    assert permit_for(Settings("http://127.0.0.1:8080")).share([], created=10**6, free=1) is not None
