"""List every correct server: the right core, or the second server, with some traits.

The suite must pass all of them. Where the API page leaves a question open, a trait follows an option that passes or
warns according to spec/readings.yaml; `accepted` holds the few options that pass only if pinned.
"""

import random
from collections import ChainMap
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from contract_tests.tests.servers import (
    right_access,
    right_answers,
    right_dates,
    right_ids,
    right_requests,
    right_transport,
    right_wires,
)
from contract_tests.tests.servers.right_core import RightCore
from contract_tests.tests.servers.trait import TRAITS, App, Trait

# Importing one of these modules declares its traits.
MODULES = (right_access, right_answers, right_dates, right_ids, right_requests, right_transport, right_wires)
COMBINATIONS, TRAITS_EACH = 12, 9


class RightServer(NamedTuple):
    name: str
    traits: tuple[str, ...]
    second: bool = False  # the second server instead of the right core; it combines only with wires

    @property
    def _traits(self) -> list[Trait]:
        return [TRAITS[name] for name in self.traits]

    @property
    def description(self) -> str:
        return " ".join(trait.description for trait in self._traits) or "As the API page says, and nothing more."

    @property
    def accepted(self) -> Mapping[str, tuple[str, ...]]:
        """The options that the suite accepts only if pinned."""
        return dict(ChainMap(*(dict(trait.accepted) for trait in self._traits)))

    @property
    def carriers(self) -> tuple[str, ...]:
        """The carriers of a session token."""
        return tuple(c for c in ("bearer", "cookie") if all(c in trait.carriers for trait in self._traits))

    @property
    def options(self) -> dict[str, Any]:
        """Options for uvicorn."""
        changes = [trait.change for trait in self._traits]
        return dict(ChainMap(*(dict(change) for change in changes if isinstance(change, Mapping))))

    def app(self, users: Mapping[str, str], expired: Mapping[str, str]) -> App:
        """Create a new server for these session tokens (token -> user ID)."""
        changes = [trait.change for trait in self._traits]
        stages = [change for change in changes if isinstance(change, type)]
        app: App = second(users, expired) if self.second else type("Right", (*stages, RightCore), {})(users, expired)
        for change in changes:
            if not isinstance(change, type | Mapping):
                app = change(app)
        return app


def second(users: Mapping[str, str], expired: Mapping[str, str]) -> App:
    from contract_tests.tests.servers import second_server  # imported here because Starlette imports slowly

    return second_server.app(users, tuple(expired))


