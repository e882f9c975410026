"""Draw the requests of searches, on demand or in a thread of its own while the run sends others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from types import TracebackType

from contract_tests.engine.exploration import draw
from contract_tests.engine.same_draws import same_draws
from contract_tests.engine.searches import Search
from contract_tests.requests.plan import Step

_POLL_S = 0.1  # between two looks at whether the run goes on
_Drawn = tuple[Search, tuple[Step, ...]]
_Allows = Callable[[], bool]


class Drawing:
    """The searches of a run with their requests; the same ones, ahead or not.

    searches: consumed where the requests are drawn, because creating the strategies takes long, too. allows_more:
    returns whether the run goes on; without it, drawing ends, since it keeps the run from other use of Hypothesis.
    ahead: draw in a thread from the start of the block on. Only for a process of our own: Hypothesis seeds the module
    `random` again before each example, and a server in the same process may take its IDs from there.
    """

    def __init__(self, searches: Iterable[Search], allows_more: _Allows, *, ahead: bool = False) -> None:
        self._searches = iter(searches)
        self._allows_more = allows_more
        self._drawn: SimpleQueue[_Drawn | BaseException | None] = SimpleQueue()
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._draw_ahead, name="drawing") if ahead else None

    def __enter__(self) -> Drawing:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_stopped.set()

    def join(self, timeout_s: float) -> None:
        """Wait until the thread has ended: after the block, at the next example."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def finished(self) -> Iterator[_Drawn]:
        """Yield each search with its requests, in order, as soon as they are drawn, while the run goes on."""
        while self._allows_more():
            try:
                drawn = self._next() if self._thread is None else self._drawn.get(timeout=_POLL_S)
            except Empty:
                continue
            if drawn is None:
                return
            if isinstance(drawn, BaseException):
                raise drawn
            yield drawn

    def _draw_ahead(self) -> None:
        try:
            while drawn := self._next():
                self._drawn.put(drawn)
        except BaseException as error:  # raised again where the run waits for the search
            self._drawn.put(error)
        self._drawn.put(None)

    def _goes_on(self) -> bool:
        return not self._is_stopped.is_set() and self._allows_more()

    def _next(self) -> _Drawn | None:
        """Draw the next search; None if there is none, or if the run has ended."""
        with same_draws():
            search = next(self._searches, None)
            if search is None or not self._goes_on():
                return None
            requests = (
                draw(search.strategy, examples=search.examples, seed=search.seed, allows_more=self._goes_on)
                if search.strategy is not None
                else ()
            )
        if not self._goes_on():
            return None  # these are not all
        return search, (*search.steps, *(Step(search.label, request) for request in requests))
