"""Reported bugs in parsers and validators of bodies."""

import base64
import json
import re
from typing import Any
from uuid import UUID

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import A_UUID, BadRequest, Fields, Request, RightCore
from contract_tests.tests.servers.trait import Lenient

# Any of these clauses shows that the server does not validate a body.
ANY_RULE = (
    "request.name.required",
    "request.name.type",
    "request.name.nullability",
    "request.endDate.required",
    "request.endDate.nullability",
    "request.type.enum",
    "request.icpId.required",
    "request.icpId.format",
    "request.startDate.required",
    "request.startDate.format",
    "request.endDate.format",
    "request.personIds.required",
    "request.personIds.type",
    "request.companyIds.items.format",
)


class Unvalidated(RightCore):
    """The right core, where a subclass lets some requests skip validation."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if self.skips(request, sent):
            return {key: value for key, value in (self.defaults | sent).items() if key in self.rules}
        return super().validate(request, sent)

    def skips(self, request: Request, sent: Fields) -> bool:
        return False


class LenientIds(Lenient):
    """The right core, where a subclass reads other texts as UUIDs too."""

    def read(self, key: str, value: Any) -> Any:
        if key == "companyIds" and isinstance(value, list):
            return [self.read("icpId", item) for item in value]
        if key != "icpId" or not isinstance(value, str) or A_UUID.fullmatch(value):
            return value
        try:
            return self.read_id(value)
        except ValueError:
            return value

    def read_id(self, text: str) -> str:
        """Return the UUID that a text means; raise ValueError if it means none."""
        raise ValueError(text)


@breaks("request.body.json", source="golang/go#36225")
class TextAfterBodyIgnored(RightCore):
    """The decoder reads the first JSON value of the stream and ignores what comes after it."""

    def parse(self, request: Request) -> Fields:
        try:
            text = request.body.decode().lstrip(" \t\r\n")
            _, end = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            return super().parse(request)
        return super().parse(request._replace(body=text[:end].encode()))


@breaks("response.name.echo", "request.body.open", source="golang/go#14750", difficulty="hard")
class LastCaseOfKeyWins(RightCore):
    """The parser ignores the case of keys, so a `NAME` after `name` overrides it."""

    def members(self, pairs: list[tuple[str, Any]]) -> Fields:
        known = {key.lower(): key for key in self.rules}
        return {known.get(key.lower(), key): value for key, value in pairs}


@breaks("request.personIds.empty", "success.created", source="rails/rails#13420", difficulty="easy")
class EmptyListMadeNil(RightCore):
    """The framework turns empty lists into nil, so the server refuses an empty personIds as missing."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, {key: value for key, value in sent.items() if value != []})


@breaks("request.personIds.items.type", "request.companyIds.items.type", source="rails/rails#30769")
class NullItemsDropped(Lenient):
    """The framework drops nulls from lists before the server validates them."""

    def read(self, key: str, value: Any) -> Any:
        return [item for item in value if item is not None] if isinstance(value, list) else value


@breaks("request.name.nullability", "request.name.type", source="fastify/fastify#5367", difficulty="easy")
class NullMadeEmptyText(Lenient):
    """The validator turns null into an empty string where the schema wants a string."""

    def read(self, key: str, value: Any) -> Any:
        return "" if value is None and key != "icpId" else value


@breaks("request.icpId.format", "request.icpId.type", source="platformatic/platformatic#4986")
class FalsyMadeNull(Lenient):
    """The validator turns an empty string, 0 and false into null where the schema allows null."""

    def read(self, key: str, value: Any) -> Any:
        return None if key == "icpId" and value in ("", 0, False) else value


@breaks("http.answer.no-server-error", "error.400.status", "request.name.type", source="agentscope-ai/QwenPaw#7677")
class NotANumberInErrorCrash(RightCore):
    """Errors quote the refused body, and the serializer crashes on NaN and on numbers out of range (1e999)."""

    def parse(self, request: Request) -> Fields:
        infinite = re.sub(rb"(?<=[:,\[])(\s*)-?(NaN|Infinity)\b", rb"\g<1>1e999", request.body)
        return super().parse(request._replace(body=infinite))

    def validate(self, request: Request, sent: Fields) -> Fields:
        try:
            return super().validate(request, sent)
        except BadRequest:
            json.dumps(sent, allow_nan=False)
            raise


@breaks(
    "request.icpId.format",
    "request.companyIds.items.format",
    source="FasterXML/jackson-databind#4658",
    difficulty="hard",
)
class Base64MadeUuid(LenientIds):
    """The parser decodes a text of 22 or 24 characters as Base64 and accepts the 16 bytes as a UUID."""

    def read_id(self, text: str) -> str:
        if len(text) == 24 and text.endswith("=="):
            return str(UUID(bytes=base64.b64decode(text, validate=True)))
        if re.fullmatch(r"[A-Za-z0-9_-]{22}", text):
            return str(UUID(bytes=base64.urlsafe_b64decode(text + "==")))
        raise ValueError(text)


@breaks("request.icpId.format", "request.companyIds.items.format", source="47degrees/memeid#134")
class ShortGroupsMadeUuid(LenientIds):
    """The parser accepts five hexadecimal groups of any length as a UUID and pads 1-1-1-1-1 with zeros."""

    def read_id(self, text: str) -> str:
        if len(text) > 36 or not re.fullmatch(r"[0-9a-fA-F]+(-[0-9a-fA-F]+){4}", text):
            raise ValueError(text)
        return "-".join(
            f"{int(group, 16) % 16**width:0{width}x}"
            for group, width in zip(text.split("-"), (8, 4, 4, 4, 12), strict=True)
        )


@breaks("request.type.enum", source="dotnet/runtime#1301")
class OrdinalMadeType(Lenient):
    """The validator accepts the position of an enum's word, as text, for the word: "1" means company."""

    def read(self, key: str, value: Any) -> Any:
        return {"0": "person", "1": "company"}.get(value, value) if key == "type" and isinstance(value, str) else value


@breaks("request.body.open", *ANY_RULE, source="lodash/lodash#4785", difficulty="hard")
class LengthSkipsValidation(Unvalidated):
    """The validator treats a body with a number called `length` as a list and checks none of its fields."""

    def skips(self, request: Request, sent: Fields) -> bool:
        return type(sent.get("length")) is int and sent["length"] >= 0
