"""Production names, private networks and shards."""

from __future__ import annotations

import re

import pytest

from contract_tests.settings.manners import Shard, is_private, looks_like_production, shard_from
from contract_tests.settings.sources import gather
from contract_tests.settings.values import UsageError


@pytest.mark.parametrize(
    "host",
    ["api.prod.example.com", "www.example.com", "live-eu.example.com", "production.example.com", "prod2.example.com"],
)
def test_these_names_look_like_production(host: str) -> None:
    assert looks_like_production(host)
    with pytest.raises(UsageError, match=f"{re.escape(host)} looks like production"):
        gather({"url": f"https://{host}"})
    assert gather({"url": f"https://{host}", "not_production": [host]}).not_production == (host,)
    with pytest.raises(UsageError, match="looks like production"):
        gather({"url": f"https://{host}", "not_production": ["other.example.com"]})


@pytest.mark.parametrize(
    "host",
    [
        "staging.example.com", "www.staging.example.com", "pre-prod.example.com", "api.example.com", "localhost",
        "127.0.0.1", "products.example.com", "delivery.example.com", "nonprod.example.com", "[::1]",
    ],
)  # fmt: skip
def test_these_names_do_not(host: str) -> None:
    assert not looks_like_production(host)


@pytest.mark.parametrize(
    ("addresses", "private"),
    [
        (("127.0.0.1",), True),
        (("::1", "127.0.0.1"), True),
        (("10.1.2.3", "192.168.0.9"), True),
        (("172.16.0.1",), True),
        (("fd00::1",), True),
        (("100.64.0.1",), True),
        (("::ffff:10.0.0.1",), True),
        (("93.184.215.14",), False),
        (("10.1.2.3", "93.184.215.14"), False),
        (("172.32.0.1",), False),
        (("169.254.169.254",), False),
        (("fe80::1%eth0",), False),
        (("::ffff:8.8.8.8",), False),
        (("0.0.0.0",), False),
        ((), False),
    ],
)
def test_an_address_is_private_or_not(addresses: tuple[str, ...], private: bool) -> None:
    assert is_private(addresses) is private


@pytest.mark.parametrize("total", [1, 2, 3, 4, 8])
def test_shards_share_cells_and_limits_without_rest(total: int) -> None:
    shards = [Shard(index, total) for index in range(1, total + 1)]
    for cell in range(40):
        assert sum(shard.has(cell) for shard in shards) == 1
    for limit in (0, 1, 7, 100):
        assert sum(shard.part_of(limit) for shard in shards) == limit


@pytest.mark.parametrize(
    ("text", "environment", "shard"),
    [
        ("3/8", {}, Shard(3, 8)),
        ("3/8", {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "2"}, Shard(3, 8)),
        (None, {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "2"}, Shard(2, 2)),
        (None, {"JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "8"}, Shard(1, 8)),
        (None, {"CI_NODE_TOTAL": "1"}, Shard()),
        (None, {"CI_NODE_INDEX": "", "JOB_COMPLETION_INDEX": ""}, Shard()),
        (None, {}, Shard()),
    ],
)
def test_the_shard_comes_from_the_flag_or_the_environment(
    text: str | None, environment: dict[str, str], shard: Shard
) -> None:
    assert shard_from(text, environment) == shard


@pytest.mark.parametrize("text", ["", "3", "0/8", "9/8", "-1/2", "a/b", "1/0", "1/2/3", "²/8"])
def test_a_wrong_shard_is_refused_by_its_flag(text: str) -> None:
    with pytest.raises(UsageError, match="--shard"):
        shard_from(text, {})


def test_a_wrong_variable_is_refused_by_its_name() -> None:
    with pytest.raises(UsageError, match=r"\$JOB_COMPLETION_INDEX 8 and \$JOB_COMPLETIONS 8 is no shard"):
        shard_from(None, {"JOB_COMPLETION_INDEX": "8", "JOB_COMPLETIONS": "8"})


def test_an_index_without_a_total_is_refused_as_each_part_would_be_the_whole() -> None:
    with pytest.raises(UsageError, match=r"\$JOB_COMPLETIONS is not: set it"):
        shard_from(None, {"JOB_COMPLETION_INDEX": "2", "CI_NODE_TOTAL": "1"})
