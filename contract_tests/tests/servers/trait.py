"""Trait: one way in which a correct server may differ from the right core.

It is a subclass of the core that changes a stage, a wire (a function from an ASGI app to an ASGI app) or a mapping of
options for uvicorn. Its name is that of the class or function in kebab-case, its description the docstring. Two traits
about the same subject do not combine; all others do.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from contract_tests.tests.servers.right_core import BadRequest, Fields, Receive, Request, RightCore, Scope, Send

App = Callable[[Any, Any, Any], Awaitable[None]]
Wire = Callable[[App], App]
Change = TypeVar("Change", bound=type[RightCore] | Wire)


class Trait(NamedTuple):
    about: str  # a reading, or the part of a response that it decides
    description: str
    change: type[RightCore] | Wire | Mapping[str, Any]
    accepted: Mapping[str, tuple[str, ...]] = {}  # options that the suite accepts only if pinned
    carriers: tuple[str, ...] = ("bearer", "cookie")


TRAITS: dict[str, Trait] = {}


def about(
    thing: str, *, by_name: str = "", carriers: tuple[str, ...] = ("bearer", "cookie")
) -> Callable[[Change], Change]:
    """Declare a class or a wire to be a trait about a thing; by_name: the option of that reading it has to be given."""

    def declare(change: Change) -> Change:
        name = re.sub(r"(?<!^)([A-Z]|(?<!\d)\d)", r"-\1", change.__name__).lower().replace("_", "-").replace("--", "-")
        TRAITS[name] = Trait(thing, change.__doc__ or "", change, {thing: (by_name,)} if by_name else {}, carriers)
        return change

    return declare


class Strict(RightCore):
    """The right core, where a subclass can object to what the API page leaves open."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        if problems := list(self.objections(sent, fields)):
            raise BadRequest(*problems)
        return fields

    def objections(self, sent: Fields, fields: Fields) -> Iterator[tuple[str, str]]:
        """Yield (path, expected value) for each problem; sent: the request body, fields: the values to store."""
        yield from ()


class Lenient(RightCore):
    """The right core, where a subclass can read a value as another before it is validated."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, {key: self.read(key, value) for key, value in sent.items()})

    def read(self, key: str, value: Any) -> Any:
        return value


def wrap_send(app: App, change: Callable[[dict[str, Any]], dict[str, Any]]) -> App:
    """Wrap the app and change each of its messages."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, lambda message: send(change(message)))

    return wrapped
