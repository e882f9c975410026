"""Traits of accepted fields and text, and of how they are stored."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from contract_tests.tests.servers.right_core import (
    Fields,
    Request,
    RightCore,
    is_text,
)
from contract_tests.tests.servers.trait import Lenient, Strict, about

Problems = Iterator[tuple[str, str]]
MARKUP = re.compile(r"<[a-zA-Z]|&\w+;", re.ASCII)
UNPRINTED = re.compile("[\x01-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def can_be_answered(value: Any) -> bool:
    try:
        return is_text(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except ValueError:  # out of the range of doubles
        return False


# -- JSON


@about("json-extensions")
class NanTaken(RightCore):
    """The server reads NaN and Infinity as numbers, like Python's json."""

    def parse(self, request: Request) -> Fields:
        numbers = re.sub(rb'(?<=":)-?(NaN|Infinity)\b', b"0", request.body)
        return super().parse(request._replace(body=numbers))


@about("json-extensions")
class TrailingCommaTaken(RightCore):
    """The server accepts a trailing comma."""

    def parse(self, request: Request) -> Fields:
        return super().parse(request._replace(body=re.sub(rb",\s*\}\s*$", b"}", request.body)))


@about("other-encodings")
class Utf16Taken(RightCore):
    """The server accepts a body in UTF-16, like Python's json."""

    def parse(self, request: Request) -> Fields:
        try:
            text = request.body.decode(json.detect_encoding(request.body))
        except UnicodeDecodeError:
            return super().parse(request)
        return super().parse(request._replace(body=text.encode("utf-8", "surrogatepass")))


# -- fields


@about("key-case")
class KeyCaseIgnored(RightCore):
    """The server reads the key Name as name, like Go's encoding/json; a key in the right case wins."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        known = {key.lower(): key for key in self.rules}
        folded = {known.get(key.lower(), key): value for key, value in sent.items()}
        return super().validate(request, folded | {key: sent[key] for key in self.rules if key in sent})


@about("unknown-properties")
class UnknownFieldsRefused(Strict):
    """The server answers 400 to undocumented fields; it ignores generated fields."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in sent.keys() - self.rules - {"id", "createdAt", "updatedAt", "userIds"}:
            yield f"/{key.encode(errors='replace').decode()}", "is not a field of a lead list"


@about("unknown-properties")
class UnknownFieldsKept(RightCore):
    """The server stores and returns undocumented fields."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        unknown = sent.keys() - fields.keys() - {"id", "createdAt", "updatedAt", "userIds"}
        return {key: sent[key] for key in unknown if can_be_answered([key, sent[key]])} | fields


@about("server-made-fields-sent")
class ServerMadeFieldsRefused(Strict):
    """The server answers 400 to id, createdAt and updatedAt in a request."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in sent.keys() & {"id", "createdAt", "updatedAt"}:
            yield f"/{key}", "is made by the server"


@about("user-ids-sent")
class UserIdsRefused(Strict):
    """The server answers 400 to userIds in a request."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if "userIds" in sent:
            yield "/userIds", "is made by the server"


@about("user-ids-sent")
class UserIdsMerged(RightCore):
    """The server stores userIds from the request and adds the creator, if they are an array of strings."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        sent = self.parse(request).get("userIds")
        others = sent if isinstance(sent, list) and all(is_text(who) and who for who in sent) else []
        return created | {"userIds": list(dict.fromkeys([user, *others]))}


@about("type-null", by_name="default")
class NullTypeDefaulted(Lenient):
    """The server reads a null type as person."""

    def read(self, key: str, value: Any) -> Any:
        return super().read(key, "person" if key == "type" and value is None else value)


@about("company-ids-null", by_name="default")
class NullCompanyIdsDefaulted(Lenient):
    """The server reads null companyIds as empty."""

    def read(self, key: str, value: Any) -> Any:
        return super().read(key, [] if key == "companyIds" and value is None else value)


@about("person-ids-missing-on-company-list", by_name="default")
class PersonIdsOptionalForCompanies(RightCore):
    """The server accepts a company list without personIds."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, {"personIds": [], **sent} if sent.get("type") == "company" else sent)


# -- text


@about("empty-name")
class EmptyNameRefused(Strict):
    """The server answers 400 to an empty name, or one of spaces."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if not sent["name"].strip():
            yield "/name", "must not be empty"


@about("surrounding-blanks")
class NameTrimmed(RightCore):
    """The server removes spaces around a name."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {"name": fields["name"].strip()}


@about("surrounding-blanks")
class BlanksAroundNameRefused(Strict):
    """The server answers 400 to spaces around a name."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if sent["name"] != sent["name"].strip():
            yield "/name", "must not start or end with a space"


@about("long-name")
class LongNameRefused(Strict):
    """The server answers 400 to a name of more than 80 characters."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if len(sent["name"]) > 80:
            yield "/name", "must have at most 80 characters"


@about("unicode-form")
class TextComposed(RightCore):
    """The server normalises text to NFC."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        ids = [unicodedata.normalize("NFC", text) for text in fields["personIds"]]
        return fields | {"name": unicodedata.normalize("NFC", fields["name"]), "personIds": ids}


@about("markup-in-text")
class TagsRemoved(RightCore):
    """The server removes tags from names."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {"name": re.sub(r"</?[a-zA-Z][^<>]*>", "", fields["name"])}


@about("unicode-form")
class DecomposedTextRefused(Strict):
    """The server answers 400 to text that is not in NFC."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in ("name", "personIds"):
            if not unicodedata.is_normalized("NFC", fields[key] if key == "name" else "\n".join(fields[key])):
                yield f"/{key}", "must be in the form NFC"


@about("markup-in-text")
class MarkupRefused(Strict):
    """The server answers 400 to tags and character references in text."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in ("name", "personIds"):
            if MARKUP.search("".join(fields[key])):
                yield f"/{key}", "must not contain markup"


@about("nul-in-text")
class NulRemoved(RightCore):
    """The server removes U+0000 from texts."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        people = [text.replace("\0", "") for text in fields["personIds"]]
        return fields | {"name": fields["name"].replace("\0", ""), "personIds": people}


@about("nul-in-text")
class NulRefused(Strict):
    """The server answers 400 to U+0000 in text."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in ("name", "personIds"):
            if "\0" in "".join(fields[key]):
                yield f"/{key}", "must not contain U+0000"


@about("control-characters")
class ControlsRemoved(RightCore):
    """The server removes unprintable characters from a name."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {"name": UNPRINTED.sub("", fields["name"])}


@about("control-characters")
class ControlsRefused(Strict):
    """The server answers 400 to unprintable characters."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        for key in ("name", "personIds"):
            if UNPRINTED.search("".join(fields[key])):
                yield f"/{key}", "must not contain characters that cannot be printed"
