"""Faulty servers: a rule that holds, except under one ordinary condition."""

import json
from email import message_from_bytes
from typing import Any

from contract_tests.tests.servers.breach import Changed, breaks
from contract_tests.tests.servers.right_core import Answer, Fields, Refusal, Request, RightCore, is_date


@breaks("response.name.echo")
class NameOf64Cut(RightCore):
    """A name of exactly 64 characters loses its last one, to the terminator of a text in C."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | ({"name": fields["name"][:63]} if len(fields["name"]) == 64 else {})


@breaks("request.icpId.format", "request.icpId.type")
class IcpUncheckedOnCompanyList(RightCore):
    """The schema for lists of companies has any text as icpId."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if sent.get("type") != "company" or not isinstance(sent.get("icpId"), str):
            return super().validate(request, sent)
        return super().validate(request, sent | {"icpId": None}) | {"icpId": sent["icpId"]}


@breaks("request.type.enum")
class TypeUncheckedWithPeople(RightCore):
    """Where there are person IDs, any other type is read as person."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        other = isinstance(sent.get("type"), str) and sent["type"] != "company" and sent.get("personIds")
        return super().validate(request, sent | ({"type": "person"} if other else {}))


@breaks("response.companyIds.echo")
class CompaniesLostBesidePeople(Changed):
    """A list of companies that has people too is stored without its companies."""

    def changes(self, created: Fields) -> Fields:
        return {"companyIds": []} if created["type"] == "company" and created["personIds"] else {}


@breaks("request.body.server-made")
class OwnIdRemoved(RightCore):
    """A creator whose own ID is among the sent users is removed from them, and not added again."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created, sent = super().build(request, user, fields), self.parse(request).get("userIds")
        return created | ({"userIds": []} if isinstance(sent, list) and user in sent else {})


@breaks("request.body.json")
class FirstLineIsTheBody(RightCore):
    """The reader is made for JSON in lines, and ignores what follows the first one."""

    def parse(self, request: Request) -> Fields:
        first, _, rest = request.body.partition(b"\n")
        lined = first.endswith(b"}") and rest
        return super().parse(request._replace(body=first) if lined else request)


@breaks("http.request.media-type")
class FormInPartsTaken(RightCore):
    """One reader of bodies takes JSON and multipart forms."""

    def parse(self, request: Request) -> Fields:
        kind = request.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data"):
            return super().parse(request)
        form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body)
        fields: dict[str, Any] = {}
        for part in form.walk():
            if (name := part.get_param("name", header="content-disposition")) is not None:
                text = part.get_payload()
                fields |= {str(name)[:-2]: [text]} if str(name).endswith("[]") else {str(name): text}
        as_json = request._replace(
            headers={**request.headers, "content-type": "application/json"}, body=json.dumps(fields).encode()
        )
        return super().parse(as_json)


@breaks("request.type.enum")
class TypePadded(RightCore):
    """The column of types ignores spaces at the end of a text, as some collations of SQL do."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        padded = isinstance(sent.get("type"), str) and sent["type"].rstrip(" ") in ("person", "company")
        return super().validate(request, sent | ({"type": sent["type"].rstrip(" ")} if padded else {}))


@breaks("response.userIds.no-stranger")
class UsersJoinedByIcp(RightCore):
    """userIds is read by ICP, so it also has the other users of that ICP."""

    def __init__(self, *users: Any) -> None:
        super().__init__(*users)
        self.of_icp: dict[str, list[str]] = {}

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if fields["icpId"] is None:
            return super().build(request, user, fields)
        users = self.of_icp.setdefault(fields["icpId"], [])
        users += [user] if user not in users else []
        return super().build(request, user, fields) | {"userIds": list(users)}


@breaks("error.400.status")
class SecondUser422(RightCore):
    """For some users, a new validator is switched on, whose refusals have the status 422."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        user = next((self.users[token] for token in self.tokens(request) if token in self.users), "")
        return answer._replace(status=422) if refusal.status == 400 and user == [*self.users.values()][1] else answer


@breaks("response.personIds.echo")
class ArraysJoined(RightCore):
    """The arrays under a key that occurs twice are joined."""

    def members(self, pairs: list[tuple[str, Any]]) -> Fields:
        arrays = [value for key, value in pairs if key == "personIds" and isinstance(value, list)]
        joined = {"personIds": [one for array in arrays for one in array]} if len(arrays) > 1 else {}
        return super().members(pairs) | joined


