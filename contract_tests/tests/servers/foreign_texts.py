"""Reported bugs that refuse or damage names."""

import math
import re
import unicodedata
from typing import Any

from contract_tests.tests.servers.breach import Changed, breaks
from contract_tests.tests.servers.right_core import Answer, BadRequest, Fields, Refusal, Request, RightCore


class ChangedName(Changed):
    """The right core, where a subclass changes the name that comes back."""

    def changes(self, created: Fields) -> Fields:
        return {"name": self.change(created["name"])}

    def change(self, name: str) -> str:
        return name


@breaks("response.name.type", "response.personIds.type", source="chriskacerguis/codeigniter-restserver#708")
class NumericTextMadeNumber(RightCore):
    """The serializer writes each text of digits as a number: "03820" becomes 3820."""

    NUMERIC = re.compile(r"\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        return super().render(request, status, {key: self.number(item) for key, item in value.items()})

    def number(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.number(item) for item in value]
        if not isinstance(value, str) or not self.NUMERIC.fullmatch(value):
            return value
        number = float(value)
        return value if math.isinf(number) else int(number) if number.is_integer() else number


@breaks("response.name.echo", source="mistic100/jQuery-QueryBuilder#684", difficulty="hard")
class DollarsReplaced(ChangedName):
    """The server puts the name into a template by a replacement, which reads `$$` as `$` and `$&` as `?`."""

    def change(self, name: str) -> str:
        return re.sub(r"\$([$&'`])", lambda found: {"$": "$", "&": "?"}.get(found[1], ""), name)


@breaks("request.name.text", "http.answer.no-server-error", source="sequelize/sequelize#13817")
class ColonWordCrash(RightCore):
    """The query builder crashes on a word after a colon, as in "Q1:Tech": a parameter without a value."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        for text in (fields["name"], *fields["personIds"]):
            if found := re.search(r"(?<!:):(?![0-9:])(\w+)", text):
                raise KeyError(f'Named parameter ":{found[1]}" has no value in the given object.')
        return super().build(request, user, fields)


@breaks("request.name.text", source="bustle/shep#52")
class ApostropheRefused(RightCore):
    r"""The gateway escapes apostrophes as \', which is not JSON, so the backend refuses the body."""

    def parse(self, request: Request) -> Fields:
        if b"'" in request.body:
            raise BadRequest(("", "must be well-formed JSON: unrecognized character escape '''"))
        return super().parse(request)


@breaks("request.name.text", source="coreruleset/coreruleset#4342")
class SelectRefused(RightCore):
    """The firewall answers 403 to a name that starts with the word "select"."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if re.match(r"select\s", str(sent.get("name")), re.IGNORECASE):
            raise Refusal(403, "FORBIDDEN", "The request was blocked.")
        return super().validate(request, sent)


@breaks("request.name.text", "http.answer.no-server-error", source="Hashnode/mern-starter#131", difficulty="easy")
class NameWithoutSlugCrash(RightCore):
    """The insert crashes on a name without Latin letters and digits, whose slug is empty."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        plain = unicodedata.normalize("NFKD", fields["name"]).lower()
        if not re.search(r"[a-z0-9]", plain):
            raise ValueError("slug: validation failed")
        return super().build(request, user, fields)


@breaks("response.name.echo", source="dokufreaks/plugin-tag#291", difficulty="hard")
class EdgeBytesTrimmed(ChangedName):
    """The server trims the bytes of a zero-width space and breaks other characters that start or end in them."""

    def change(self, name: str) -> str:
        return name.encode().strip(b"\xe2\x80\x8b").decode(errors="replace")


@breaks("response.name.echo", source="stanfordnlp/python-stanford-corenlp#42", difficulty="hard")
class PercentDigitsRemoved(ChangedName):
    """The server removes `%` before two hexadecimal digits: "100%accurate" becomes "100curate"."""

    def change(self, name: str) -> str:
        return re.sub(r"%[0-9a-fA-F]{2}", "", name)
