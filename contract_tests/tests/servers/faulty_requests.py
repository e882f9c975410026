"""Servers with one fault in what they take for a lead list: too much, or too little."""

import json
import re
from typing import Any, ClassVar

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import (
    Answer,
    BadRequest,
    Fields,
    Request,
    RightCore,
    Rule,
    is_date,
    is_text,
    is_uuid,
)


def described(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


# -- the body


@breaks("request.body.json")
class NanTaken(RightCore):
    """NaN and Infinity are taken for numbers, as Python's json takes them."""

    def parse(self, request: Request) -> Fields:
        numbers = re.sub(rb'(?<=":)-?(NaN|Infinity)\b', b"0", request.body)
        return super().parse(request._replace(body=numbers))


@breaks("request.body.json")
class TrailingCommaTaken(RightCore):
    """A comma behind the last field is passed over."""

    def parse(self, request: Request) -> Fields:
        return super().parse(request._replace(body=re.sub(rb",\s*\}\s*$", b"}", request.body)))


@breaks("request.body.type")
class EmptyBatchTaken(RightCore):
    """An array for a body is taken for many lead lists, and an empty one for none."""

    def create(self, request: Request) -> Answer:
        if request.body.strip() != b"[]":
            return super().create(request)
        self.route(request)
        self.authenticate(request)
        return Answer(self.success, {"content-type": "application/json"}, b"[]")


@breaks("request.body.server-made")
class IdTakenOver(RightCore):
    """An id that the client sends becomes the id of the list."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        taken = {"id": sent["id"]} if is_uuid(sent.get("id")) else {}
        return super().validate(request, sent) | taken


@breaks("request.body.server-made")
class CreatedAtTakenOver(RightCore):
    """A createdAt that the client sends becomes the list's."""

    created_at: str | None = None

    def validate(self, request: Request, sent: Fields) -> Fields:
        self.created_at = sent["createdAt"] if is_date(sent.get("createdAt")) else None
        return super().validate(request, sent)

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        taken = {"createdAt": self.created_at} if self.created_at else {}
        return super().build(request, user, fields) | taken


@breaks("request.body.server-made")
class UserIdsTakenOver(RightCore):
    """userIds that the client sends take the place of the creator."""

    sent_users: Any = None

    def validate(self, request: Request, sent: Fields) -> Fields:
        users = sent.get("userIds")
        self.sent_users = users if isinstance(users, list) and users and all(map(is_text, users)) else None
        return super().validate(request, sent)

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        taken = {"userIds": self.sent_users} if self.sent_users else {}
        return super().build(request, user, fields) | taken


@breaks("request.body.open")
class PrototypePolluted(RightCore):
    """What one client sends as __proto__ shows on every later list."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.prototype: Fields = {}

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = self.prototype | super().build(request, user, fields)
        sent = self.parse(request).get("__proto__")
        self.prototype = self.prototype | sent if isinstance(sent, dict) else self.prototype
        return created


# -- name and type


@breaks("request.name.required")
class KeyCaseIgnored(RightCore):
    """Name does for name, as with Go's encoding/json."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        known = {key.lower(): key for key in self.rules}
        return super().validate(request, {known.get(key.lower(), key): value for key, value in sent.items()})


@breaks("request.name.type")
class NameMadeText(RightCore):
    """A name of another type than string is stored as its text; null is refused."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        name = {"name": described(sent["name"])} if sent.get("name") is not None else {}
        return super().validate(request, sent | name)


@breaks("request.name.text")
class EmojiRefused(RightCore):
    """A name with a character beyond U+FFFF is answered 400."""

    rules = RightCore.rules | {
        "name": Rule("a string of UCS-2", lambda v: is_text(v) and max(v, default="") < "\U00010000")
    }


@breaks("request.name.text")
class CommaRefused(RightCore):
    """A name with a comma is answered 400: almost every name of a run, whatever else its request is about."""

    rules = RightCore.rules | {"name": Rule("a name without commas", lambda v: is_text(v) and "," not in v)}


@breaks("request.name.repeatable")
class NameUnique(RightCore):
    """A second list of the same name and another end is answered 400."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.ends: dict[str, str] = {}

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if self.ends.setdefault(fields["name"], fields["endDate"]) != fields["endDate"]:
            raise BadRequest(("/name", "is taken"))
        return super().build(request, user, fields)


@breaks("request.type.optional")
class TypeRequired(RightCore):
    """A body without type is answered 400."""

    defaults: ClassVar[Fields] = {"companyIds": []}


@breaks("request.type.default")
class TypeDefaultsToCompany(RightCore):
    """A list without type becomes one of companies."""

    defaults = RightCore.defaults | {"type": "company"}


@breaks("request.type.enum")
class CompanyTypeRefused(RightCore):
    """A list of companies is answered 400."""

    rules = RightCore.rules | {"type": Rule('"person"', lambda value: value == "person")}


@breaks("request.type.enum")
class TypeCaseIgnored(RightCore):
    """Person and PERSON do for person."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        kind = sent.get("type")
        return super().validate(request, sent | ({"type": kind.lower()} if isinstance(kind, str) else {}))


@breaks("request.type.enum")
class TypeInPluralTaken(RightCore):
    """People and companies do for person and company."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        kind = sent.get("type")
        plurals = {"people": "person", "companies": "company"}
        return super().validate(request, sent | ({"type": plurals.get(kind, kind)} if isinstance(kind, str) else {}))


# -- ICP and dates


@breaks("request.icpId.required")
class IcpIdOptional(RightCore):
    """A missing icpId is taken for null."""

    defaults = RightCore.defaults | {"icpId": None}


@breaks("request.icpId.nullability")
class NullIcpIdRefused(RightCore):
    """An icpId of null is answered 400."""

    rules = RightCore.rules | {"icpId": Rule("a UUID", is_uuid)}


@breaks("request.endDate.required")
class EndDateOptional(RightCore):
    """A list without endDate ends when it starts."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, {"endDate": sent.get("startDate"), **sent})


@breaks("request.startDate.format")
class February30Taken(RightCore):
    """A startDate of 30 February is taken for 1 March."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        start = sent.get("startDate")
        rolled = {"startDate": start.replace("-02-30", "-03-01")} if isinstance(start, str) else {}
        return super().validate(request, sent | rolled)


@breaks("request.startDate.format")
class LeapDayRefused(RightCore):
    """A startDate of 29 February is answered 400 in leap years too."""

    rules = RightCore.rules | {"startDate": Rule("a date", lambda value: is_date(value) and value[5:10] != "02-29")}


@breaks("request.startDate.any-time")
class PastRefused(RightCore):
    """A startDate in the past is answered 400."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        if fields["startDate"][:4] < str(self.now().year):
            raise BadRequest(("/startDate", "must not lie in the past"))
        return fields


# -- ids


@breaks("request.personIds.nullability")
class NullPersonIdsTaken(RightCore):
    """personIds of null are taken for none."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        none: Fields = {"personIds": []} if sent.get("personIds", "") is None else {}
        return super().validate(request, sent | none)


@breaks("request.personIds.type")
class OnePersonIdTaken(RightCore):
    """A text for personIds is taken for an array of that text."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        one = sent.get("personIds")
        return super().validate(request, sent | ({"personIds": [one]} if isinstance(one, str) else {}))


@breaks("request.companyIds.optional")
class CompanyIdsRequired(RightCore):
    """A body without companyIds is answered 400."""

    defaults: ClassVar[Fields] = {"type": "person"}


@breaks("request.companyIds.items.format")
class FirstCompanyIdChecked(RightCore):
    """Of the company ids only the first is validated."""

    rules = RightCore.rules | {
        "companyIds": Rule("an array of UUIDs", lambda value: isinstance(value, list) and all(map(is_uuid, value[:1])))
    }


@breaks("request.companyIds.items.format")
class TenCompanyIdsChecked(RightCore):
    """Any text behind the tenth company id is taken."""

    rules = RightCore.rules | {
        "companyIds": Rule(
            "an array of UUIDs",
            lambda value: isinstance(value, list) and all(map(is_uuid, value[:10])) and all(map(is_text, value[10:])),
        )
    }


@breaks("request.companyIds.items.format")
class CompanyIdsOfPeopleUnchecked(RightCore):
    """On a list of people any texts are taken for company ids, as they are not used there."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        ids = sent.get("companyIds")
        if sent.get("type", "person") != "person" or not isinstance(ids, list) or not all(map(is_text, ids)):
            return super().validate(request, sent)
        return super().validate(request, sent | {"companyIds": []}) | {"companyIds": ids}