@breaks("request.startDate.format", "request.endDate.format")
class OffsetDaysUnchecked(RightCore):
    """A day that its month does not have becomes one of the next month, where the date has an offset."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, _rolled(sent, "-31T", "+"))


@breaks("request.startDate.format", "request.endDate.format")
class SecondsDaysUnchecked(RightCore):
    """A 29 February that the year does not have becomes 1 March, where the date has no milliseconds."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, _rolled(sent, "-02-29T", ":00Z"))


def _rolled(sent: Fields, *parts: str) -> Fields:
    """Replace the dates that have these parts but do not exist by the day before."""
    wrong = {
        key: value
        for key in ("startDate", "endDate")
        if isinstance(value := sent.get(key), str) and all(part in value for part in parts) and not is_date(value)
    }
    return sent | {key: value.replace("-31T", "-30T").replace("-29T", "-28T") for key, value in wrong.items()}


@breaks("request.endDate.format", "request.startDate.format")
class AnyMinuteAfter24(RightCore):
    """Hour 24 is the next day's first, with any minute."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        dates = {key: sent[key] for key in ("startDate", "endDate") if isinstance(sent.get(key), str)}
        return super().validate(request, sent | {key: value.replace("T24:", "T23:") for key, value in dates.items()})


@breaks("response.personIds.echo")
class PersonIdCutAt255(Changed):
    """The column of person IDs has 255 characters; the database cuts longer IDs."""

    def changes(self, created: Fields) -> Fields:
        return {"personIds": [one[:255] for one in created["personIds"]]}


@breaks("request.personIds.items.type", "request.companyIds.items.format", "request.personIds.type")
class IdsUncheckedWithoutType(RightCore):
    """The rules on IDs are chosen by the sent type, so that without one there is none."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if "type" in sent:
            return super().validate(request, sent)
        ids = {key: sent[key] for key in ("personIds", "companyIds") if key in sent}
        return super().validate(request, sent | {key: [] for key in ids}) | ids


@breaks("http.answer.no-server-error")
class KeyOfDatabaseCrash(RightCore):
    """The database refuses keys that start with `$`, and the server does not handle its error."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if any(key.startswith("$") for key in sent):
            raise ValueError("a field name must not start with $")
        return super().validate(request, sent)


@breaks("http.answer.no-server-error")
class BackslashAtEndCrash(RightCore):
    """A backslash at the end of a name escapes the quote after it in the SQL."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if str(sent.get("name")).endswith("\\"):
            raise ValueError("unterminated quoted string")
        return super().validate(request, sent)


@breaks("error.400.code")
class OtherCodeByCookie(RightCore):
    """Requests with a cookie take an older route, with its own code for invalid bodies."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        if refusal.status == 400 and "authorization" not in request.headers:
            refusal = Refusal(400, "VALIDATION_ERROR", refusal.message, refusal.details)
        return super().refuse(request, refusal)


@breaks("access.login.first")
class SessionCheckedLast(RightCore):
    """The server checks that there is a token, then the body, and looks for the session at last."""

    def authenticate(self, request: Request) -> str:
        if self.tokens(request):
            self.validate(request, self.parse(request))
        return super().authenticate(request)


@breaks("request.icpId.type")
class FalseIsNoIcp(RightCore):
    """A test for truth takes false for no ICP."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, sent | ({"icpId": None} if sent.get("icpId") is False else {}))


@breaks("request.companyIds.type")
class FalseIsNoCompanies(RightCore):
    """A test for truth takes false for no companies."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, sent | ({"companyIds": []} if sent.get("companyIds") is False else {}))


@breaks("http.request.charset")
class CharsetInCapitalsRefused(RightCore):
    """The server compares the charset with utf-8 and utf8, in lower case only."""

    def parse(self, request: Request) -> Fields:
        if request.headers.get("content-type", "").endswith("=UTF-8"):
            raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "The charset must be utf-8.")
        return super().parse(request)


@breaks("http.request.accept")
class SeveralAcceptedTypesRefused(RightCore):
    """The server looks for JSON only if Accept is one type, as it does not split the header."""

    def parse(self, request: Request) -> Fields:
        if "application/json," in request.headers.get("accept", ""):
            raise Refusal(406, "NOT_ACCEPTABLE", "The response is application/json.")
        return super().parse(request)
