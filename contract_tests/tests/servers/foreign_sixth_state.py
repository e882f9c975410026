"""The sixth foreign set, part 3: logins, concurrency, and state that other requests leave."""

import asyncio
import json
import re
import time
from datetime import datetime, timedelta
from typing import Any

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.foreign_dates import DATES
from contract_tests.tests.servers.right_core import (
    PATH,
    Answer,
    Fields,
    Refusal,
    Request,
    RightCore,
    is_date,
    is_text,
    is_uuid,
)

CRASH = "http.answer.no-server-error"


# -- logins


@breaks("access.login.required", source="spring-projects/spring-framework#28552", difficulty="hard")
class SlashSkipsLogin(RightCore):
    """The path with a slash at its end reaches the handler, and the rule that requires a login does not cover it."""

    def route(self, request: Request) -> None:
        super().route(request._replace(path=PATH) if request.path == f"{PATH}/" else request)

    def authenticate(self, request: Request) -> str:
        try:
            return super().authenticate(request)
        except Refusal:
            if request.path == PATH:
                raise
            return "anonymous"


@breaks("access.session.valid", source="Orange-Cyberdefense/glpwnme#13", difficulty="hard")
class PercentIsAnyToken(RightCore):
    """The session is found with LIKE, so that a percent sign is a valid token."""

    def authenticate(self, request: Request) -> str:
        for token in filter(None, self.tokens(request)):
            pattern = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in token)
            for known, user in self.users.items():
                if re.fullmatch(pattern, known, re.DOTALL):
                    return user
        return super().authenticate(request)


@breaks("access.login.required", source="civetweb/civetweb#338", difficulty="hard")
class CookieFoundAnywhere(RightCore):
    """The name of the session cookie is searched in the header, where the name of another cookie can end with it."""

    def tokens(self, request: Request) -> list[str]:
        cookie = re.search(r"__session=([^;\s]*)", request.headers.get("cookie", ""))
        bearer = super().tokens(request._replace(headers={**request.headers, "cookie": ""}))
        return bearer + ([cookie[1].strip('"')] if cookie else [])


# -- concurrency


@breaks(
    "response.personIds.echo",
    "response.companyIds.echo",
    "success.concurrent",
    source="chobbledotcom/tickets#1509",
    difficulty="hard",
)
class ReplicaLags(RightCore):
    """The IDs are read back from a replica, which is late if more than five requests run at once: no IDs."""

    running = 0

    async def answer(self, request: Request) -> Answer:
        self.running += 1
        try:
            answer = await super().answer(request)
            if answer.status != self.success:
                return answer
            await asyncio.sleep(0.02)
            late: Fields = {"personIds": [], "companyIds": []} if self.running > 5 else {}
            return self.render(request, self.success, json.loads(answer.body) | late)
        finally:
            self.running -= 1


# -- state that other requests leave


@breaks("response.createdAt.clock", "response.updatedAt.clock", source="threefoldtech/zos#1914", difficulty="hard")
class NodeWithSlowClock(RightCore):
    """Every 17th request is served by a node whose clock is an hour slow."""

    turn = 0

    def now(self) -> datetime:
        self.turn += 1
        return super().now() - timedelta(hours=1 if self.turn % 17 == 0 else 0)


@breaks(
    "request.body.server-made",
    "response.id.unique",
    source="spring-projects/spring-data-rest#1370",
    difficulty="hard",
)
class SaveIsMerge(RightCore):
    """A body with the id of a lead list that exists updates that list, even one of another user."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.created: dict[str, str] = {}  # id -> createdAt

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields, id = super().validate(request, sent), sent.get("id")
        return fields | ({"id": id.lower()} if isinstance(id, str) and id.lower() in self.created else {})

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        saved = super().build(request, user, fields)
        return saved | {"createdAt": self.created.setdefault(saved["id"], saved["createdAt"])}


@breaks(CRASH, "success.repeatable", source="Urigo/accounter-fullstack#4348", difficulty="hard")
class ConnectionDiesIdle(RightCore):
    """After a pause of a second and a half the pooled connection is dead: 500 for the next valid request."""

    last_s = float("inf")

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        before_s, self.last_s = self.last_s, time.monotonic()
        if self.last_s - before_s > 1.5:
            raise RuntimeError("server closed the connection unexpectedly")
        return super().build(request, user, fields)


@breaks(CRASH, "success.repeatable", source="BroadleafCommerce/BroadleafCommerce#2553", difficulty="hard")
class LockLeftByRefusal(RightCore):
    """A refused date leaves the ICP locked: 500 for the next request with that ICP within two seconds."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.locked_until_s: dict[str, float] = {}

    def validate(self, request: Request, sent: Fields) -> Fields:
        icp = sent.get("icpId")
        if not (is_uuid(icp) and is_text(sent.get("name")) and isinstance(sent.get("personIds"), list)):
            return super().validate(request, sent)
        if self.locked_until_s.pop(str(icp), 0) > time.monotonic():
            raise RuntimeError("canceling statement due to lock timeout")
        if not all(is_date(sent.get(key)) for key in DATES):
            self.locked_until_s[str(icp)] = time.monotonic() + 2
        return super().validate(request, sent)
