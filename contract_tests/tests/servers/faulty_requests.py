"""Faulty servers: one defect each in validation, too lenient or too strict."""

import json
import re
import unicodedata
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


def plain_digits(text: str) -> str:
    return "".join(str(digit) if (digit := unicodedata.digit(c, None)) is not None else c for c in text)


# -- the body


@breaks("request.body.type")
class EmptyBatchTaken(RightCore):
    """The server reads an array as many lead lists, and an empty one as none."""

    def create(self, request: Request) -> Answer:
        if request.body.strip() != b"[]":
            return super().create(request)
        self.route(request)
        self.authenticate(request)
        return Answer(self.success, {"content-type": "application/json"}, b"[]")


@breaks("request.body.server-made")
class IdTakenOver(RightCore):
    """The server stores an id from the client."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        taken = {"id": sent["id"]} if is_uuid(sent.get("id")) else {}
        return super().validate(request, sent) | taken


@breaks("request.body.server-made")
class RequestIdIsId(RightCore):
    """The ID of the request, which proxies send in a header, becomes the id of the list."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        sent = request.headers.get("x-request-id", "")
        return super().build(request, user, fields) | ({"id": sent} if is_uuid(sent) else {})


@breaks("request.body.server-made")
class CreatedAtTakenOver(RightCore):
    """The server stores createdAt from the client."""

    created_at: str | None = None

    def validate(self, request: Request, sent: Fields) -> Fields:
        self.created_at = sent["createdAt"] if is_date(sent.get("createdAt")) else None
        return super().validate(request, sent)

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        taken = {"createdAt": self.created_at} if self.created_at else {}
        return super().build(request, user, fields) | taken


@breaks("request.body.server-made")
class UserIdsTakenOver(RightCore):
    """The server stores userIds from the client instead of the creator."""

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
    """Every later list contains the fields under __proto__."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.prototype: Fields = {}

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = self.prototype | super().build(request, user, fields)
        sent = self.parse(request).get("__proto__")
        self.prototype = self.prototype | sent if isinstance(sent, dict) else self.prototype
        return created


# -- name and type


@breaks("request.name.type")
class NameMadeText(RightCore):
    """The server converts a name of another type to a string; it refuses null."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        name = {"name": described(sent["name"])} if sent.get("name") is not None else {}
        return super().validate(request, sent | name)


@breaks("request.name.text")
class EmojiRefused(RightCore):
    """The server answers 400 to a name with a character beyond U+FFFF."""

    rules = RightCore.rules | {
        "name": Rule("a string of UCS-2", lambda v: is_text(v) and max(v, default="") < "\U00010000")
    }


@breaks("request.name.text")
class CommaRefused(RightCore):
    """The server answers 400 to a name with a comma: almost every name of a run."""

    rules = RightCore.rules | {"name": Rule("a name without commas", lambda v: is_text(v) and "," not in v)}


@breaks("request.name.repeatable")
class NameUnique(RightCore):
    """The server answers 400 to a second list with the same name and another end."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.ends: dict[str, str] = {}

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if self.ends.setdefault(fields["name"], fields["endDate"]) != fields["endDate"]:
            raise BadRequest(("/name", "is in use"))
        return super().build(request, user, fields)


@breaks("request.type.optional")
class TypeRequired(RightCore):
    """The server answers 400 to a body without type."""

    defaults: ClassVar[Fields] = {name: value for name, value in RightCore.defaults.items() if name != "type"}


@breaks("request.type.default")
class TypeDefaultsToCompany(RightCore):
    """Without type, the type is "company"."""

    defaults = RightCore.defaults | {"type": "company"}


@breaks("request.type.enum")
class CompanyTypeRefused(RightCore):
    """The server answers 400 to a list of companies."""

    rules = RightCore.rules | {"type": Rule('"person"', lambda value: value == "person")}


@breaks("request.type.enum")
class TypeCaseIgnored(RightCore):
    """The server accepts Person and PERSON as person."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        kind = sent.get("type")
        return super().validate(request, sent | ({"type": kind.lower()} if isinstance(kind, str) else {}))


@breaks("request.type.enum")
class TypeInPluralTaken(RightCore):
    """The server accepts people and companies as person and company."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        kind = sent.get("type")
        plurals = {"people": "person", "companies": "company"}
        return super().validate(request, sent | ({"type": plurals.get(kind, kind)} if isinstance(kind, str) else {}))


@breaks("request.type.enum")
class TypeWithLineEndTaken(RightCore):
    """The pattern of type ends with `$`, which also matches before a line end."""

    rules = RightCore.rules | {
        "type": Rule(
            "a type", lambda value: isinstance(value, str) and re.match("(person|company)$", value) is not None
        )
    }

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {"type": fields["type"].strip()}


@breaks("request.type.enum")
class TypeEndsAtNul(RightCore):
    """A function in C compares type up to the first NUL."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        kind = sent.get("type")
        return super().validate(request, {**sent, "type": kind.partition("\0")[0]} if isinstance(kind, str) else sent)


# -- ICP and dates


@breaks("request.icpId.required")
class IcpIdOptional(RightCore):
    """The server reads a missing icpId as null."""

    defaults = RightCore.defaults | {"icpId": None}


