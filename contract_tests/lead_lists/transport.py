"""Requests for a lead list that differ in how they are sent: headers, media types, codings, methods, logins."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from urllib.parse import parse_qsl

from contract_tests.lead_lists.bodies import ICP, VARIED_VIOLATIONS, base, without, without_left_out
from contract_tests.lead_lists.ids import known_ids
from contract_tests.requests.plan import Sender, Step, encode
from contract_tests.requests.transport import varied
from contract_tests.target.exchange import Headers


def transport_steps(sender: Sender, tag: str) -> Iterator[Step]:
    """Yield requests in other headers, media types, forms, codings and methods; tag: part of every name."""
    body = base(f"Sent oddly, {tag}", sender.base)
    others = {
        variation: (label, without_left_out({**body, **changes}))
        for variation, (label, changes) in VARIED_VIOLATIONS.items()
    }
    yield from varied(sender, body, without(body, "endDate"), "endDate left out", others)
    for accepted in ("*/*", "text/html, application/xml;q=0.9, application/*;q=0.8"):
        yield Step(f"Accept: {accepted}", sender.request(body, more=(("Accept", accepted),)))
    plain_text = sender.request(without(body, "endDate"), media_type="text/plain")
    yield Step("JSON as text/plain, endDate left out", plain_text)
    for media_type in (
        "application/vnd.api+json",
        "application/json; charset=utf-16",
        "application/json; charset=x-none",
    ):
        yield Step(f"JSON as {media_type}", sender.request(body, media_type=media_type))
    dates = "startDate=2030-01-01T00%3A00%3A00.000Z&endDate=2030-03-31T23%3A59%3A59.000Z"
    icp = (*known_ids(sender.terms.settings, "icpId"), ICP)[0]
    form = f"name=Form&type=person&icpId={icp}&{dates}&personIds[]=lead_abc123"
    yield Step("a form", sender.request(raw=form.encode(), media_type="application/x-www-form-urlencoded"))
    parts = "".join(
        f'--part\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parse_qsl(form)
    )
    multipart = f"{parts}--part--\r\n".encode()
    yield Step("a form in parts", sender.request(raw=multipart, media_type="multipart/form-data; boundary=part"))
    # Stored, so that its length does not depend on the digits of the tag; with none of the texts that later steps of
    # the plan replace, which would break its checksum.
    stored = encode({**body, "name": f"Packed {tag}", "endDate": "2030-04-30T23:59:59.000Z"})
    packed = gzip.compress(stored, compresslevel=0, mtime=0)
    yield Step("a gzipped body", sender.request(raw=packed, more=(("Content-Encoding", "gzip"),)))
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        sent = body if method in {"PUT", "PATCH"} else None
        yield Step(f"method {method}", sender.request(sent, method=method))


def login_steps(sender: Sender, tag: str) -> Iterator[Step]:
    """Yield requests with logins that a server must accept, and with those that are open; tag: part of every name."""
    body = base(f"Signed in, {tag}", sender.base)
    first = sender.terms.settings.first
    if first.bearer:
        yield Step("scheme BEARER", sender.request(body, login=(("Authorization", f"BEARER {first.bearer}"),)))
        with_other = (*first.login("bearer"), ("Cookie", "theme=dark"))
        yield Step("a cookie of another program next to the token", sender.request(body, login=with_other))
    if first.cookie:
        name, token = first.cookie
        for label, cookies in (
            ("cookies of other programs before the session", f'prefs={{"a":1}}; promo=50%off; {name}={token}'),
            ("a cookie with an odd name before the session", f"a/b=1; x[0]=1; {name}={token}"),
            ("a cookie without a value before the session", f"flag; {name}={token}; z="),
        ):
            yield Step(label, sender.request(body, login=(("Cookie", cookies),)))
        foreign: Headers = (("Origin", "https://evil.example"),)
        yield Step("a cookie from a foreign origin", sender.request(body, login=first.login("cookie"), more=foreign))
        if first.bearer:
            bad_bearer, bad_cookie = ("Authorization", "Bearer not-a-session"), ("Cookie", f"{name}=not-a-session")
            yield Step(
                "a good cookie next to a bad bearer", sender.request(body, login=(bad_bearer, *first.login("cookie")))
            )
            yield Step(
                "a good bearer next to a bad cookie", sender.request(body, login=(*first.login("bearer"), bad_cookie))
            )