# The choices of one team, or the defaults of one framework.
COMPOSED: Mapping[str, str] = {
    "the-page": "",
    "bearer-only": "bearer-only challenge-explained",
    "cookie-only": "cookie-only session-renewed foreign-origin-forbidden",
    "every-login-good": "every-login-must-be-good session-renewed challenge-absent",
    "picky-about-logins": "scheme-in-this-case-only malformed-login-400",
    "validation-first": "validation-first",
    "nulls-defaulted": "null-type-defaulted null-company-ids-defaulted person-ids-optional-for-companies",
    "flat-errors": "error-flat details-by-field challenge-absent",
    "errors-of-zod": "details-flattened first-problem-only date-times-in-utc-only defined-uuids-only",
    "tree-of-errors": "details-as-tree details-everywhere error-for-support",
    "checks-go-on": "order-checked-after-faults",
    "problems": "problem-json details-with-pointers malformed-without-details",
    "texts-for-errors": "details-as-texts details-at-top",
    "vague-errors": "details-name-no-field malformed-without-details",
    "errors-of-pydantic": "details-with-path-lists rare-dates-taken any-uuid-spelling timestamps-in-microseconds",
    "like-node": "any-media-type-read byte-order-mark-skipped bad-bytes-replaced first-problem-only behind-proxy",
    "like-express": "scalars-unparsed security-headers cors charset-told malformed-without-details",
    "like-fastify": "prototypes-unparsed charset-told",
    "like-java": "timestamps-in-nanoseconds dates-without-needless-digits charset-told unknown-fields-refused",
    "like-dotnet": "id-in-upper-case problem-json details-by-field fractions-refused leap-second-taken",
    "like-rails": "details-by-field session-renewed request-id",
    "like-django": "whole-days-of-berlin updated-later details-by-field malformed-without-details",
    "like-postgres": "nul-refused dates-in-microseconds timestamps-with-offset-zero id-of-version-7 ids-sorted",
    "like-python": "nan-taken utf-16-taken dates-with-offset-zero timestamps-in-microseconds id-of-version-1"
    " json-in-ascii",
    "picky-about-bodies": "content-type-required media-type-in-lower-case-only duplicate-keys-refused query-refused"
    " not-acceptable deep-nesting-refused huge-numbers-refused small-bodies-only",
    "lax-about-bodies": "trailing-comma-taken key-case-ignored"
    " gzipped-body-read first-of-two-keys-counts half-pairs-replaced byte-order-mark-skipped",
    "picky-about-fields": "unknown-fields-refused server-made-fields-refused user-ids-refused",
    "generous-with-fields": "unknown-fields-kept user-ids-merged more-fields",
    "picky-about-names": "empty-name-refused blanks-around-name-refused long-name-refused controls-refused nul-refused",
    "mending-names": "name-trimmed text-composed controls-removed nul-removed tags-removed",
    "picky-about-ids": "version-4-only empty-ids-refused hundred-ids-at-most ids-of-the-other-type-refused",
    "mending-ids": "uuids-in-lower-case numbers-for-ids-taken duplicate-ids-removed ids-of-the-other-type-dropped",
    "nobody-is-known": "unknown-icp-404 unknown-people-dropped unknown-companies-404",
    "ids-are-checked": "person-ids-must-be-uuids duplicate-ids-refused unknown-companies-dropped",
    "texts-are-checked": "markup-refused decomposed-text-refused other-methods-403",
    "nobody-is-found": "unknown-people-404 unknown-icp-404 smaller-bodies-only dates-without-needless-seconds",
    "no-icp-is-known": "unknown-icp-400 dates-verbatim",
    "picky-about-dates": "whole-days-refused fractions-refused distant-years-refused large-offsets-refused"
    " end-before-start-refused equal-dates-refused",
    "lax-about-dates": "local-dates-taken leap-second-taken hour-24-taken rare-dates-taken dates-in-words-taken"
    " dates-trimmed",
    "dates-as-they-come": "dates-verbatim rare-dates-taken local-dates-taken",
    "lists-on-the-path": "lists-can-be-read slash-served location-of-list",
    "redirecting": "other-methods-404 slash-redirected location-with-host",
    "all-behind-login": "other-methods-401 other-media-types-400 content-type-required-400",
    "clock-ahead": "clock-ahead timestamps-of-india updated-later",
    "clock-behind": "clock-behind timestamps-in-seconds updated-later",
    "idempotent": "idempotency-key-honoured success-200",
    "fields-reversed": "fields-reversed json-indented more-fields",
    "behind-a-proxy": "behind-proxy security-headers cors gzipped",
    "headers-in-capitals": "header-names-in-capitals headers-twice no-server-and-date",
    "chunked": "chunked other-server-name",
    "gzipped-in-chunks": "gzipped length-untold",
    "one-request-each": "one-request-each request-id",
    "like-http-1.0": "length-untold closed-behind-body",
    "slow": "slow",
    "jittery": "jittery",
    "slow-to-wake": "slow-to-wake",
    "limited-by-seconds": "limited-by-seconds",
    "limited-by-date": "limited-by-date",
    "limited-in-silence": "limited-in-silence",
}
OF_SECOND: Mapping[str, str] = {
    "second": "",
    "second-behind-proxy": "behind-proxy security-headers cors gzipped header-names-in-capitals",
    "second-in-chunks": "chunked jittery no-server-and-date",
    "second-limited": "limited-by-seconds request-id",
}


def combinations(seed: int) -> Iterator[RightServer]:
    """Create servers with random traits, at most one per subject; the same seed gives the same servers."""
    chance = random.Random(seed)
    for number in range(COMBINATIONS):
        things = chance.sample(sorted({trait.about for trait in TRAITS.values()} - {"pace"}), TRAITS_EACH)
        named = [chance.choice([name for name, trait in TRAITS.items() if trait.about == thing]) for thing in things]
        yield RightServer(f"combination-{number + 1}", tuple(named))


RIGHT_SERVERS = (
    *(RightServer(name, tuple(traits.split())) for name, traits in COMPOSED.items()),
    *(RightServer(name, tuple(traits.split()), second=True) for name, traits in OF_SECOND.items()),
    *combinations(seed=0),
)
