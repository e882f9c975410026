"""Permitted variations of the transport, each with a valid body, with an invalid one, and without login."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class TransportVariation:
    """A way to send a request that leaves its meaning unchanged. Each table has arguments of `Sender.request`.

    with_invalid_body: further changes if the body is invalid: spellings that few parsers expect, legal (RFC 9110
    §5.6.6) or malformed, which may make no server skip validation or fail. without_login: further changes without
    login; None for a variation on which it cannot depend whether a server checks the login.
    """

    changes: Mapping[str, Any]
    with_invalid_body: Mapping[str, Any] = field(default_factory=dict)
    without_login: Mapping[str, Any] | None = field(default_factory=dict)


VARIATIONS: Mapping[str, TransportVariation] = {
    "charset=utf-8": TransportVariation({"media_type": "application/json; charset=utf-8"}, without_login=None),
    'charset="UTF-8" in quotes': TransportVariation(
        {"media_type": 'application/json;charset="UTF-8"'},
        with_invalid_body={"media_type": 'application/json\t;charset="UTF-8"'},
        without_login=None,
    ),
    "the media type in capitals": TransportVariation({"media_type": "Application/JSON"}, without_login=None),
    "no Content-Type": TransportVariation(
        {"media_type": None},
        # Some servers send browsers to a sign-in form.
        without_login={"more": (("Accept", "text/html, */*;q=0.8"),)},
    ),
    "a body in chunks": TransportVariation({"chunked": True}),
    "neither User-Agent nor Accept": TransportVariation({"without": ("User-Agent", "Accept")}, without_login=None),
    "an Accept that excludes JSON": TransportVariation(
        {
            "more": (
                (
                    "Accept",
                    "text/html, application/xml, text/csv;q=0.9, application/yaml;q=0.8, application/cbor;q=0.7",
                ),
            )
        },
        without_login=None,
    ),
    "an Origin": TransportVariation({"more": (_ORIGIN,)}),
    # Thai and Arabic years differ from those of ISO 8601: the language may not change how dates are written.
    "an unknown header": TransportVariation(
        {
            "more": (
                ("X-Nobody-Knows", "me"),
                ("Accept-Language", "th-TH, th;q=0.9, fr;q=0.8, ja;q=0.7, pt;q=0.6"),
                ("Expect", "100-continue"),  # the body follows at once, as it may (RFC 9110 §10.1.1)
            )
        },
        without_login=None,
    ),
    # Headers that servers trust if a proxy sets them. From a client, none may change the response.
    "headers of the server's own": TransportVariation(
        {
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
        }
    ),
    "a header that overrides the method": TransportVariation(
        {"more": (("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "GET"), ("Accept-Language", "ar-SA"))}
    ),
    "headers that middleware reads first": TransportVariation(
        {
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
        with_invalid_body={
            "more": (
                ("Accept-Language", "de-DE, de;q=0.9, en_AE, fr,-BE;q=0.4, de;q=0.1;q=0.2, x-y-, *-*;q=two, ;, i"),
                ("Range", "bytes=9-0"),
            )
        },
    ),
    "a query": TransportVariation(
        {"path_end": "?page=2&dryRun=true&debug=1&validate=false&_method=DELETE&name=Other&q=100%25&y=%00&callback=x"}
    ),
    "a slash after the path": TransportVariation({"path_end": "/"}),
}


def _by_user(changes: Mapping[str, Any], other: Session | None) -> Mapping[str, Any]:
    """Replace OTHER_USER by the ID of the other user, if it is known: a server may look the user up."""
    if other is None or not other.user_id:
        return changes
    ids = {OTHER_USER: other.user_id}
    return {**changes, "more": tuple((name, ids.get(value, value)) for name, value in changes.get("more", ()))}


def varied(
    sender: Sender, valid: Any, invalid: Any, violation: str, others: Mapping[str, tuple[str, Any]]
) -> Iterator[Step]:
    """Yield every variation with each body. violation: names the one violation of the invalid body.

    others: for some variations, the name of another violation, and the invalid body with it.
    """
    if unknown := others.keys() - VARIATIONS.keys():
        raise ValueError(f"there is no variation {', '.join(sorted(unknown))}")
    for label, variation in VARIATIONS.items():
        changes = _by_user(variation.changes, sender.terms.settings.second)
        yield Step(label, sender.request(valid, **changes))
        named, wrong = others.get(label, (violation, invalid))
        lacking = {name: value for name, value in valid.items() if name not in wrong}
        changed = {**changes, **variation.with_invalid_body}
        if "?" in (query := changed.get("path_end", "")):
            changed["path_end"] = f"{query}&{urlencode(lacking)}"  # there, it does not count
        yield Step(f"{label}, {named}", sender.request(wrong, **changed))
        if sender.operation.secured and variation.without_login is not None:
            yield Step(f"{label}, no login", sender.request(valid, login=(), **{**changes, **variation.without_login}))
