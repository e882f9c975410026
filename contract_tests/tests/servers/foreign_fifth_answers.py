"""The fifth foreign set, part 3: the lead list that comes back."""

import html
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

from contract_tests.tests.servers.breach import Changed, breaks
from contract_tests.tests.servers.foreign_texts import ChangedName
from contract_tests.tests.servers.right_core import (
    Answer,
    Fields,
    Request,
    RightCore,
    is_date,
    timestamp,
    to_utc,
)

CRASH = "http.answer.no-server-error"
# Keys that a plain object of JavaScript inherits.
INHERITED = (
    *(
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    ),
    *("__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__"),
)


# -- the lead list as a whole


@breaks("success.bare", source="laravel/framework#30753", difficulty="easy")
class ResourceWrapped(RightCore):
    """The framework wraps the lead list in an object with the key data."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return {"data": super().build(request, user, fields)}


@breaks("response.name.echo", source="pillarjs/iconv-lite#250", difficulty="hard")
class WrittenInSlices(RightCore):
    """A response is written in slices of 16,384 units of UTF-16, which damages an emoji between two slices."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        units = answer.body.decode().encode("utf-16-le")
        slices = (units[start : start + 2 * 16_384] for start in range(0, len(units), 2 * 16_384))
        return answer._replace(body=b"".join(piece.decode("utf-16-le", "replace").encode() for piece in slices))


@breaks("response.id.unique", source="j4mie/idiorm#285", difficulty="hard")
class JoinedIdWins(Changed):
    """The lead list is read together with its ICP, whose ID replaces that of the list."""

    def changes(self, created: Fields) -> Fields:
        return {"id": created["icpId"] or created["id"]}


@breaks("response.icpId.type", "response.icpId.echo", source="fastify/fast-json-stringify#401")
class NullIcpWrittenEmpty(Changed):
    """The schema of the response knows only texts for icpId, so null is written as an empty one."""

    def changes(self, created: Fields) -> Fields:
        return {"icpId": created["icpId"] or ""}


# -- timestamps


@breaks("response.createdAt.format", "response.updatedAt.format", source="PavlidisLab/Gemma#301", difficulty="easy")
class TimestampsAsNumbers(Changed):
    """The serializer writes timestamps as milliseconds since 1970."""

    def changes(self, created: Fields) -> Fields:
        milliseconds = int(to_utc(created["createdAt"]).timestamp() * 1000)
        return {"createdAt": milliseconds, "updatedAt": milliseconds}


@breaks("response.updatedAt.order", source="objectstack-ai/objectstack#11224")
class UpdatedAtInWholeSeconds(Changed):
    """The column of updatedAt has no fractions, so that a list is updated before it is created."""

    def changes(self, created: Fields) -> Fields:
        return {"updatedAt": timestamp(to_utc(created["updatedAt"]).replace(microsecond=0))}


@breaks("request.body.server-made", "response.createdAt.clock", source="Automattic/mongoose#7357")
class CreatedAtOfTheClient(RightCore):
    """The model keeps a createdAt that the client sends."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        text = sent.get("createdAt")
        return fields | ({"createdAt": timestamp(to_utc(text))} if isinstance(text, str) and is_date(text) else {})

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return super().build(request, user, fields) | {key: fields[key] for key in ("createdAt",) if key in fields}


@breaks("response.createdAt.clock", "response.updatedAt.clock", source="moment/moment-timezone#585")
class LocalTimeLabelledUtc(RightCore):
    """Timestamps are the local time of India, written with a Z."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(hours=5, minutes=30)


# -- names


@breaks("response.name.echo", "http.request.utf-8", "response.personIds.echo", source="ktorio/ktor#384")
class Latin1WithoutCharset(RightCore):
    """A body without a charset is read as Latin-1, which garbles each character beyond ASCII."""

    def parse(self, request: Request) -> Fields:
        if "charset=" in request.headers.get("content-type", "").lower():
            return super().parse(request)
        return super().parse(request._replace(body=request.body.decode("latin-1").encode()))


