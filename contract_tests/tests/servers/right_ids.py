"""Traits of accepted UUIDs and IDs, and of how they are stored."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from contract_tests.tests.servers.right_core import Fields, Refusal, Request, RightCore, is_uuid
from contract_tests.tests.servers.trait import Lenient, Strict, about

Problems = Iterator[tuple[str, str]]


@about("uuid-case")
class UuidsInLowerCase(RightCore):
    """icpId and companyIds come back in lower case."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        icp = fields["icpId"] and fields["icpId"].lower()
        return fields | {"icpId": icp, "companyIds": [text.lower() for text in fields["companyIds"]]}


@about("uuid-variants")
class DefinedUuidsOnly(Strict):
    """The server accepts only UUIDs with a version and variant of RFC 9562, and nil and max."""

    defined: ClassVar[str] = r"[0-9a-f-]{14}[1-8][0-9a-f-]{4}[89ab][0-9a-f-]{16}|[0-]{36}|[f-]{36}"

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key, ids in (("icpId", [fields["icpId"] or ""]), ("companyIds", fields["companyIds"])):
            if any(text and not re.fullmatch(self.defined, text.lower()) for text in ids):
                yield f"/{key}", "must be a UUID of a known version"


@about("uuid-variants")
class Version4Only(DefinedUuidsOnly):
    """The server accepts only version 4 UUIDs."""

    defined = r"[0-9a-f-]{14}4[0-9a-f-]{4}[89ab][0-9a-f-]{16}"


@about("uuid-spellings")
class AnyUuidSpelling(Lenient):
    """The server accepts UUIDs without hyphens, in braces, as a URN or with spaces around them."""

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
    """The server has no ICPs: it answers 404 to any icpId except null."""

    status: ClassVar[tuple[int, str]] = (404, "NOT_FOUND")

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        if fields["icpId"] is not None:
            raise Refusal(*self.status, "There is no such ICP.", [{"path": "/icpId", "message": "is not known"}])
        return fields


@about("unknown-icp")
class UnknownIcp400(UnknownIcp404):
    """The server has no ICPs: it answers 400 to any icpId except null."""

    status = (400, "BAD_REQUEST")


@about("unknown-people")
class UnknownPeople404(RightCore):
    """The server has no people: it answers 404 to any person ID."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        if fields["personIds"]:
            raise Refusal(404, "NOT_FOUND", "There is no such person.")
        return fields


@about("unknown-people")
class UnknownPeopleDropped(RightCore):
    """The server has no people: it drops person IDs."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, sent) | {"personIds": []}


@about("unknown-companies")
class UnknownCompanies404(RightCore):
    """The server has no companies: it answers 404 to any company ID."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        if fields["companyIds"]:
            raise Refusal(404, "NOT_FOUND", "There is no such company.")
        return fields


@about("unknown-companies")
class UnknownCompaniesDropped(RightCore):
    """The server has no companies: it drops company IDs."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, sent) | {"companyIds": []}


@about("number-ids")
class NumbersForIdsTaken(Lenient):
    """The server accepts integers as person IDs and stores their digits."""

    def read(self, key: str, value: Any) -> Any:
        if key == "personIds" and isinstance(value, list):
            value = [str(item) if type(item) is int else item for item in value]
        return super().read(key, value)


@about("person-id-form")
class PersonIdsMustBeUuids(Strict):
    """The server answers 400 to a person ID that is not a UUID."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if not all(map(is_uuid, fields["personIds"])):
            yield "/personIds", "must be UUIDs"


@about("empty-ids")
class EmptyIdsRefused(Strict):
    """The server answers 400 to an empty person ID, or one of spaces."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if any(not text.strip() for text in fields["personIds"]):
            yield "/personIds", "must not hold empty texts"


@about("ids of the other type")
class IdsOfTheOtherTypeDropped(RightCore):
    """The server drops the IDs that the type of the list does not use."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {"companyIds" if fields["type"] == "person" else "personIds": []}


@about("ids of the other type")
class IdsOfTheOtherTypeRefused(Strict):
    """The server answers 400 to IDs that the type of the list does not use."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        unused = "companyIds" if fields["type"] == "person" else "personIds"
        if sent.get(unused):
            yield f"/{unused}", f"must be empty when type is {fields['type']}"


@about("duplicate-ids")
class DuplicateIdsRemoved(RightCore):
    """The server stores a duplicate ID once."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {key: list(dict.fromkeys(fields[key])) for key in ("personIds", "companyIds")}


@about("duplicate-ids")
class DuplicateIdsRefused(Strict):
    """The server answers 400 to a duplicate ID."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in ("personIds", "companyIds"):
            if len(set(fields[key])) < len(fields[key]):
                yield f"/{key}", "must not hold an id twice"


@about("id-order")
class IdsSorted(RightCore):
    """IDs come back sorted, as from a set in a database."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {key: sorted(fields[key]) for key in ("personIds", "companyIds")}


@about("many-ids")
class HundredIdsAtMost(Strict):
    """The server answers 400 to more than a hundred ids."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in ("personIds", "companyIds"):
            if len(fields[key]) > 100:
                yield f"/{key}", "must hold at most 100 ids"
