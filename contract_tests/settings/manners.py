"""Manners towards a deployed server, as pure functions: production names, private networks, shards."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from contract_tests.settings.values import UsageError

PUBLIC_RATE_PER_S = 5.0  # beyond private networks; a person who clicks quickly sends as many
_PRODUCTION = frozenset({"prod", "prd", "production", "live", "www"})
_REHEARSAL = frozenset(
    {"staging", "stage", "stg", "test", "testing", "qa", "uat", "dev", "development", "sandbox", "demo", "preview"}
    | {"pre", "preprod", "non", "nonprod", "localhost", "local"}
)
# GitLab counts from 1, Kubernetes from 0.
_VARIABLES = (("CI_NODE_INDEX", 0, "CI_NODE_TOTAL"), ("JOB_COMPLETION_INDEX", 1, "JOB_COMPLETIONS"))


def looks_like_production(host: str) -> bool:
    """Return whether a word of the host's name says production, and none says that it is a rehearsal."""
    words = {word for word in re.split(r"[^a-z]+", host.lower()) if word}
    return bool(words & _PRODUCTION) and not words & _REHEARSAL


def check_name(url: str, not_production: Collection[str], source: str) -> None:
    """Stop before anything is sent to a host whose name looks like production. Raises UsageError."""
    host = urlsplit(url).hostname or ""
    if looks_like_production(host) and host not in {each.lower() for each in not_production}:
        raise UsageError(
            f"{source}: the name {host} looks like production, so nothing was sent. A run creates objects: use a "
            f"staging server, or give --not-production {host} if it is one"
        )


def is_private(addresses: Collection[str]) -> bool:
    """Return whether all addresses are of this machine or of a private network (RFC 1918, RFC 4193, RFC 6598)."""
    return bool(addresses) and all(map(_is_private, addresses))


def is_public(address: str) -> bool:
    """Return whether an address can be reached from the whole Internet."""
    return ipaddress.ip_address(address.partition("%")[0]).is_global


def _is_private(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    # Clouds serve the credentials of a machine at a link-local address.
    if found.is_link_local or found.is_unspecified or found.is_multicast:
        return False
    return found.is_private or found in ipaddress.ip_network("100.64.0.0/10")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal parts of a campaign. index: from 1 to total."""

    index: int = 1
    total: int = 1

    def __str__(self) -> str:
        return f"{self.index}/{self.total}"

    def has(self, cell: int) -> bool:
        """Return whether a cell, counted from 0, belongs to this shard."""
        return cell % self.total == self.index - 1

    def part_of(self, number: int) -> int:
        """Return the part of a limit that falls to this shard; the parts add up to the limit."""
        return number // self.total + (self.index <= number % self.total)


def shard_from(text: str | None, environment: Mapping[str, str]) -> Shard:
    """Return the shard that --shard names, or else the variables of GitLab, or of a Kubernetes Indexed Job.

    Raises UsageError that names the flag or the variables.
    """
    if text is not None:
        index, slash, total = text.partition("/")
        return _shard(index, total if slash else "", f"--shard: {text!r}")
    for variable, offset, total in _VARIABLES:
        index = environment.get(variable, "")
        if not index:
            continue
        if not environment.get(total):
            raise UsageError(
                f"${variable} is {index}, but ${total} is not: set it to the number of parts, or give --shard"
            )
        source = f"${variable} {index} and ${total} {environment[total]}"
        moved = str(int(index) + offset) if index.isascii() and index.isdigit() else index
        return _shard(moved, environment[total], source)
    return Shard()


def _shard(index: str, total: str, source: str) -> Shard:
    numbers = [int(text) if text.isascii() and text.isdigit() else 0 for text in (index, total)]
    if not 1 <= numbers[0] <= numbers[1]:
        raise UsageError(f"{source} is no shard; --shard 3/8 is the third of eight")
    return Shard(*numbers)
