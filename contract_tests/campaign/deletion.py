"""Delete what a run created, at the URL that the user names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import quote, urljoin, urlsplit

from contract_tests.campaign.ledger import Created
from contract_tests.requests.plan import USER_AGENT
from contract_tests.settings.values import Settings, UsageError
from contract_tests.target.client import Target
from contract_tests.target.exchange import Request
from contract_tests.target.pace import comes_later

ID = "{id}"  # in the URL, in place of the ID of an object
FAILURES_IN_A_ROW = 20  # after so many deletions that fail, for example because the session has ended, the rest does
KEPT_IDS = 100_000  # the newest of those that were deleted; an ID that a server gives twice comes twice in the ledger


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


class Deletion:
    """Deletes what a run created, by the user who created it, at the rate of the target, and counts.

    gone: objects that the server deleted. absent: those that it does not have. kept: how many it did not delete, by the
    reason. unsent: those that were not tried. failures: how many in a row.
    """

    def __init__(self, template: str, target: Target, settings: Settings, allows_more: Callable[[], bool]) -> None:
        """allows_more: returns whether to go on.

        The deletion ends by itself after FAILURES_IN_A_ROW, and where the server asks to wait longer than a run does.
        """
        self._template, self._target, self._settings = template, target, settings
        self._allows_more = allows_more
        self._sessions = {session.name: session for session in settings.sessions}
        self.gone = self.absent = self.unsent = self.failures = 0
        self._must_wait = False
        self.kept: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """How many objects there were."""
        return self.gone + self.absent + self.kept.total() + self.unsent

    def carry_out(self, created: Iterable[Created]) -> Iterator[Created]:
        """Delete all objects, and yield those that are left."""
        seen: dict[str, None] = {}
        for each in created:
            if each.id in seen:
                continue
            seen[each.id] = None
            if len(seen) > KEPT_IDS:
                del seen[next(iter(seen))]
            if not each.id.strip("./ "):
                self.kept["not sent, since such an ID would name another resource"] += 1
                yield each
            elif self.failures == FAILURES_IN_A_ROW or self._must_wait or not self._allows_more():
                self.unsent += 1
                yield each
            elif self._is_deleted(each):
                self.failures = 0
            else:
                self.failures += 1
                yield each

    def _is_deleted(self, each: Created) -> bool:
        session = self._sessions.get(each.user, self._settings.first)
        url = self._template.replace(ID, quote(each.id, safe=""))
        headers = (USER_AGENT, *session.login(), *self._settings.headers)
        exchange = self._target.send(Request("DELETE", url, headers), "clean up")
        status = exchange.response.status if exchange.response else 0
        if 200 <= status < 300:
            self.gone += 1
        elif status in {404, 410}:
            self.absent += 1
        else:
            self._must_wait = exchange.response is not None and comes_later(exchange.response)
            self.kept[_named(status) or exchange.failure or "no response"] += 1
            return False
        return True


def _named(status: int) -> str:
    with suppress(ValueError):
        return f"{status} {HTTPStatus(status).phrase}"
    return str(status or "")
