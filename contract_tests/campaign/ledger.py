"""What a run created, read from its record; and the requests that delete it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from contract_tests.engine.discoveries import created_view
from contract_tests.engine.events import CreatedByWorker, CreatedView, ExchangesCounted, ExchangeSeen
from contract_tests.engine.record_reading import read_events
from contract_tests.requests.plan import USER_AGENT
from contract_tests.settings.values import Session, Settings, UsageError
from contract_tests.target.client import Target
from contract_tests.target.exchange import Request

PLACE = "{id}"
KEPT_IDS = 100_000  # the newest of those that were deleted; an ID that a server gives twice comes twice in the ledger


@dataclass(frozen=True, slots=True)
class Created:
    """An object that a run created. at_s: seconds of the Unix epoch. user: first, second, or empty without a login."""

    id: str
    at_s: float
    number: int
    user: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """How the deletion went. gone: objects that the server deleted or no longer has. kept: ids with what came."""

    gone: int
    kept: tuple[tuple[str, str], ...]


def created_in(folder: Path) -> Iterator[Created]:
    """Return every object that a recorded run created, also a run that was cut off. Raises RecordError."""
    under_way: dict[str, Created] = {}  # ID -> what no complete cell has created so far
    for event in read_events(folder, only=("exchange", "counted", "created")):
        if isinstance(event, CreatedByWorker):
            under_way.update((each.id, _created(each)) for each in event.created)
            continue
        views: tuple[CreatedView, ...] = ()
        if isinstance(event, ExchangesCounted):
            views = event.created
        elif isinstance(event, ExchangeSeen) and not event.is_counted and (view := created_view(event.exchange)):
            views = (view,)
        for view in views:
            under_way.pop(view.id, None)
            yield _created(view)
    yield from under_way.values()


def _created(view: CreatedView) -> Created:
    return Created(view.id, view.at_s, view.number, _user(view.login))


def _user(login: str) -> str:
    return "second" if "LEADLISTS_SECOND" in login else "first" if login else ""


def check_template(template: str, url: str) -> str:
    """Return the template as a whole URL on the target's host. Raises UsageError that names the flag."""
    whole = urljoin(url + "/", template)
    ours, theirs = urlsplit(url), urlsplit(whole)
    if PLACE not in template or not whole.isascii() or " " in whole:
        raise UsageError(f"--delete-url: {template!r} must be a URL with {PLACE} in it, for example {url}/{PLACE}")
    if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc) or PLACE in theirs.netloc:
        raise UsageError(
            f"--delete-url: {template!r} is not on {ours.scheme}://{ours.netloc}, where the run created them"
        )
    return whole


def delete_created(folder: Path, template: str, target: Target, settings: Settings) -> Deleted:
    """Delete what a recorded run created, by the user who created it, at the rate of the target."""
    gone: int = 0
    kept: list[tuple[str, str]] = []
    seen: dict[str, None] = {}
    sessions = {session.name: session for session in settings.sessions}
    for each in created_in(folder):
        if each.id in seen:
            continue
        seen[each.id] = None
        if len(seen) > KEPT_IDS:
            del seen[next(iter(seen))]
        if not each.id.strip("./ "):
            kept.append((each.id, "not sent: such an ID would name another resource"))
            continue
        session: Session = sessions.get(each.user, settings.first)
        url = template.replace(PLACE, quote(each.id, safe=""))
        exchange = target.send(Request("DELETE", url, (USER_AGENT, *session.login(), *settings.headers)), "clean up")
        status = exchange.response.status if exchange.response else 0
        if 200 <= status < 300 or status in {404, 410}:
            gone += 1
        else:
            kept.append((each.id, str(status) if status else exchange.failure or "no response"))
    return Deleted(gone, tuple(kept))
