"""Ways to send a request that change nothing of what it asks: each with a right body, a wrong one, and no login."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.requests.plan import Sender, Step

_ORIGIN = ("Origin", "https://app.example.com")
# label -> what is changed about a plain request.
DRESSES: Mapping[str, Mapping[str, Any]] = {
    "charset=utf-8": {"media_type": "application/json; charset=utf-8"},
    'charset="UTF-8" in quotes': {"media_type": 'application/json;\tcharset="UTF-8"'},
    "the media type in capitals": {"media_type": "Application/JSON"},
    "no Content-Type": {"media_type": None},
    "a body in chunks": {"chunked": True},
    "neither User-Agent nor Accept": {"less": ("User-Agent", "Accept")},
    "an Accept that excludes JSON": {"more": (("Accept", "text/html"),)},
    "an Origin": {"more": (_ORIGIN,)},
    "an unknown header": {"more": (("X-Nobody-Knows", "me"),)},
    # What servers read when a proxy in front of them has set it: none of it may decide.
    "headers of the server's own": {
        "more": (
            ("X-Middleware-Subrequest", "middleware"),
            ("X-Forwarded-For", "127.0.0.1"),
            ("Client-IP", "192.0.2.7"),
            ("Accept-Language", "es-419, zh-Hant-TW;q=0.8"),
            ("If-Modified-Since", "Fri, 31 Dec 2100 23:59:59 GMT"),
            ("X-Real-IP", "127.0.0.1"),
            ("X-Original-URL", "/"),
            ("X-Forwarded-User", "user_somebody_else"),
            ("X-User-Id", "user_somebody_else"),
            ("X-Remote-User", "user_somebody_else"),
            ("X-Auth-Request-User", "user_somebody_else"),
            ("X-Authenticated-Userid", "user_somebody_else"),
            ("X-Debug", "true"),
            ("X-Dry-Run", "true"),
            ("X-Skip-Validation", "true"),
            ("X-API-Version", "2"),
        )
    },
    "a header that overrides the method": {"more": (("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "GET"))},
    "headers that middleware reads first": {
        "more": (
            ("Accept-Language", "fa-IR, ar-EG;q=0.9, tlh;q=0.5, *;q=0.1"),
            ("Accept-Encoding", "gzip;q=0, identity, *;q=0"),
            ("Range", "bytes=0-9"),
            ("traceparent", "00-zz"),
            ("X-Request-Id", "'\";--%n%s ${jndi:x}"),
            ("Forwarded", 'for=_hidden;by="[::1]"'),
        )
    },
    "a query": {"path_end": "?page=2&dryRun=true&debug=1&validate=false&_method=DELETE&name=Other&q=100%25&y=%00"},
    "a slash after the path": {"path_end": "/"},
}


# Variants of how the body is labelled: whether the login is checked does not depend on them.
_SAME_LOGIN = frozenset({"charset=utf-8", 'charset="UTF-8" in quotes', "an Accept that excludes JSON"})


# Next to a wrong body: a legal spelling (RFC 9110 §5.6.6) that few parsers expect, and malformed languages, which a
# server may ignore or refuse. For neither may it skip validation or fail.
_OF_WRONG_BODIES: Mapping[str, Mapping[str, Any]] = {
    'charset="UTF-8" in quotes': {"media_type": 'application/json\t;charset="UTF-8"'},
    "headers that middleware reads first": {
        "more": (
            ("Accept-Language", "en_AE, fr,-BE;q=0.4, de;q=0.1;q=0.2, x-y-, *-*;q=two, ;, i"),
            ("Range", "bytes=9-0"),
        )
    },
}


def dressed(sender: Sender, right: Any, wrong: Any, violation: str) -> Iterator[Step]:
    """Yield every variation of the transport; wrong: a body with one violation, named by `violation`."""
    for label, dress in DRESSES.items():
        yield Step(label, sender.request(right, **dress))
        yield Step(f"{label}, {violation}", sender.request(wrong, **{**dress, **_OF_WRONG_BODIES.get(label, {})}))
        if sender.operation.secured and label not in _SAME_LOGIN:
            yield Step(f"{label}, no login", sender.request(right, login=(), **dress))
