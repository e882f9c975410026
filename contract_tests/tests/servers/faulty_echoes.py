"""Faulty servers: one defect each in returned fields or in defaults of omitted fields."""

import re
import unicodedata
from datetime import timedelta

from contract_tests.tests.servers.breach import Changed, breaks
from contract_tests.tests.servers.right_core import Fields, Request, RightCore, timestamp, to_utc

# -- name


@breaks("response.name.echo")
class NameCutAt64(Changed):
    """The server truncates a name to 64 characters."""

    def changes(self, created: Fields) -> Fields:
        return {"name": created["name"][:64]}


@breaks("response.name.echo")
class NameCutAt255Bytes(Changed):
    """The server truncates a name to 255 bytes."""

    def changes(self, created: Fields) -> Fields:
        return {"name": created["name"].encode()[:255].decode(errors="ignore")}


@breaks("response.name.echo")
class ShortcodesReplaced(Changed):
    """A library turns shortcodes in a name into emoji."""

    def changes(self, created: Fields) -> Fields:
        return {"name": created["name"].replace(":+1:", "👍").replace(":rocket:", "🚀")}


@breaks("response.name.echo")
class BlanksCollapsed(Changed):
    """Several spaces inside a name become one."""

    def changes(self, created: Fields) -> Fields:
        return {"name": re.sub(r"(?<=\S) +(?=\S)", " ", created["name"])}


@breaks("response.name.echo")
class NameMadePlain(Changed):
    """The server normalises a name to NFKC, which loses ligatures and circles."""

    def changes(self, created: Fields) -> Fields:
        return {"name": unicodedata.normalize("NFKC", created["name"])}


@breaks("response.name.echo")
class EmojiLost(Changed):
    """Characters beyond U+FFFF become question marks."""

    def changes(self, created: Fields) -> Fields:
        return {"name": re.sub("[\U00010000-\U0010ffff]", "?", created["name"])}


@breaks("response.name.echo")
class EscapedPairLost(RightCore):
    """An emoji in two JSON escapes becomes two replacement characters."""

    def parse(self, request: Request) -> Fields:
        body = re.sub(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..", rb"\\ufffd\\ufffd", request.body)
        return super().parse(request._replace(body=body))


@breaks("response.name.required")
class EveryTwentiethUnnamed(RightCore):
    """Every 20th list comes back without its name."""

    made = 0

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        self.made += 1
        created = super().build(request, user, fields)
        if self.made % 20 == 0:
            del created["name"]
        return created


# -- dates of the campaign


@breaks("response.startDate.echo")
class StartDateShifted(Changed):
    """The startDate comes back as local time labelled UTC, five hours early."""

    def changes(self, created: Fields) -> Fields:
        return {"startDate": timestamp(to_utc(created["startDate"]) - timedelta(hours=5))}


@breaks("response.startDate.echo")
class SummerTimeAdded(Changed):
    """A startDate from April to September comes back an hour late."""

    def changes(self, created: Fields) -> Fields:
        start = to_utc(created["startDate"])
        return {"startDate": timestamp(start + timedelta(hours=4 <= start.month <= 9))}


@breaks("response.endDate.echo")
class MillisecondsDropped(Changed):
    """The endDate comes back in whole seconds."""

    def changes(self, created: Fields) -> Fields:
        return {"endDate": timestamp(to_utc(created["endDate"]).replace(microsecond=0))}


@breaks("response.endDate.echo")
class OffsetSignIgnored(RightCore):
    """The server reads an offset west of Greenwich in endDate as one east of it."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        end = sent.get("endDate")
        eastern = {"endDate": re.sub(r"-(\d\d:\d\d)$", r"+\1", end)} if isinstance(end, str) else {}
        return super().validate(request, sent | eastern)


@breaks("response.startDate.echo")
class DatesSwapped(Changed):
    """startDate and endDate come back swapped."""

    def changes(self, created: Fields) -> Fields:
        return {"startDate": created["endDate"], "endDate": created["startDate"]}


# -- ids and ICP


@breaks("response.icpId.echo")
class IcpIdLost(Changed):
    """icpId always comes back as null."""

    def changes(self, created: Fields) -> Fields:
        return {"icpId": None}


@breaks("response.personIds.echo")
class PersonIdsLowercased(Changed):
    """Person IDs come back in lower case."""

    def changes(self, created: Fields) -> Fields:
        return {"personIds": [text.lower() for text in created["personIds"]]}


@breaks("response.personIds.echo")
class HundredPersonIdsKept(Changed):
    """The server stores only the first hundred person IDs."""

    def changes(self, created: Fields) -> Fields:
        return {"personIds": created["personIds"][:100]}


@breaks("response.personIds.echo")
class PersonIdsSplit(Changed):
    """A person ID with a comma comes back as two."""

    def changes(self, created: Fields) -> Fields:
        return {"personIds": [part for text in created["personIds"] for part in text.split(",")]}


@breaks("response.personIds.echo")
class BlankPersonIdsDropped(Changed):
    """Person IDs that are empty or spaces are dropped, next to others."""

    def changes(self, created: Fields) -> Fields:
        return {"personIds": [text for text in created["personIds"] if text.strip()]}


@breaks("response.companyIds.echo")
class LastCompanyIdLost(Changed):
    """The last of several company IDs is lost."""

    def changes(self, created: Fields) -> Fields:
        return {"companyIds": created["companyIds"][: max(1, len(created["companyIds"]) - 1)]}


@breaks("request.companyIds.default")
class CompanyIdsNullByDefault(RightCore):
    """Without companyIds, companyIds is null."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        left_out = {} if "companyIds" in self.parse(request) else {"companyIds": None}
        return super().build(request, user, fields) | left_out


@breaks("response.companyIds.required")
class CompanyIdsAbsentByDefault(RightCore):
    """Without companyIds, the response has no companyIds."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        return {key: value for key, value in created.items() if key in self.parse(request) or key != "companyIds"}


@breaks("response.type.required")
class TypeAbsentByDefault(RightCore):
    """Without type, the response has no type."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        return {key: value for key, value in created.items() if key in self.parse(request) or key != "type"}
