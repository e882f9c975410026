"""Traits of what is taken for a lead list, and of what is kept of it, where the page leaves that open."""

import html
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from contract_tests.tests.right_core import (
    Fields,
    Refusal,
    Request,
    RightCore,
    is_text,
    is_uuid,
)
from contract_tests.tests.trait import Lenient, Strict, about

Problems = Iterator[tuple[str, str]]
UNPRINTED = re.compile("[\x01-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def can_be_answered(value: Any) -> bool:
    try:
        return is_text(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except ValueError:  # beyond doubles
        return False


# -- fields


@about("unknown-properties")
class UnknownFieldsRefused(Strict):
    """A field that the page does not name is answered 400; what the server makes may be sent back."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in sent.keys() - self.rules - {"id", "createdAt", "updatedAt", "userIds"}:
            yield f"/{key.encode(errors='replace').decode()}", "is not a field of a lead list"


@about("unknown-properties")
class UnknownFieldsKept(RightCore):
    """Fields that the page does not name are stored and come back."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        unknown = sent.keys() - fields.keys() - {"id", "createdAt", "updatedAt", "userIds"}
        return {key: sent[key] for key in unknown if can_be_answered([key, sent[key]])} | fields


@about("server-made-fields-sent")
class ServerMadeFieldsRefused(Strict):
    """id, createdAt and updatedAt in a request are answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in sent.keys() & {"id", "createdAt", "updatedAt"}:
            yield f"/{key}", "is made by the server"


@about("user-ids-sent")
class UserIdsRefused(Strict):
    """userIds in a request are answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if "userIds" in sent:
            yield "/userIds", "is made by the server"


@about("user-ids-sent")
class UserIdsMerged(RightCore):
    """userIds of a request are kept beside the creator, if they are an array of texts."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        sent = self.parse(request).get("userIds")
        others = sent if isinstance(sent, list) and all(is_text(who) and who for who in sent) else []
        return created | {"userIds": list(dict.fromkeys([user, *others]))}


@about("type-null", by_name="default")
class NullTypeDefaulted(Lenient):
    """A type of null is person."""

    def read(self, key: str, value: Any) -> Any:
        return super().read(key, "person" if key == "type" and value is None else value)


@about("company-ids-null", by_name="default")
class NullCompanyIdsDefaulted(Lenient):
    """companyIds of null are none."""

    def read(self, key: str, value: Any) -> Any:
        return super().read(key, [] if key == "companyIds" and value is None else value)


@about("person-ids-missing-on-company-list", by_name="default")
class PersonIdsOptionalForCompanies(RightCore):
    """personIds may be left out of a list of companies."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, {"personIds": [], **sent} if sent.get("type") == "company" else sent)


# -- text


@about("empty-name")
class EmptyNameRefused(Strict):
    """An empty name, or one of blanks, is answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if not sent["name"].strip():
            yield "/name", "must not be empty"


@about("surrounding-blanks")
class NameTrimmed(RightCore):
    """Blanks around a name are cut off."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {"name": fields["name"].strip()}


@about("surrounding-blanks")
class BlanksAroundNameRefused(Strict):
    """Blanks around a name are answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if sent["name"] != sent["name"].strip():
            yield "/name", "must not begin or end with a blank"


@about("long-name")
class LongNameRefused(Strict):
    """A name of more than 80 characters is answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if len(sent["name"]) > 80:
            yield "/name", "must have at most 80 characters"


@about("unicode-form")
class TextComposed(RightCore):
    """Texts are stored in the form NFC."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        ids = [unicodedata.normalize("NFC", text) for text in fields["personIds"]]
        return fields | {"name": unicodedata.normalize("NFC", fields["name"]), "personIds": ids}


@about("markup-in-text")
class MarkupEscaped(RightCore):
    """The signs of markup in a name come back as references, if tags or references stand in it."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        marked = re.search(r"<[a-zA-Z/!?]|&\w+;", fields["name"])
        return fields | ({"name": html.escape(fields["name"], quote=False)} if marked else {})


@about("nul-in-text")
class NulRefused(Strict):
    """U+0000 in a text is answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in ("name", "personIds"):
            if "\0" in "".join(fields[key]):
                yield f"/{key}", "must not contain U+0000"


@about("control-characters")
class ControlsRemoved(RightCore):
    """Characters in a name that cannot be printed are left out."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {"name": UNPRINTED.sub("", fields["name"])}


@about("control-characters")
class ControlsRefused(Strict):
    """Characters that cannot be printed are answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in ("name", "personIds"):
            if UNPRINTED.search("".join(fields[key])):
                yield f"/{key}", "must not contain characters that cannot be printed"


# -- UUIDs and ids


@about("uuid-case")
class UuidsInLowerCase(RightCore):
    """icpId and companyIds come back in lower case."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        icp = fields["icpId"] and fields["icpId"].lower()
        return fields | {"icpId": icp, "companyIds": [text.lower() for text in fields["companyIds"]]}


@about("uuid-variants")
class DefinedUuidsOnly(Strict):
    """Only UUIDs of a version and variant that RFC 9562 defines are taken, nil and max among them."""

    defined: ClassVar[str] = r"[0-9a-f-]{14}[1-8][0-9a-f-]{4}[89ab][0-9a-f-]{16}|[0-]{36}|[f-]{36}"

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key, ids in (("icpId", [fields["icpId"] or ""]), ("companyIds", fields["companyIds"])):
            if any(text and not re.fullmatch(self.defined, text.lower()) for text in ids):
                yield f"/{key}", "must be a UUID of a known version"


@about("uuid-variants")
class Version4Only(DefinedUuidsOnly):
    """Only UUIDs of version 4 are taken."""

    defined = r"[0-9a-f-]{14}4[0-9a-f-]{4}[89ab][0-9a-f-]{16}"


@about("uuid-spellings")
class AnyUuidSpelling(Lenient):
    """UUIDs without hyphens, in braces, as URN or with blanks around them are taken and stored plainly."""

    def read(self, key: str, value: Any) -> Any:
        if key in ("icpId", "companyIds"):
            one = value if isinstance(value, list) else [value]
            plain = [self.plain(text) for text in one]
            value = plain if isinstance(value, list) else plain[0]
        return super().read(key, value)

    def plain(self, text: Any) -> Any:
        if not isinstance(text, str) or is_uuid(text):
            return text
        shaped = re.fullmatch(r"(urn:uuid:)?\{?[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?", text.strip(), re.I)
        return str(UUID(text.strip())) if shaped else text


@about("unknown-icp")
class UnknownIcp404(RightCore):
    """There are no ICPs: any icpId but null is answered 404."""

    status: ClassVar[tuple[int, str]] = (404, "NOT_FOUND")

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        if fields["icpId"] is not None:
            raise Refusal(*self.status, "There is no such ICP.", [{"path": "/icpId", "message": "is not known"}])
        return fields


@about("unknown-icp")
class UnknownIcp400(UnknownIcp404):
    """There are no ICPs: any icpId but null is answered 400."""

    status = (400, "BAD_REQUEST")


@about("unknown-people")
class UnknownPeopleDropped(RightCore):
    """There are no people: person ids are left out."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, sent) | {"personIds": []}


@about("unknown-companies")
class UnknownCompanies404(RightCore):
    """There are no companies: any company id is answered 404."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        if fields["companyIds"]:
            raise Refusal(404, "NOT_FOUND", "There is no such company.")
        return fields


@about("number-ids")
class NumbersForIdsTaken(Lenient):
    """Whole numbers are taken for person ids and stored as their digits."""

    def read(self, key: str, value: Any) -> Any:
        if key == "personIds" and isinstance(value, list):
            value = [str(item) if type(item) is int else item for item in value]
        return super().read(key, value)


@about("empty-ids")
class EmptyIdsRefused(Strict):
    """An empty or blank person id is answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if any(not text.strip() for text in fields["personIds"]):
            yield "/personIds", "must not hold empty texts"


@about("ids of the other type")
class IdsOfTheOtherTypeDropped(RightCore):
    """Ids that a list of its type does not use are left out."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {"companyIds" if fields["type"] == "person" else "personIds": []}


@about("ids of the other type")
class IdsOfTheOtherTypeRefused(Strict):
    """Ids that a list of its type does not use are answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        unused = "companyIds" if fields["type"] == "person" else "personIds"
        if sent.get(unused):
            yield f"/{unused}", f"must be empty when type is {fields['type']}"


@about("duplicate-ids")
class DuplicateIdsRemoved(RightCore):
    """An id that is sent twice is stored once."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {key: list(dict.fromkeys(fields[key])) for key in ("personIds", "companyIds")}


@about("id-order")
class IdsSorted(RightCore):
    """Ids come back sorted, as from a set in a database."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {key: sorted(fields[key]) for key in ("personIds", "companyIds")}


@about("many-ids")
class HundredIdsAtMost(Strict):
    """More than a hundred ids are answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in ("personIds", "companyIds"):
            if len(fields[key]) > 100:
                yield f"/{key}", "must hold at most 100 ids"
