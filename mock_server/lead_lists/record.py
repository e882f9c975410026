"""The lead list, and how a valid request becomes one. Pure: time, ID and readings are parameters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from mock_server.contract.readings import Readings
from mock_server.lead_lists.dates import Dates

SENT_FIELDS = ("name", "type", "icpId", "startDate", "endDate", "personIds", "companyIds")
FIELDS = frozenset((*SENT_FIELDS, "id", "userIds", "createdAt", "updatedAt"))

Payload = dict[str, Any]
LeadList = dict[str, Any]  # a created lead list: the fields of the API page, in its order, and those that readings add
Build = Callable[[Payload, str, datetime, str], LeadList]


class Builder:
    """Builds a lead list from a valid payload, after `adjust` has changed the payload for the readings."""

    def __init__(
        self,
        dates: Dates,
        readings: Readings,
        *,
        plain_uuid: Callable[[str], str],
        adjust: Callable[[Payload], None],
    ) -> None:
        self._dates = dates
        self._plain_uuid = plain_uuid
        self._adjust = adjust
        self._merges_users = readings.follows("user-ids-sent", "merged")
        self._additional = readings.pick(_ADDITIONAL)
        self._update_delay = timedelta(milliseconds=5 if readings.follows("updated-at", "later") else 0)

    def __call__(self, payload: Payload, user: str, now: datetime, list_id: str) -> LeadList:
        """Build the lead list that `user` creates at `now`.

        The server generates id, userIds, createdAt and updatedAt. It ignores fields of the request with these names or
        with unknown names.
        """
        self._adjust(payload)
        icp_id = payload["icpId"]
        created_at = self._dates.write(now)
        # success.bare; request.body.open, request.body.server-made: it reads no other field of the payload.
        lead_list = {
            "id": list_id,  # response.id.required
            # response.icpId.required, response.icpId.echo, response.icpId.type
            "icpId": None if icp_id is None else self._plain_uuid(icp_id),
            "name": payload["name"],  # response.name.required, response.name.type, response.name.echo
            # response.type.required, response.type.echo, request.type.default; response.type.enum, by the schema
            "type": payload.get("type", "person"),
            "startDate": self._dates.echo(payload["startDate"]),  # response.startDate.required, response.startDate.echo
            "endDate": self._dates.echo(payload["endDate"]),  # response.endDate.required, response.endDate.echo
            # response.personIds.required, response.personIds.type, response.personIds.echo
            "personIds": payload["personIds"],
            # response.companyIds.required, response.companyIds.type, response.companyIds.echo,
            # request.companyIds.default
            "companyIds": list(map(self._plain_uuid, payload.get("companyIds", ()))),
            # response.userIds.required, response.userIds.type, response.userIds.includes-creator,
            # response.userIds.no-stranger
            "userIds": self._user_ids(payload, user) if self._merges_users else [user],
            "createdAt": created_at,  # response.createdAt.required, response.createdAt.clock
            # response.updatedAt.required, response.updatedAt.clock, response.updatedAt.order
            "updatedAt": self._dates.write(now + self._update_delay) if self._update_delay else created_at,
        }
        for add in self._additional:
            lead_list |= add(payload)
        return lead_list

    def _user_ids(self, payload: Payload, user: str) -> list[str]:
        # response.userIds.includes-creator, response.userIds.no-stranger
        sent = payload.get("userIds") or ()
        return [user, *(each for each in sent if isinstance(each, str) and each and each != user)]


def _sibling_fields(payload: Payload) -> dict[str, Any]:
    return {"persons": [], "companies": []}


def _unknown_fields(payload: Payload) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in FIELDS}


_ADDITIONAL = {
    ("additional-response-fields", "present"): _sibling_fields,
    ("unknown-properties", "echoed"): _unknown_fields,
}
