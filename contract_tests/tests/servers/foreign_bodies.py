"""Bugs of others in what a parser or validator makes of a body."""

import base64
import json
import re
from typing import Any
from uuid import UUID

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import A_UUID, BadRequest, Fields, Request, RightCore
from contract_tests.tests.servers.trait import Lenient

# Clauses of which any may be shown broken where a body is not validated at all.
ANY_RULE = (
    "request.name.required",
    "request.name.type",
    "request.name.nullability",
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
        """Raises ValueError where the text is no UUID here either."""
        raise ValueError(text)


@breaks("request.body.json", source="golang/go#36225")
class TextAfterBodyIgnored(RightCore):
    """The decoder takes the first JSON value of the stream, and nothing looks at what comes after it."""

    def parse(self, request: Request) -> Fields:
        try:
            text = request.body.decode().lstrip(" \t\r\n")
            _, end = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            return super().parse(request)
        return super().parse(request._replace(body=text[:end].encode()))


@breaks("response.name.echo", "request.body.open", source="golang/go#14750", difficulty="hard")
class LastCaseOfKeyWins(RightCore):
    """Keys are matched without regard to case, so `NAME` behind `name` overrides it."""

    def members(self, pairs: list[tuple[str, Any]]) -> Fields:
        known = {key.lower(): key for key in self.rules}
        return {known.get(key.lower(), key): value for key, value in pairs}


@breaks("request.personIds.empty", "success.created", source="rails/rails#13420", difficulty="easy")
class EmptyListMadeNil(RightCore):
    """An empty list in the body counts as nothing sent, so personIds may not be empty."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, {key: value for key, value in sent.items() if value != []})


@breaks("request.personIds.items.type", "request.companyIds.items.type", source="rails/rails#30769")
class NullItemsDropped(Lenient):
    """Nulls in a list are dropped before it is validated."""

    def read(self, key: str, value: Any) -> Any:
        return [item for item in value if item is not None] if isinstance(value, list) else value


@breaks("request.name.nullability", "request.name.type", source="fastify/fastify#5367", difficulty="easy")
class NullMadeEmptyText(Lenient):
    """A null where a string is wanted becomes the empty string."""

    def read(self, key: str, value: Any) -> Any:
        return "" if value is None and key != "icpId" else value


@breaks("request.icpId.format", "request.icpId.type", source="platformatic/platformatic#4986")
class FalsyMadeNull(Lenient):
    """The empty string, 0 and false become null where null is allowed."""

    def read(self, key: str, value: Any) -> Any:
        return None if key == "icpId" and value in ("", 0, False) else value


@breaks("http.answer.no-server-error", "error.400.status", "request.name.type", source="agentscope-ai/QwenPaw#7677")
class NotANumberInErrorCrash(RightCore):
    """Errors quote the body, which cannot be written where a number in it is NaN or out of range (1e999)."""

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
    """A text of 22 or 24 characters is decoded as Base64 and becomes the UUID of these bytes."""

    def read_id(self, text: str) -> str:
        if len(text) == 24 and text.endswith("=="):
            return str(UUID(bytes=base64.b64decode(text, validate=True)))
        if re.fullmatch(r"[A-Za-z0-9_-]{22}", text):
            return str(UUID(bytes=base64.urlsafe_b64decode(text + "==")))
        raise ValueError(text)


@breaks("request.icpId.format", "request.companyIds.items.format", source="47degrees/memeid#134")
class ShortGroupsMadeUuid(LenientIds):
    """Five groups of hexadecimal digits of any length are a UUID: 1-1-1-1-1 is filled up with zeros."""

    def read_id(self, text: str) -> str:
        if len(text) > 36 or not re.fullmatch(r"[0-9a-fA-F]+(-[0-9a-fA-F]+){4}", text):
            raise ValueError(text)
        return "-".join(
            f"{int(group, 16) % 16**width:0{width}x}"
            for group, width in zip(text.split("-"), (8, 4, 4, 4, 12), strict=True)
        )


@breaks("request.type.enum", source="dotnet/runtime#1301")
class OrdinalMadeType(Lenient):
    """The position of a word of an enum, as text, is taken for the word: "1" is a company."""

    def read(self, key: str, value: Any) -> Any:
        return {"0": "person", "1": "company"}.get(value, value) if key == "type" and isinstance(value, str) else value


@breaks("request.body.open", *ANY_RULE, source="lodash/lodash#4785", difficulty="hard")
class LengthSkipsValidation(Unvalidated):
    """A body with a number named `length` is taken for a list, so none of its fields is validated."""

    def skips(self, request: Request, sent: Fields) -> bool:
        return type(sent.get("length")) is int and sent["length"] >= 0
