"""Whether a campaign may send to a host, how fast, and how many objects it may create there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from contract_tests.requests.plan import BURST
from contract_tests.settings.connection import proxy_for
from contract_tests.settings.manners import PUBLIC_RATE_PER_S, Shard, is_private, is_public
from contract_tests.settings.values import Settings, UsageError
from contract_tests.target.addresses import addresses_of, host_and_port

LEAST_RATE = 1e-6  # of the whole rate: less is what rounding leaves
PUBLIC_MAX_CREATED = 10_000  # beyond private networks; about an hour at five requests a second


@dataclass(frozen=True, slots=True)
class Permit:
    """What the user and the network of the host allow this campaign, or this shard of one.

    addresses: of the host; none through a proxy. rate_per_s, max_created: None for no limit.
    """

    host: str
    addresses: tuple[str, ...]
    is_private: bool
    rate_per_s: float | None = None
    max_created: int | None = None

    def allows(self, address: str) -> bool:
        """Return whether the campaign may connect to an address that the name of the host has now.

        The name may get other addresses while a campaign lasts, but none of another kind: a public name that suddenly
        names a machine of the private network is the trick of DNS rebinding.
        """
        if not self.addresses or address in self.addresses:
            return True
        return is_private((address,)) if self.is_private else is_public(address)

    def share(self, held: Sequence[Permit], *, created: int, free: int) -> Permit | None:
        """Return the permit for the next of several cells that run at the same time; None if nothing is left for it.

        held: the permits of the cells under way. created: the objects that complete cells have created. free: how many
        processes have no cell.
        """
        rate_per_s, max_created = self.rate_per_s, self.max_created
        if rate_per_s is not None:
            rate_per_s = (rate_per_s - sum(each.rate_per_s or 0.0 for each in held)) / free
            if rate_per_s < LEAST_RATE * (self.rate_per_s or 0.0):
                return None
        if max_created is not None:
            max_created = (max_created - created - sum(each.max_created or 0 for each in held)) // free
            if max_created < BURST:
                return None
        return replace(self, rate_per_s=rate_per_s, max_created=max_created)

    def __str__(self) -> str:
        network = "of a private network" if self.is_private else "named by --i-own"
        rate = f"at most {self.rate_per_s:g} requests a second" if self.rate_per_s else "no limit on requests a second"
        created = "no limit on created objects" if self.max_created is None else f"{self.max_created} created objects"
        return f"Host {self.host} ({', '.join(self.addresses) or 'through a proxy'}), {network}: {rate}, {created}"


def permit_for(
    settings: Settings, *, own: tuple[str, ...] = (), max_created: int | None = None, shard: Shard | None = None
) -> Permit:
    """Resolve the name of the host, and send nothing. own: hosts that the user says are theirs.

    max_created: of all shards together. Raises UsageError that names the flag.
    """
    shard = shard or Shard()
    host, port = host_and_port(settings.url)
    addresses: tuple[str, ...] = ()
    is_direct = proxy_for(settings.url) is None
    if is_direct:
        with suppress(OSError):  # a name without an address is not private
            addresses = addresses_of(host, port)
    private = is_private(addresses)
    if not private and host.lower() not in {each.lower() for each in own}:
        unknown = f"the name {host} cannot be resolved" if is_direct else "only the proxy knows its address"
        where = f"{', '.join(addresses)} is not of a private network" if addresses else unknown
        raise UsageError(f"--i-own: {where}; give --i-own {host} if the server is yours and may be fuzzed")
    rate_per_s = settings.rate_per_s if settings.rate_per_s or private else PUBLIC_RATE_PER_S
    if max_created is None and not private:
        max_created = PUBLIC_MAX_CREATED
    part = None if max_created is None else shard.part_of(max_created)
    if part is not None and part < BURST:
        raise UsageError(f"--max-created: must be at least {BURST * shard.total}, since a burst creates {BURST}")
    return Permit(host, addresses, private, rate_per_s and rate_per_s / shard.total, part)
