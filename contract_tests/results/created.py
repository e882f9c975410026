"""Find the objects that a run creates, in its exchanges and events. Pure."""

from __future__ import annotations

from contract_tests.results.events import CreatedByWorker, CreatedView, Event, ExchangesCounted, ExchangeSeen
from contract_tests.results.views import ExchangeView, id_in
from contract_tests.target.exchange import Response


def created_by(event: Event) -> tuple[CreatedView, ...]:
    """Return the objects that an event says were created."""
    match event:
        case ExchangesCounted() | CreatedByWorker():
            return event.created
        case ExchangeSeen(exchange) if not event.is_counted and (view := created_view(exchange)):
            return (view,)
        case _:
            return ()


def created_view(exchange: ExchangeView) -> CreatedView | None:
    """Return the object that an exchange created; None if it created none."""
    found = created_id(exchange)
    if found is None:
        return None
    login = " ".join(v for n, v in exchange.request.headers if n.lower() in {"authorization", "cookie"})
    return CreatedView(found, exchange.sent_at_s, exchange.number, login)


def created_id(exchange: ExchangeView) -> str | None:
    """Return the id of the object that an exchange created, as the server wrote it; None if it created none."""
    response = exchange.response
    if response is None or not 200 <= response.status < 300 or exchange.request.method != "POST":
        return None
    if response.body.is_cut:
        return response.body.id or None
    return id_in(Response(response.status, (), response.body.data))
