"""The limits of a campaign: time, requests, created objects, and the wish of its user to end it."""

from __future__ import annotations

from contract_tests.campaign.corpus import CampaignLog
from contract_tests.engine.budget import Budget
from contract_tests.requests.plan import BURST

PAUSE_STEP_S = 0.25  # within a long pause, how soon a wish to end is seen


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
        self._is_to_end = False  # no lock: a signal sets it in the middle of anything
        self.max_created = max_created

    @property
    def allows_more(self) -> bool:
        """Return whether the budget allows another request, or a burst of them."""
        return not self._is_to_end and not self.is_created_up and super().allows_more

    @property
    def is_created_up(self) -> bool:
        """Return whether a burst could create more objects than allowed."""
        return self.max_created is not None and self._log.created > self.max_created - BURST

    def pause(self, seconds: float) -> bool:
        """Wait as `Budget.pause` does, at most until the campaign is to end."""
        while seconds > 0 and not self._is_to_end:
            step_s = min(seconds, PAUSE_STEP_S)
            if not super().pause(step_s):
                return False
            seconds -= step_s
        return not self._is_to_end

    @property
    def is_to_end(self) -> bool:
        """Return whether the campaign was asked to end."""
        return self._is_to_end

    def ask_to_end(self) -> None:
        """Allow no more requests, and end pauses soon; safe to call from a signal."""
        self._is_to_end = True
