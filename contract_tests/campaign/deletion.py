"""Delete what a run created, at the URL that the user names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from contract_tests.campaign.ledger import Created
from contract_tests.requests.plan import USER_AGENT
from contract_tests.settings.values import Session, Settings, UsageError
from contract_tests.target.client import Target
from contract_tests.target.exchange import Request

ID = "{id}"  # in the URL, in place of the ID of an object
FAILURES_IN_A_ROW = 20  # after so many deletions that fail, for example because the session has ended, the rest does
KEPT_IDS = 100_000  # the newest of those that were deleted; an ID that a server gives twice comes twice in the ledger


@dataclass(frozen=True, slots=True)
class Deleted:
    """How the deletion went. gone: objects that the server deleted. absent: those that it does not have.

    kept: ids with what came. unsent: how many were not tried.
    """

    gone: int
    absent: int
    kept: tuple[tuple[str, str], ...]
    unsent: int = 0

    @property
    def total(self) -> int:
        """How many there were."""
        return self.gone + self.absent + len(self.kept) + self.unsent


def check_template(template: str, url: str) -> str:
    """Return the template as a whole URL on the target's host. Raises UsageError that names the flag."""
    whole = urljoin(url + "/", template)
    ours, theirs = urlsplit(url), urlsplit(whole)
    if ID not in template or not whole.isascii() or " " in whole:
        raise UsageError(f"--delete-url: {template!r} must be a URL with {ID} in it, for example /api/v1/items/{ID}")
    if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc) or ID in theirs.netloc:
        raise UsageError(
            f"--delete-url: {template!r} is not on {ours.scheme}://{ours.netloc}, where the run created them"
        )
    return whole


def delete_created(
    created: Iterable[Created], template: str, target: Target, settings: Settings, allows_more: Callable[[], bool]
) -> Deleted:
    """Delete what a run created, by the user who created it, at the rate of the target.

    allows_more: returns whether to go on; it ends by itself after FAILURES_IN_A_ROW.
    """
    gone = absent = failures = unsent = 0
    kept: list[tuple[str, str]] = []
    seen: dict[str, None] = {}
    sessions = {session.name: session for session in settings.sessions}
    for each in created:
        if each.id in seen:
            continue
        seen[each.id] = None
        if len(seen) > KEPT_IDS:
            del seen[next(iter(seen))]
        if not each.id.strip("./ "):
            kept.append((each.id, "not sent: such an ID would name another resource"))
            continue
        if failures == FAILURES_IN_A_ROW or not allows_more():
            unsent += 1
            continue
        session: Session = sessions.get(each.user, settings.first)
        url = template.replace(ID, quote(each.id, safe=""))
        exchange = target.send(Request("DELETE", url, (USER_AGENT, *session.login(), *settings.headers)), "clean up")
        status = exchange.response.status if exchange.response else 0
        failures = 0 if 200 <= status < 300 or status in {404, 410} else failures + 1
        if 200 <= status < 300:
            gone += 1
        elif status in {404, 410}:
            absent += 1
        else:
            kept.append((each.id, str(status) if status else exchange.failure or "no response"))
    return Deleted(gone, absent, tuple(kept), unsent)