@breaks("request.icpId.nullability")
class NullIcpIdRefused(RightCore):
    """The server answers 400 to an icpId of null."""

    rules = RightCore.rules | {"icpId": Rule("a UUID", is_uuid)}


@breaks("request.endDate.required")
class KeysTrimmed(RightCore):
    """The server removes spaces around keys."""

    def members(self, pairs: list[tuple[str, Any]]) -> Fields:
        return {key.strip(): value for key, value in pairs}


@breaks("request.endDate.required")
class EndDateOptional(RightCore):
    """Without endDate, endDate is startDate."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, {"endDate": sent.get("startDate"), **sent})


class SecondLinesTaken(RightCore):
    """A subclass says which part of a date is checked; the server stores the whole text."""

    def checked(self, text: str) -> str:
        return text

    def validate(self, request: Request, sent: Fields) -> Fields:
        start = sent.get("startDate")
        if not isinstance(start, str) or (checked := self.checked(start)) == start:
            return super().validate(request, sent)
        return super().validate(request, {**sent, "startDate": checked}) | {"startDate": start}


@breaks("response.startDate.format", "response.startDate.type", "request.startDate.format")
class LineAfterDateTaken(SecondLinesTaken):
    """The pattern of a date matches at the start of the text and ends at the end of a line."""

    def checked(self, text: str) -> str:
        return text.partition("\n")[0]


@breaks("response.startDate.format", "response.startDate.type", "request.startDate.format")
class LineBeforeDateTaken(SecondLinesTaken):
    """The pattern of a date matches any line of the text."""

    def checked(self, text: str) -> str:
        return next(filter(is_date, text.split("\n")), text)


@breaks("request.startDate.format")
class February30Taken(RightCore):
    """The server reads 30 February as 1 March."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        start = sent.get("startDate")
        rolled = {"startDate": start.replace("-02-30", "-03-01")} if isinstance(start, str) else {}
        return super().validate(request, sent | rolled)


@breaks("request.startDate.format")
class LeapDayRefused(RightCore):
    """The server answers 400 to a startDate of 29 February even in leap years."""

    rules = RightCore.rules | {"startDate": Rule("a date", lambda value: is_date(value) and value[5:10] != "02-29")}


@breaks("request.startDate.any-time")
class PastRefused(RightCore):
    """The server answers 400 to a startDate in the past."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        if fields["startDate"][:4] < str(self.now().year):
            raise BadRequest(("/startDate", "must not lie in the past"))
        return fields


# -- ids


@breaks("request.icpId.format")
class DigitsOfAnyScriptTaken(RightCore):
    """The pattern of a UUID has \\d, which also matches digits of other scripts."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        icp = sent.get("icpId")
        return super().validate(request, sent | ({"icpId": plain_digits(icp)} if isinstance(icp, str) else {}))


@breaks("request.icpId.type")
class IcpTaken(RightCore):
    """The server reads an object with the ID of an ICP, as other endpoints return it, as that ID."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        icp = sent.get("icpId")
        return super().validate(request, sent | ({"icpId": icp["id"]} if isinstance(icp, dict) and "id" in icp else {}))


@breaks("request.personIds.type")
class BlankPersonIdsTaken(RightCore):
    """The server reads an empty text in personIds as an empty list, as Jackson and many forms do."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, sent | ({"personIds": []} if sent.get("personIds") == "" else {}))


@breaks("request.personIds.nullability")
class NullPersonIdsTaken(RightCore):
    """The server reads null personIds as empty."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        none: Fields = {"personIds": []} if sent.get("personIds", "") is None else {}
        return super().validate(request, sent | none)


@breaks("request.personIds.type")
class OnePersonIdTaken(RightCore):
    """The server reads a string in personIds as an array of one."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        one = sent.get("personIds")
        return super().validate(request, sent | ({"personIds": [one]} if isinstance(one, str) else {}))


@breaks("request.companyIds.optional")
class CompanyIdsRequired(RightCore):
    """The server answers 400 to a body without companyIds."""

    defaults: ClassVar[Fields] = {name: value for name, value in RightCore.defaults.items() if name != "companyIds"}


@breaks("request.companyIds.items.format")
class FirstCompanyIdChecked(RightCore):
    """The server validates only the first company ID."""

    rules = RightCore.rules | {
        "companyIds": Rule("an array of UUIDs", lambda value: isinstance(value, list) and all(map(is_uuid, value[:1])))
    }


@breaks("request.companyIds.items.format")
class TenCompanyIdsChecked(RightCore):
    """The server validates only the first ten company IDs."""

    rules = RightCore.rules | {
        "companyIds": Rule(
            "an array of UUIDs",
            lambda value: isinstance(value, list) and all(map(is_uuid, value[:10])) and all(map(is_text, value[10:])),
        )
    }


@breaks("request.companyIds.items.format")
class CompanyIdsOfPeopleUnchecked(RightCore):
    """The server does not validate the company IDs of a person list."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        ids = sent.get("companyIds")
        if sent.get("type", "person") != "person" or not isinstance(ids, list) or not all(map(is_text, ids)):
            return super().validate(request, sent)
        return super().validate(request, sent | {"companyIds": []}) | {"companyIds": ids}
