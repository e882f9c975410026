"""What a campaign may spend, as its user writes it: `90s`, `2h`, `1h30m` or `5000 requests`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from contract_tests.campaign.cells import SMALLEST_CELL
from contract_tests.settings.values import UsageError

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")
_REQUESTS = re.compile(r"(\d+) *requests?")


@dataclass(frozen=True, slots=True)
class Allowance:
    """The budget of a campaign: either of the two. requests: in all, with the planned ones."""

    time_s: float | None = None
    requests: int | None = None

    @classmethod
    def parse(cls, text: str) -> Allowance:
        """Read a duration or a number of requests. Raises UsageError that names the flag."""
        plain = text.strip().lower()
        if found := _REQUESTS.fullmatch(plain):
            return cls(requests=int(found[1]))
        if not _DURATION.fullmatch(plain):
            raise UsageError(
                f"--budget: {text!r} is neither a duration nor a number of requests; write for example 90s, 2h or "
                "'5000 requests'"
            )
        seconds = sum(float(part[:-1]) * _UNITS_S[part[-1]] for part in re.findall(r"[\d.]+[smhd]", plain))
        if seconds < 1:
            raise UsageError("--budget: must be at least 1s")
        return cls(time_s=seconds)

    def __str__(self) -> str:
        if self.requests is not None:
            return f"{self.requests} requests"
        return f"{self.time_s or 0:g} s"


def check_allowance(allowance: Allowance, left: int | None) -> None:
    """Raise UsageError if too few requests are left for cells. left: None where only time is bounded."""
    if left is not None and left < SMALLEST_CELL:
        least = (allowance.requests or 0) - left + SMALLEST_CELL
        raise UsageError(
            f"--budget: {allowance} are too few, as the planned requests come first; allow at least {least} requests"
        )
