"""The lead lists that were created, and the outcomes that a retry gets again; in memory, bounded, the oldest leave."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from mock_server.lead_lists.record import LeadList
from mock_server.pipeline.answers import Outcome

OUTCOMES_REMEMBERED = 1_000  # Idempotency-Key is for retries: seconds matter, and a thousand calls are many of them


class Store:
    """Lead lists by id, in the order of their creation."""

    def __init__(self, max_lists: int) -> None:
        self._max_lists = max_lists
        self._lists: OrderedDict[str, LeadList] = OrderedDict()
        self._outcomes: OrderedDict[tuple[str, str], Outcome] = OrderedDict()

    def __len__(self) -> int:
        return len(self._lists)

    def __contains__(self, list_id: str) -> bool:
        return list_id in self._lists

    def __iter__(self) -> Iterator[LeadList]:
        return iter(self._lists.values())

    def add(self, lead_list: LeadList) -> None:
        """Keep a lead list; the oldest one makes room for it when the store is full."""
        self._lists[lead_list.id] = lead_list
        if len(self._lists) > self._max_lists:
            self._lists.popitem(last=False)

    def replace(self, lead_lists: Iterable[LeadList]) -> None:
        """Keep these lead lists in place of all others, and remember no outcome."""
        self._lists = OrderedDict((each.id, each) for each in lead_lists)
        self._outcomes.clear()
        while len(self._lists) > self._max_lists:
            self._lists.popitem(last=False)

    def outcome(self, user: str, key: str) -> Outcome | None:
        """What was remembered for a user's Idempotency-Key."""
        return self._outcomes.get((user, key))

    def remember(self, user: str, key: str, outcome: Outcome) -> None:
        """Keep the outcome for a retry with the same Idempotency-Key."""
        self._outcomes[user, key] = outcome
        if len(self._outcomes) > OUTCOMES_REMEMBERED:
            self._outcomes.popitem(last=False)
