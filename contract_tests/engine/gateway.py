"""Distinguish a gateway without a backend, as during a deployment, from a server that fails on one request."""

from __future__ import annotations

from collections.abc import Callable

from contract_tests.engine.watching import RunOver
from contract_tests.results.events import Ending
from contract_tests.target.absence import Absence, is_of_gateway
from contract_tests.target.exchange import Exchange

STEP_S = 2.0  # between two plain requests


class Gateway:
    """What may answer 502, 503 or 504 in the place of the server. absence: how long to wait for the server."""

    def __init__(self, absence: Absence) -> None:
        self._absence = absence

    def was_alone(self, exchange: Exchange, ask: Callable[[], Exchange]) -> bool:
        """Return whether the response says nothing about its request, and wait until the server is back.

        A plain request then gets such a response as well. A request that makes the server end does the same, so send
        the request again when the server is back. ask: sends a plain request. Raises RunOver if it stays away.
        """
        if not self._absence.most_s or not is_of_gateway(exchange):
            return False
        if self._absence.is_over_since(exchange):
            return True
        if not is_of_gateway(ask()):
            return False
        last = self._absence.wait_out(exchange, ask, is_of_gateway, step_s=STEP_S)
        if is_of_gateway(last):
            status = last.response.status if last.response else 0
            why = f"The server, or a gateway in front of it, keeps answering {status}, also to a plain request."
            raise RunOver(Ending.TARGET_GONE, why)
        return True
