"""Post the API page's example, with changes, to a server of this folder."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import httpx2

from contract_tests.lead_lists.bodies import PAGE_EXAMPLE

PATH = "/api/v1/entities/leadlists"
USERS = {"token-one": "user_one", "token-two": "user_two"}
EXPIRED = {"token-expired": "user_one"}
EXAMPLE = PAGE_EXAMPLE
UUIDS = ["770e8400-e29b-41d4-a716-446655440001", "880e8400-e29b-41d4-a716-446655440002"]

Body = bytes | Mapping[str, Any] | Iterator[bytes]
Send = Callable[..., httpx2.Response]
App = Callable[[Any, Any, Any], Awaitable[None]]


def sender(client: httpx2.Client) -> Send:
    """Post the API page's example with the given fields changed, or bytes as they are, chunked if there are several.

    A header of None is omitted.
    """

    def send(
        body: Body = b"",
        *,
        without: str = "",
        token: str = "token-one",
        headers: Mapping[str, str | None] | None = None,
        method: str = "POST",
        query: str = "",
        path: str = PATH,
    ) -> httpx2.Response:
        if isinstance(body, Mapping):
            body = json.dumps({key: value for key, value in {**EXAMPLE, **body}.items() if key != without}).encode()
        login = {"Authorization": f"Bearer {token}"} if token else {}
        sent = {"Content-Type": "application/json", **login, **(headers or {})}
        return client.request(
            method,
            f"{path}?{query}" if query else path,
            content=body,
            headers=[(name.encode(), value.encode("latin-1")) for name, value in sent.items() if value is not None],
        )

    return send
