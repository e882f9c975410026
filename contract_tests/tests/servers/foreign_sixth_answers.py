"""The sixth foreign set, part 2: the lead list that comes back, and how it is written."""

import gzip
import json
import re
from typing import Any

from contract_tests.tests.servers.breach import Changed, breaks
from contract_tests.tests.servers.foreign_fifth_answers import ChangedPersonIds
from contract_tests.tests.servers.foreign_fifth_fields import WithQuery
from contract_tests.tests.servers.foreign_texts import ChangedName
from contract_tests.tests.servers.right_core import Answer, BadRequest, Fields, Refusal, Request, RightCore, is_uuid

NOTICE = b'<br />\n<b>Warning</b>: Undefined array key "companyIds" in <b>LeadLists.php</b><br />\n'


# -- fields


@breaks("response.name.echo", source="romana/rlog#20", difficulty="hard")
class PercentIsVerb(ChangedName):
    """The name is used as a format string, so that a percent sign and what follows it are replaced."""

    def change(self, name: str) -> str:
        return re.sub(r"%[ +#0-9.-]*(.?)", self.verb, name, flags=re.DOTALL)

    def verb(self, found: re.Match[str]) -> str:
        letter = found[1]
        return "%" if letter == "%" else f"%!{letter}(MISSING)" if letter else "%!(NOVERB)"


@breaks("response.icpId.echo", source="jellyfin/jellyfin#4568", difficulty="hard")
class UuidOfZerosIsNull(Changed):
    """The UUID of zeros means none, and comes back as null."""

    def changes(self, created: Fields) -> Fields:
        return {"icpId": None} if created["icpId"] == "00000000-0000-0000-0000-000000000000" else {}


@breaks("response.personIds.echo", source="clojerl/clojerl#590", difficulty="hard")
class HashCodeIsKey(ChangedPersonIds):
    """Duplicates are found by a hash code of 32 bits, so that of two IDs with the same code one is lost."""

    def change(self, ids: list[str]) -> Any:
        kept: dict[int, str] = {}
        for id in ids:
            kept.setdefault(self.code(id), id)
        return [*kept.values()]

    def code(self, text: str) -> int:
        """Return what hashCode() of a text in Java returns: of Aa and of BB the same."""
        units, code = text.encode("utf-16-be"), 0
        for start in range(0, len(units), 2):
            code = (31 * code + int.from_bytes(units[start : start + 2])) % (1 << 32)
        return code


@breaks("response.personIds.echo", source="yahoo/fetchr#120", difficulty="hard")
class LongNumbersRounded(ChangedPersonIds):
    """IDs of 16 or more digits become floating-point numbers on the way, which changes their last digits."""

    def change(self, ids: list[str]) -> Any:
        return [str(int(float(id))) if re.fullmatch("[1-9][0-9]{15,20}", id) else id for id in ids]


# -- the body of the response


