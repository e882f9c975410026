"""Judge the kind of response: complete, not a server error, a refusal or a success as required."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contract_tests.contract.specification import Reading
from contract_tests.judging.case import PERMITTING, VIOLATIONS, Case, Oracle
from contract_tests.judging.details import may_be_about, refused_fields
from contract_tests.judging.login import Login
from contract_tests.judging.verdict import Judgement, Observation, broken, held, warned
from contract_tests.judging.violations import Violation
from contract_tests.target.exchange import NOT_SENT, UNREACHABLE

READ_BYTES = 32 * 1024  # a server can close the connection instead of reading a longer body
_LOGIN_CLAUSES = {
    Login.NONE: "access.login.required",
    Login.MALFORMED: "access.session.valid",
    Login.INVALID: "access.session.valid",
    Login.EXPIRED: "access.session.expired",
}
_LOGIN_HINTS = {
    403: "403 means that a known user lacks a permission; here no user is signed in.",
    404: "Some sign-in middleware hides routes from strangers with 404; configure it to answer 401 on API routes.",
}


def complete(case: Case) -> Iterator[Judgement]:
    """Every request gets a complete response (RFC 9112 §8), except a body over a size limit."""
    if case.exchange.response is not None:
        yield held("http.answer.complete", case.exchange)
    elif len(case.exchange.request.body) <= READ_BYTES and not (case.exchange.failure or "").startswith(
        (NOT_SENT, UNREACHABLE)
    ):
        yield broken(
            "http.answer.complete",
            case.exchange,
            expected="one complete HTTP response",
            actual=case.exchange.failure or "no response",
            hint=_hint_of_silence(case),
        )


def _hint_of_silence(case: Case) -> str:
    connections = case.terms.settings.connections
    if connections == 1 or "within" not in (case.exchange.failure or ""):
        return ""
    return f"Up to {connections} connections were open. If the server supports fewer, use --connections 1."


def no_server_error(case: Case) -> Iterator[Judgement]:
    """No input makes the server fail (RFC 9110 §15.6), but 501 is valid for an unknown method (§15.6.2)."""
    if case.status >= 500 and not (case.status == 501 and case.operation is None):
        yield broken(
            "http.answer.no-server-error",
            case.exchange,
            expected="a success, or a 4xx for an invalid request",
            actual=f"{case.status}",
        )
    elif case.status:
        yield held("http.answer.no-server-error", case.exchange)


def login(case: Case) -> Iterator[Judgement]:
    """A request without a valid login gets 401."""
    operation, caller = case.operation, case.expectation.caller
    if operation is None or not operation.secured or not case.decides or caller.login is Login.UNKNOWN:
        return
    if caller.login is Login.MIXED:
        if case.succeeded or case.status == 401:
            yield Observation("mixed-logins", "any-good" if case.succeeded else "all-good", case.exchange)
    elif caller.login is Login.VALID:
        yield from _good_login(case, caller.carrier)
    else:
        yield from _no_login(case, _LOGIN_CLAUSES[caller.login])


def _good_login(case: Case, carrier: str) -> Iterator[Judgement]:
    if case.is_open_on("bearer-scheme-case"):
        others = [reading for reading in case.readings if reading.refusals and reading.id != "bearer-scheme-case"]
        # A 400 can also be about the body.
        option = _readings(case)["bearer-scheme-case"].shown_option(case.status)
        if option and not case.expectation.violations and (case.status == 401 or not others):
            yield Observation("bearer-scheme-case", option, case.exchange)
        elif case.succeeded:
            yield Observation("bearer-scheme-case", "insensitive", case.exchange)
    elif case.is_open_on("foreign-origin") and (
        option := "accepted" if case.succeeded else _readings(case)["foreign-origin"].shown_option(case.status)
    ):
        yield Observation("foreign-origin", option, case.exchange)
    elif clause := case.clause(f"access.carrier.{carrier}"):
        if case.status == 401:
            yield broken(
                clause,
                case.exchange,
                expected="the valid session is accepted",
                actual="401",
                hint="If the session ended during the run, sign in again and repeat the run.",
            )
        elif case.succeeded:
            yield held(clause, case.exchange)


def _no_login(case: Case, clause: str) -> Iterator[Judgement]:
    if case.succeeded:
        yield broken(clause, case.exchange, expected="401", actual=f"{case.status}, as for a valid login")
        return
    yield held(clause, case.exchange)
    asked = ["login-before-validation"] if case.expectation.violations else []
    asked += ["malformed-login"] if case.expectation.caller.login is Login.MALFORMED else []
    options = [(name, _readings(case)[name].shown_option(case.status)) for name in asked]
    shown = [Observation(name, option, case.exchange) for name, option in options if option]
    if case.status == 401:
        yield held("error.401.status", case.exchange)
        yield from shown
    elif shown:
        yield shown[0]  # a refusal for the body says nothing about the login
    elif case.status not in case.expectation.refusal_statuses(case.terms.specification):
        hint = _LOGIN_HINTS.get(case.status, "")
        if 300 <= case.status < 400:
            hint = "A redirect to a sign-in page is for browsers; an API must return 401."
        yield broken("error.401.status", case.exchange, expected="401", actual=case.status_text, hint=hint)


def refusal(case: Case) -> Iterator[Judgement]:
    """A request with a violation gets 400."""
    if not case.must_reject or not case.decides or case.status == 401:
        return
    violations = case.expectation.violations
    if case.succeeded:
        if case.is_open_on_group("media-type"):
            return  # only other exchanges show whether the media type is the cause: attribution.unguarded_media_type
        for clause in dict.fromkeys(violation.clause for violation in violations):
            what = "; ".join(map(_described, [(case, violation) for violation in violations]))
            yield broken(clause, case.exchange, expected="400", actual=f"{case.status}, although {what}")
        return
    for clause in dict.fromkeys(violation.clause for violation in violations):
        yield held(clause, case.exchange)
    strict = [reading for reading in case.readings if reading.must_refuse]
    if len(violations) == len(strict) == 1 and len([r for r in case.readings if r.refusals]) == 1:
        yield Observation(strict[0].id, "refused", case.exchange)
    statuses = case.expectation.refusal_statuses(case.terms.specification)
    if case.status == 400:
        yield held("error.400.status", case.exchange)
    elif case.status not in statuses:
        yield broken("error.400.status", case.exchange, expected="400", actual=case.status_text)


def _described(of: tuple[Case, Violation]) -> str:
    case, violation = of
    return case.expectation.about.get(violation.reading, str(violation))


def open_question(case: Case) -> Iterator[Judgement]:
    """Observe which option the server follows if the API page leaves the response open."""
    if not case.is_unspecified or not case.decides or case.status == 401:
        return
    if case.succeeded:
        for reading in case.readings:
            taken = [option for option in reading.options if option not in reading.refusals]
            if reading.id in case.expectation.doubtful or reading.seen_in == "response":
                continue
            if reading.refusals and len(taken) == 1 and reading.group != "login":
                yield Observation(reading.id, taken[0], case.exchange)
        return
    named = refused_fields(case)
    refusing = [reading for reading in case.readings if reading.refusals]
    statuses = case.expectation.refusal_statuses(case.terms.specification) | {400}
    if case.status not in statuses:
        yield warned(
            "error.400.status",
            case.exchange,
            expected="a success, or 400",
            actual=f"{case.status_text}, which the API page does not document",
        )
    if len(refusing) != 1 or refusing[0].group == "login" or case.status < 400 or case.expectation.half_wrong:
        return
    option = refusing[0].refusing_option(case.status)
    if option and may_be_about(refusing[0], case, named):
        yield Observation(refusing[0].id, option, case.exchange)


def acceptance(case: Case) -> Iterator[Judgement]:
    """A success shows that the server accepts each permitted variation of the request."""
    if case.signed_in and case.succeeded:
        if case.must_accept and (clause := case.clause("success.created")):
            yield held(clause, case.exchange)
        for rule in sorted({rule for rule, _ in case.expectation.variations}):
            if clause := case.clause(rule):
                yield held(clause, case.exchange)
        if case.is_open_on("invalid-utf-8"):
            yield held("http.request.utf-8", case.exchange)


def status_of_success(case: Case) -> Iterator[Judgement]:
    """A success has a documented status and a body; any other 2xx is no success."""
    if case.operation is None or not case.succeeded or (clause := case.clause("success.status")) is None:
        return
    documented = case.operation.success_schemas
    if case.status in documented:
        yield held(clause, case.exchange)
        if {200, 201} <= set(documented):
            yield Observation("success-status", str(case.status), case.exchange)
    else:
        yield broken(clause, case.exchange, expected=case.success_text, actual=str(case.status))


def methods(case: Case) -> Iterator[Judgement]:
    """Only the documented method creates an object (RFC 9110 §15.5.6); GET and HEAD can exist on the same path."""
    near = case.expectation.near
    if case.operation is not None or near is None or not case.decides:
        return
    path = case.exchange.request.url.removeprefix(case.terms.base_url).partition("?")[0]
    method, login = case.exchange.request.method, case.expectation.caller.login
    if (
        near.secured
        and login is not Login.VALID
        and login in _LOGIN_CLAUSES
        and method == near.method
        and case.succeeded
    ):
        yield broken(
            _LOGIN_CLAUSES[login], case.exchange, expected="401", actual=f"{case.status}, as for a valid login"
        )
        return
    if path != near.path:
        option = "served" if case.succeeded else _readings(case)["trailing-slash"].shown_option(case.status)
        if option:
            yield Observation("trailing-slash", option, case.exchange)
    elif method in {"PUT", "PATCH", "DELETE"} and 200 <= case.status < 300:
        yield broken("http.method", case.exchange, expected="405 (or 401, 403, 404)", actual=str(case.status))
    elif method in {"GET", "HEAD"} and case.status == 201:
        # A safe method creates nothing (RFC 9110 §9.2.1).
        yield broken("http.method", case.exchange, expected="no new resource", actual="201")
    elif case.status == 405 and near.method not in _allowed(case):
        actual = f"405 with Allow: {', '.join(_allowed(case)) or 'nothing'}"
        yield broken("http.method", case.exchange, expected=f"405 with Allow: {near.method}", actual=actual)
    else:
        yield held("http.method", case.exchange)
        if option := _readings(case)["other-methods"].shown_option(case.status):
            yield Observation("other-methods", option, case.exchange)


def _readings(case: Case) -> Mapping[str, Reading]:
    return case.terms.specification.readings


def _allowed(case: Case) -> list[str]:
    """Return the methods of the Allow header, which a 405 must have (RFC 9110 §15.5.6)."""
    response = case.exchange.response
    values = [value for name, value in response.headers if name.lower() == "allow"] if response else []
    return [method.strip() for value in values for method in value.split(",") if method.strip()]


ORACLES = (
    Oracle(("http.answer.complete",), complete),
    Oracle(("http.answer.no-server-error",), no_server_error),
    Oracle(("access.*", "error.401.status"), login),
    Oracle((*VIOLATIONS, "http.request.media-type", "error.400.status"), refusal, of_refusing_readings=True),
    Oracle(("error.400.status",), open_question, of_refusing_readings=True),
    Oracle((*PERMITTING, "success.created", "http.request.utf-8"), acceptance, of_variations=True),
    Oracle(("success.status",), status_of_success),
    Oracle(("http.method", *_LOGIN_CLAUSES.values()), methods),
)
