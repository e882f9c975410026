"""Permitted variations of the transport, each with a valid body, with an invalid one, and without login."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from contract_tests.requests.plan import Sender, Step
from contract_tests.settings.values import Session

OTHER_USER = "user_somebody_else"
# In these headers, proxies and gateways that authenticate pass the ID of the user to the server.
IDENTITY_HEADERS = (
    "X-Forwarded-User",
    "X-User-Id",
    "User-Id",
    "X-Remote-User",
    "Remote-User",
    "X-WebAuth-User",
    "X-Auth-Request-User",
    "X-Authenticated-Userid",
    "X-Consumer-Custom-Id",
    "X-Credential-Identifier",
    "X-Goog-Authenticated-User-Id",
    "X-MS-Client-Principal-Id",
    "X-Amzn-Oidc-Identity",
    "Cf-Access-Authenticated-User-Id",
    "X-Hasura-User-Id",
    "X-Authentik-Uid",
    "X-Jwt-Claim-Sub",
    "Impersonate-User",
    # A gateway to gRPC removes the prefix and passes the rest on, next to the user that it has authenticated.
    "Grpc-Metadata-User-Id",
    "Grpc-Metadata-X-User-Id",
    "Grpc-Metadata-User",
)
_ORIGIN = ("Origin", "https://app.example.com")
# Label -> arguments of Sender.request that change a plain request.
VARIATIONS: Mapping[str, Mapping[str, Any]] = {
    "charset=utf-8": {"media_type": "application/json; charset=utf-8"},
    'charset="UTF-8" in quotes': {"media_type": 'application/json;charset="UTF-8"'},
    "the media type in capitals": {"media_type": "Application/JSON"},
    "no Content-Type": {"media_type": None},
    "a body in chunks": {"chunked": True},
    "neither User-Agent nor Accept": {"without": ("User-Agent", "Accept")},
    "an Accept that excludes JSON": {
        "more": (
            ("Accept", "text/html, application/xml, text/csv;q=0.9, application/yaml;q=0.8, application/cbor;q=0.7"),
        )
    },
    "an Origin": {"more": (_ORIGIN,)},
    # Thai and Arabic years differ from those of ISO 8601: the language may not change how dates are written.
    "an unknown header": {
        "more": (
            ("X-Nobody-Knows", "me"),
            ("Accept-Language", "th-TH, th;q=0.9, fr;q=0.8, ja;q=0.7, pt;q=0.6"),
            ("Expect", "100-continue"),  # the body follows at once, as it may (RFC 9110 §10.1.1)
        )
    },
    # Headers that servers trust if a proxy sets them. From a client, none may change the response.
    "headers of the server's own": {
        "more": (
            ("X-Middleware-Subrequest", "middleware"),
            ("X-Forwarded-For", "127.0.0.1"),
            ("Client-IP", "192.0.2.7"),
            ("Accept-Language", "es-419, zh-Hant-TW;q=0.8"),
            ("If-Modified-Since", "Fri, 31 Dec 2100 23:59:59 GMT"),
            ("Date", "Sat, 01 Jan 2000 00:00:00 GMT"),
            ("X-Real-IP", "127.0.0.1"),
            ("X-Original-URL", "/"),
            *((name, OTHER_USER) for name in IDENTITY_HEADERS),
            ("X-Request-Id", "9d3c1b52-7a4e-4f60-8c1d-2b5e7f90a413"),
            ("X-Debug", "true"),
            ("X-Dry-Run", "true"),
            ("X-Skip-Validation", "true"),
            ("X-API-Version", "2"),
        )
    },
    "a header that overrides the method": {
        "more": (("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "GET"), ("Accept-Language", "ar-SA"))
    },
    "headers that middleware reads first": {
        "more": (
            ("Accept-Language", "fa-IR, ar-EG;q=0.9, tlh;q=0.5, *;q=0.1"),
            ("Accept-Encoding", "gzip;q=0, identity, *;q=0"),
            ("Range", "bytes=0-9"),
            ("traceparent", "00-zz"),
            ("X-Request-Id", "'\";--%n%s ${jndi:x}"),
            ("Forwarded", 'for=_hidden;by="[::1]"'),
            ("Upgrade", "h2c"),  # without Connection: Upgrade it asks for nothing (RFC 9110 §7.8)
        )
    },
    "a query": {
        "path_end": "?page=2&dryRun=true&debug=1&validate=false&_method=DELETE&name=Other&q=100%25&y=%00&callback=x"
    },
    "a slash after the path": {"path_end": "/"},
}


# Whether a server checks the login cannot depend on these, so they are not sent without one.
_SAME_LOGIN = frozenset(
    {
        "charset=utf-8",
        'charset="UTF-8" in quotes',
        "the media type in capitals",
        "neither User-Agent nor Accept",
        "an Accept that excludes JSON",
        "an unknown header",
    }
)


# Sent instead with an invalid body: a legal spelling (RFC 9110 §5.6.6) that few parsers expect, and malformed
# languages, which a server may ignore or refuse. Neither may make it skip validation or fail.
_WITH_INVALID_BODY: Mapping[str, Mapping[str, Any]] = {
    'charset="UTF-8" in quotes': {"media_type": 'application/json\t;charset="UTF-8"'},
    "headers that middleware reads first": {
        "more": (
            ("Accept-Language", "de-DE, de;q=0.9, en_AE, fr,-BE;q=0.4, de;q=0.1;q=0.2, x-y-, *-*;q=two, ;, i"),
            ("Range", "bytes=9-0"),
        )
    },
}


# Sent instead without login: some servers send browsers to a sign-in form.
_WITHOUT_LOGIN: Mapping[str, Mapping[str, Any]] = {
    "no Content-Type": {"media_type": None, "more": (("Accept", "text/html, */*;q=0.8"),)},
}


def _by_user(variations: Mapping[str, Mapping[str, Any]], other: Session | None) -> Mapping[str, Mapping[str, Any]]:
    """Replace OTHER_USER by the ID of the other user, if it is known: a server may look the user up."""
    if other is None or not other.user_id:
        return variations
    ids = {OTHER_USER: other.user_id}
    return {
        label: {**changes, "more": tuple((name, ids.get(value, value)) for name, value in changes.get("more", ()))}
        for label, changes in variations.items()
    }


def varied(
    sender: Sender, valid: Any, invalid: Any, violation: str, others: Mapping[str, tuple[str, Any]]
) -> Iterator[Step]:
    """Yield every variation with each body. violation: names the one violation of the invalid body.

    others: for some variations, the name of another violation, and the invalid body with it.
    """
    for label, changes in _by_user(VARIATIONS, sender.terms.settings.second).items():
        yield Step(label, sender.request(valid, **changes))
        named, wrong = others.get(label, (violation, invalid))
        lacking = {name: value for name, value in valid.items() if name not in wrong}
        changed = {**changes, **_WITH_INVALID_BODY.get(label, {})}
        if "?" in (query := changed.get("path_end", "")):
            changed["path_end"] = f"{query}&{urlencode(lacking)}"  # there, it does not count
        yield Step(f"{label}, {named}", sender.request(wrong, **changed))
        if sender.operation.secured and label not in _SAME_LOGIN:
            yield Step(f"{label}, no login", sender.request(valid, login=(), **_WITHOUT_LOGIN.get(label, changes)))
