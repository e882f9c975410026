"""The limits of a campaign: time, requests, and created objects."""

from __future__ import annotations

from contract_tests.campaign.corpus import CampaignLog
from contract_tests.engine.budget import Budget
from contract_tests.requests.plan import BURST


class CampaignBudget(Budget):
    """The limits of one campaign. max_created: how many objects it may create."""

    def __init__(
        self,
        log: CampaignLog,
        *,
        max_time_s: float | None = None,
        max_requests: int | None = None,
        max_created: int | None = None,
    ) -> None:
        super().__init__(max_time_s=max_time_s, max_requests=max_requests)
        self._log = log
        self.max_created = max_created

    @property
    def allows_more(self) -> bool:
        """Return whether the budget allows another request, or a burst of them."""
        return not self.has_reached_max_created and super().allows_more

    @property
    def has_reached_max_created(self) -> bool:
        """Return whether a burst could create more objects than allowed."""
        return self.max_created is not None and self._log.created > self.max_created - BURST
