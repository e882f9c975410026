"""The lead list, and how a valid request becomes one. Pure: time, ID and readings are parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mock_server.contract.readings import Readings
from mock_server.lead_lists.dates import Dates

SENT_FIELDS = ("name", "type", "icpId", "startDate", "endDate", "personIds", "companyIds")
SERVER_MADE_FIELDS = ("id", "userIds", "createdAt", "updatedAt")
FIELDS = frozenset(SENT_FIELDS + SERVER_MADE_FIELDS)


Payload = dict[str, Any]
_NOTHING: Mapping[str, Any] = {}
Build = Callable[[Payload, str, datetime, str], "LeadList"]


@dataclass(slots=True)  # one for each request, and a frozen class takes three times as long to fill
class LeadList:
    """A created lead list: the eleven fields of the API page, in its order, and fields that readings add."""

    id: str
    icp_id: str | None
    name: str  # response.name.type
    type: str  # response.type.enum, by the schema of the request
    start_date: str
    end_date: str
    person_ids: list[str]  # response.personIds.type
    company_ids: list[str]  # response.companyIds.type
    user_ids: list[str]  # response.userIds.type
    created_at: str
    updated_at: str
    additional: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the object of the API page's response example."""  # success.bare
        return {
            "id": self.id,  # response.id.required
            "icpId": self.icp_id,  # response.icpId.required
            "name": self.name,  # response.name.required
            "type": self.type,  # response.type.required
            "startDate": self.start_date,  # response.startDate.required
            "endDate": self.end_date,  # response.endDate.required
            "personIds": self.person_ids,  # response.personIds.required
            "companyIds": self.company_ids,  # response.companyIds.required
            "userIds": self.user_ids,  # response.userIds.required
            "createdAt": self.created_at,  # response.createdAt.required
            "updatedAt": self.updated_at,  # response.updatedAt.required
            **self.additional,
        }


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

        The server generates id, userIds, createdAt and updatedAt. It ignores fields of the request with these names
        (request.body.server-made) or with unknown names (request.body.open).
        """
        self._adjust(payload)
        icp_id = payload["icpId"]
        created_at = self._dates.write(now)
        return LeadList(
            id=list_id,
            icp_id=None if icp_id is None else self._plain_uuid(icp_id),  # response.icpId.echo, response.icpId.type
            name=payload["name"],  # response.name.echo
            type=payload.get("type", "person"),  # response.type.echo, request.type.default
            start_date=self._dates.echo(payload["startDate"]),  # response.startDate.echo
            end_date=self._dates.echo(payload["endDate"]),  # response.endDate.echo
            person_ids=payload["personIds"],  # response.personIds.echo
            # response.companyIds.echo, request.companyIds.default
            company_ids=list(map(self._plain_uuid, payload.get("companyIds", ()))),
            user_ids=self._user_ids(payload, user) if self._merges_users else [user],
            created_at=created_at,  # response.createdAt.clock
            # response.updatedAt.clock, response.updatedAt.order
            updated_at=self._dates.write(now + self._update_delay) if self._update_delay else created_at,
            additional={name: value for add in self._additional for name, value in add(payload).items()}
            if self._additional
            else _NOTHING,
        )

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
