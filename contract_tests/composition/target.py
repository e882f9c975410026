"""Reach the server under test: open the client, and examine the connection."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from contract_tests.composition.suites import load_suites
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.budget import Budget
from contract_tests.engine.reachability import discovery_problem
from contract_tests.operation_suite import make_plan
from contract_tests.settings.connection import proxy_for, tls_context
from contract_tests.settings.secrets import Masker
from contract_tests.settings.tokens import login_of_command, token_of_file
from contract_tests.settings.values import Settings, UsageError
from contract_tests.target.app import AppError, served
from contract_tests.target.client import Target
from contract_tests.target.connections import usual_trust
from contract_tests.target.renewal import Renewal

if TYPE_CHECKING:
    from contract_tests.target.doctor import Check


@contextmanager
def serving(settings: Settings) -> Iterator[Settings]:
    """Serve the app that the settings name, if any, until the block ends; yield the settings with its URL.

    Raises UsageError if the app cannot be served.
    """
    if settings.app is None:
        yield settings
        return
    try:
        with served(settings.app) as url:
            yield replace(settings, url=url)
    except AppError as error:
        raise UsageError(f"--app {settings.app}: {error}") from None


def open_target(
    settings: Settings,
    pause: Callable[[float], bool],
    masker: Masker,
    *,
    kind: Callable[..., Target] = Target,
    allows: Callable[[str], bool] = lambda address: True,
    absence_s: float = 0.0,
) -> Target:
    """Open the target as the settings reach it. Raises UsageError that names what cannot be used.

    kind: makes it from the options of `Target`. allows: returns whether an IP address may be connected to; not called
    for a proxy. absence_s: how long to wait at least for a server that is gone in the middle of the run.
    """
    proxy = proxy_for(settings.url)
    is_encrypted = any(url.lower().startswith("https:") for url in (settings.url, proxy.url if proxy else ""))
    needs_tls = is_encrypted or settings.ca_file or settings.client_cert  # which takes long to load
    return kind(
        timeout_s=settings.timeout_s,
        connections=settings.connections,
        pause=pause,
        tls=_tls(settings) if needs_tls else None,
        proxy=proxy.url if proxy else None,
        proxy_name=proxy.shown if proxy else "",
        renewal=_renewal(settings, masker),
        rate_per_s=settings.rate_per_s,
        absence_s=max(absence_s, settings.wait_s),
        **({} if proxy else {"allows": allows}),
    )


def _tls(settings: Settings) -> ssl.SSLContext:
    return tls_context(settings.ca_file, settings.client_cert, settings.client_key, usual=usual_trust)


def _renewal(settings: Settings, masker: Masker) -> Renewal | None:
    """Return what renews the session of the first user, by bearer token or else by cookie."""
    cookie, token = ("", settings.first.bearer) if settings.first.bearer else settings.first.cookie or ("", "")
    if not token or not (settings.login_command or settings.bearer_file):
        return None

    def fetch() -> str:
        """Another token, or the old one where there is none: the 401 then says what is wrong."""
        try:
            if settings.login_command:
                name, fresh = login_of_command(settings.login_command)
                return fresh if name == cookie else token
            return token_of_file(settings.bearer_file or "")
        except UsageError:
            return token

    return Renewal(token, fetch, masker.learn, cookie=cookie)


def examine_target(settings: Settings, masker: Masker) -> Iterator[Check]:
    """Examine the connection to the target, step by step. Raises UsageError."""
    from contract_tests.target.doctor import examine  # only the command `doctor` needs it

    with serving(settings) as reached:
        terms = Terms.of(load_specification(reached.spec_folder), reached)
        plan = make_plan(load_suites(reached.suites), terms, terms.specification.operations[0], "doctor")
        proxy = proxy_for(reached.url)
        with open_target(reached, Budget().pause, masker) as target:
            explain = partial(discovery_problem, speaks_tls=target.speaks_tls, proxy=target.proxy_name)
            yield from examine(target, plan.first.request, explain, proxy_name=proxy.shown if proxy else "")
