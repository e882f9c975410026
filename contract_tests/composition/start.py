"""Make the first event of a run, which describes it before it starts."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from contract_tests.contract.deviations import load_deviations
from contract_tests.contract.terms import Terms
from contract_tests.judging.verdict import Outcome
from contract_tests.results.event_log import now_text
from contract_tests.results.events import ReadingView, RunStarted
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Session


def first_event(terms: Terms) -> RunStarted:
    """Return the first event of a run: the target, its users, and all that reports need to know of the contract."""
    settings, specification = terms.settings, terms.specification
    chosen = specification.select(settings.clauses)
    mask = Masker(settings.secrets).mask
    return RunStarted(
        at=now_text(),
        url=mask(settings.url),
        seed=settings.seed,
        depth=settings.depth,
        users=tuple(map(_shown, settings.sessions)),
        version=_version(),
        spec_sha256=_digest(specification.folder),
        variables=tuple(dict.fromkeys(settings.secrets.values())),
        clauses=tuple(clause for clause in specification.judged_clauses if clause.id in chosen),
        readings=tuple(
            ReadingView(r.id, r.clause, r.question, r.options, {o: r.treatment(o) for o in r.options}, r.usual, r.limit)
            for r in specification.readings.values()
        ),
        deviations=load_deviations(settings.deviations, specification) if settings.deviations else (),
        suites=settings.suites,
        fail_on=Outcome.WARNED if settings.fails_on_warned else Outcome.BROKEN,
    )


def _shown(session: Session) -> str:
    logins = ("bearer token" if carrier == "bearer" else carrier for carrier in session.carriers)
    return f"{session.user_id or f'the {session.name} user'} ({' and '.join(logins) or 'no login'})"


def _version() -> str:
    try:
        return version("leadlists-contract-kit")
    except PackageNotFoundError:  # a bare clone
        return "unknown"


def _digest(folder: Path) -> str:
    """The SHA-256 of the three files of the contract, one after the other, in hexadecimal digits."""
    digest = hashlib.sha256()
    for name in ("openapi.yaml", "clauses.yaml", "readings.yaml"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()