class ChangedBody(RightCore):
    """The right core, where a subclass changes the bytes of the lead list that comes back."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        return answer._replace(body=self.body(answer.body, value)) if status == self.success else answer

    def body(self, body: bytes, created: Fields) -> bytes:
        return body


@breaks("success.bare", source="alterior-mvc/alterior#33", difficulty="easy")
class JsonInJson(ChangedBody):
    """The lead list is encoded twice: the response is a JSON string that holds JSON."""

    def body(self, body: bytes, created: Fields) -> bytes:
        return json.dumps(body.decode()).encode()


@breaks("http.answer.json", source="PostHog/posthog#16911", difficulty="hard")
class AverageOfNothing(ChangedBody):
    """A list without persons has an average of NaN in another field, which is not JSON."""

    def body(self, body: bytes, created: Fields) -> bytes:
        return json.dumps(created | {"averageScore": 0.5 if created["personIds"] else float("nan")}).encode()


@breaks("http.answer.utf-8", source="Thrameos/java-cef#6", difficulty="hard")
class ModifiedUtf8(ChangedBody):
    """A character beyond U+FFFF is written as two surrogates of three bytes each, which is not UTF-8."""

    def body(self, body: bytes, created: Fields) -> bytes:
        units = body.decode().encode("utf-16-be")
        return "".join(chr(int.from_bytes(units[start : start + 2])) for start in range(0, len(units), 2)).encode(
            "utf-8", "surrogatepass"
        )


@breaks(
    "http.answer.utf-8",
    "response.name.echo",
    "response.personIds.echo",
    source="spring-projects/spring-boot#13448",
)
class WrittenInLatin1(ChangedBody):
    """The response is written in Latin-1, where other characters become question marks."""

    def body(self, body: bytes, created: Fields) -> bytes:
        return body.decode().encode("latin-1", "replace")


@breaks("http.answer.json", source="gs1/GS1DL-resolver-testsuite#24")
class NoticeBeforeJson(RightCore):
    """A warning in HTML comes before the JSON if companyIds is omitted."""

    is_omitted = False

    def validate(self, request: Request, sent: Fields) -> Fields:
        self.is_omitted = "companyIds" not in sent
        return super().validate(request, sent)

    def create(self, request: Request) -> Answer:
        answer = super().create(request)
        return answer._replace(body=NOTICE + answer.body) if self.is_omitted else answer


# -- what the request asks for


@breaks(
    "http.answer.json",
    "http.answer.media-type",
    "error.media-type",
    "error.envelope",
    source="expressjs/express#1542",
    difficulty="hard",
)
class CallbackCalled(WithQuery):
    """A query parameter called callback makes the response a call of that function, in JavaScript."""

    async def answer(self, request: Request) -> Answer:
        answer = await super().answer(request)
        name = self.parameters(request).get("callback", "")
        if not re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$.]*", name):
            return answer
        script = {"content-type": "application/javascript; charset=utf-8"}
        return answer._replace(headers={**answer.headers, **script}, body=f"/**/{name}(".encode() + answer.body + b");")


@breaks("success.status", source="apache/tomcat#790", difficulty="hard")
class RangeOfPost(RightCore):
    """The server applies a Range header to POST: 206 with a piece of the lead list."""

    async def answer(self, request: Request) -> Answer:
        answer = await super().answer(request)
        asked = re.fullmatch("bytes=([0-9]+)-([0-9]*)", request.headers.get("range", ""))
        if answer.status != self.success or not asked or int(asked[1]) >= len(answer.body):
            return answer
        first, last = int(asked[1]), min(int(asked[2] or len(answer.body)), len(answer.body) - 1)
        piece = {"content-range": f"bytes {first}-{last}/{len(answer.body)}"}
        return Answer(206, {**answer.headers, **piece}, answer.body[first : last + 1])


@breaks("http.answer.utf-8", source="oxequa/realize#43", difficulty="hard")
class GzipWithoutLabel(RightCore):
    """Responses of more than 1,024 bytes are compressed where the client accepts it, without Content-Encoding."""

    async def answer(self, request: Request) -> Answer:
        answer = await super().answer(request)
        if len(answer.body) <= 1024 or "gzip" not in request.headers.get("accept-encoding", ""):
            return answer
        return answer._replace(body=gzip.compress(answer.body))


# -- errors


@breaks(
    "error.envelope",
    "error.media-type",
    source="gwsystems/sledge-serverless-framework#243",
    difficulty="hard",
)
class ErrorCutAt4096(RightCore):
    """Errors pass a buffer of 4,096 bytes, which cuts the details of many wrong IDs."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        ids = sent.get("companyIds")
        if isinstance(ids, list) and not all(map(is_uuid, ids)):
            wrong = [index for index, id in enumerate(ids) if not is_uuid(id)]
            raise BadRequest(*((f"/companyIds/{index}", "must be a UUID") for index in wrong))
        return super().validate(request, sent)

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(body=answer.body[:4096])
