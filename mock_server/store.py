"""The lead lists that were created; in memory, bounded, the oldest leave first."""

from __future__ import annotations

from collections import OrderedDict

from mock_server.lead_list import LeadList


class Store:
    """Lead lists by id, in the order of their creation."""

    def __init__(self, max_lists: int) -> None:
        self._max_lists = max_lists
        self._lists: OrderedDict[str, LeadList] = OrderedDict()

    def __len__(self) -> int:
        return len(self._lists)

    def __contains__(self, list_id: str) -> bool:
        return list_id in self._lists

    def add(self, lead_list: LeadList) -> None:
        """Keep a lead list; the oldest one makes room for it when the store is full."""
        self._lists[lead_list.id] = lead_list
        if len(self._lists) > self._max_lists:
            self._lists.popitem(last=False)