@breaks("response.name.echo", source="lordmulder/LameXP#21")
class NameSquished(ChangedName):
    """Several spaces in a name become one."""

    def change(self, name: str) -> str:
        return " ".join(name.split())


@breaks("response.name.echo", source="tesseract-ocr/tesseract#1852")
class NameInNfkc(ChangedName):
    """Names are normalized to NFKC, which replaces fractions, ligatures and superscripts by other characters."""

    def change(self, name: str) -> str:
        return unicodedata.normalize("NFKC", name)


@breaks("response.name.echo", source="apostrophecms/sanitize-html#497")
class AmpersandEscaped(ChangedName):
    """The sanitizer escapes what has a meaning in HTML: R&D becomes R&amp;D."""

    def change(self, name: str) -> str:
        return html.escape(name, quote=False)


@breaks("response.name.echo", source="JamesNK/Newtonsoft.Json#862", difficulty="hard")
class NameReadAsDate(ChangedName):
    """The parser reads a text of the form of a timestamp as a date, which is written in another form."""

    def change(self, name: str) -> str:
        if "T" not in name or not is_date(name):
            return name
        moment = to_utc(name)
        return f"{moment:%m/%d/}{moment.year:04} {moment:%H:%M:%S}"


# -- IDs


@breaks("response.personIds.type", "response.companyIds.type", source="Leonidas-from-XIV/node-xml2js#346")
class IdsOfOneUnwrapped(Changed):
    """IDs pass through XML, which cannot tell a list of one from its element."""

    def changes(self, created: Fields) -> Fields:
        return {key: created[key][0] for key in ("personIds", "companyIds") if len(created[key]) == 1}


class ChangedPersonIds(Changed):
    """The right core, where a subclass changes the person IDs that come back."""

    def changes(self, created: Fields) -> Fields:
        return {"personIds": self.change(created["personIds"])}

    def change(self, ids: list[str]) -> Any:
        return ids


@breaks("response.personIds.echo", source="typeorm/typeorm#9424", difficulty="hard")
class IdsJoinedByCommas(ChangedPersonIds):
    """IDs are stored as one text with commas between them, so that an ID with a comma becomes two."""

    def change(self, ids: list[str]) -> Any:
        return ",".join(ids).split(",") if ids else []


@breaks("response.personIds.type", "response.personIds.echo", source="cedar2025/Xboard#1045", difficulty="hard")
class GapsMakeIdsAnObject(ChangedPersonIds):
    """Removing duplicates leaves gaps in the numbers of the elements, and JSON has lists only without gaps."""

    def change(self, ids: list[str]) -> Any:
        kept = {str(index): id for index, id in enumerate(ids) if id not in ids[:index]}
        return kept if [*kept] != [str(index) for index in range(len(kept))] else [*kept.values()]


@breaks("response.personIds.type", "response.personIds.echo", source="civicrm/civicrm-core#36669", difficulty="hard")
class IdsAsArrayKeys(ChangedPersonIds):
    """IDs are keys of an array to remove duplicates, and keys of digits are numbers."""

    def change(self, ids: list[str]) -> Any:
        keys = [int(id) if re.fullmatch("0|-?[1-9][0-9]{0,17}", id) else id for id in ids]
        return [*dict.fromkeys(keys)]


@breaks("response.personIds.echo", source="arktypeio/arktype#1586", difficulty="hard")
class ObjectAsSet(ChangedPersonIds):
    """A plain object finds duplicates, and takes IDs for such that are keys which each object inherits."""

    def change(self, ids: list[str]) -> Any:
        return [id for id in dict.fromkeys(ids) if id not in INHERITED]


@breaks("response.personIds.echo", source="knex/knex#495", difficulty="hard")
class LastBatchLost(ChangedPersonIds):
    """More than 50 IDs are stored in batches of 50, and the last batch is lost if it is not full."""

    def change(self, ids: list[str]) -> Any:
        return ids[: len(ids) // 50 * 50] if len(ids) > 50 else ids
