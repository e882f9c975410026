"""Make every part of the mock from the settings; `assembly` joins them into one ASGI app."""

from __future__ import annotations

import dataclasses
import functools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.assembly import AppParts, assemble
from mock_server.contract.openapi import Contract, not_openapi
from mock_server.contract.openapi import load as load_contract
from mock_server.contract.readings import DEFAULT_PROFILE, Readings, resolve
from mock_server.contract.readings import load as load_readings
from mock_server.contract.spec_files import content_of, find_spec_dir
from mock_server.contract.spelling import near
from mock_server.control.checks import Checker
from mock_server.control.guard import Guard, is_loopback
from mock_server.lead_lists.dates import Dates
from mock_server.lead_lists.facts import Facts, existing_ids
from mock_server.lead_lists.operations import reading_operations
from mock_server.lead_lists.operations import table as lead_list_operations
from mock_server.lead_lists.record import Builder, LeadList
from mock_server.lead_lists.rules import Rules
from mock_server.lead_lists.seeding import Seeding
from mock_server.lead_lists.uuids import Uuids
from mock_server.middleware.at_once import AtOnce
from mock_server.middleware.cors import own_origins
from mock_server.middleware.preflights import Preflights
from mock_server.operations import OPERATIONS
from mock_server.pipeline.errors import Renderer
from mock_server.pipeline.json_parsing import JsonParser
from mock_server.pipeline.media_types import Negotiator
from mock_server.pipeline.responders import Function, example_of
from mock_server.pipeline.responses import Success
from mock_server.pipeline.sessions import Sessions
from mock_server.pipeline.stages import Stages
from mock_server.pipeline.validation import BodyCheck, ParameterCheck
from mock_server.settings.values import SettingError, Settings
from mock_server.worlds.sources import Clock, Ids, uuid4_source, uuid7_source
from mock_server.worlds.worlds import World, Worlds

if TYPE_CHECKING:
    from mock_server.control.calls import ReadRecords

LEAD_LISTS = "createLeadList"  # an operation of the bundled spec; another spec may not have it


@dataclass(slots=True, eq=False)
class Mock:
    """A mock that is ready to serve: an ASGI app with its contract, stages and worlds as attributes."""

    app: ASGIApp
    contract: Contract
    stages: Stages
    worlds: Worlds
    clock: Clock
    control_token: str  # empty if the control API needs none
    from_examples: tuple[str, ...] = ()  # operationIds without code, which respond with an example of the spec
    at_once: AtOnce | None = None  # for the mock's own server; None if every request must pass the app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def become(self, other: Mock) -> None:
        """Serve `other` from the next request on; keep the worlds, and finish the requests in progress.

        Clock and token are the same, because the settings are; only the start prints `from_examples`.
        """
        other.worlds.adopt(self.worlds)
        self.app, self.contract, self.stages, self.worlds = other.app, other.contract, other.stages, other.worlds
        self.at_once = other.at_once


def create_app(
    settings: Settings | None = None,
    *,
    spec_dir: Path | None = None,
    operations: Mapping[str, Function] | None = None,
    stages: Callable[[Stages], Stages] | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
) -> Mock:
    """Create a mock that serves the spec in `spec_dir`, or in the folder that the settings name.

    `operations` adds functions by operationId. `stages` receives the default stages and returns the ones to use.
    `clock` and `ids` replace those that the settings specify.
    """
    settings = with_token(settings or Settings())
    clock = clock or settings.clock()
    spec_dir = spec_dir or find_spec_dir(settings.spec)
    catalogue = load_readings(spec_dir)
    readings = resolve(catalogue, settings.profile, settings.choices())
    dates, uuids = Dates(readings), Uuids(readings)
    contract = load_contract(spec_dir, formats={"date-time": dates.takes, **uuids.formats()})
    is_own_origin = own_origins(settings.allow_origin)
    default_stages = _stages(settings, contract, readings, dates, uuids, is_own_origin)
    used_stages = stages(default_stages) if stages else default_stages
    has_lists = LEAD_LISTS in contract.operations
    seeding = Seeding(contract, contract.operations[LEAD_LISTS], dates, user=settings.user[0][0]) if has_lists else None
    functions = {**OPERATIONS, **_known(operations or {}, contract)}
    if has_lists:
        path = contract.operations[LEAD_LISTS].path
        reading = reading_operations(contract, path)
        functions = {**reading, **lead_list_operations(used_stages, readings, path), **functions}
    examples = {name: example_of(contract, name) for name in contract.operations.keys() - functions.keys()}
    functions |= examples
    worlds = _worlds(settings, readings, seeding, clock, ids)
    checker = Checker(contract, default_stages)
    parts = AppParts(settings, contract, readings, used_stages, worlds, clock, checker, Preflights(), is_own_origin)

    read_lists = seeding.read if seeding else None
    make_control = functools.partial(_control, parts, read_lists, resolve(catalogue, DEFAULT_PROFILE))
    try:
        app, at_once = assemble(parts, functions, make_control)
    except Exception as error:  # Connexion reports some invalid specs with exceptions of its own
        raise not_openapi(spec_dir / "openapi.yaml", content_of(contract.source), error) from error
    return Mock(
        app, contract, used_stages, worlds, clock, settings.control_token or "", tuple(sorted(examples)), at_once
    )


def _known(operations: Mapping[str, Function], contract: Contract) -> Mapping[str, Function]:
    """Return the functions; raise SettingError for one whose operation is not in the spec."""
    for name in operations.keys() - contract.operations.keys():
        meant = near(name, contract.operations)
        hint = f"did you mean {meant}?" if meant else f"it has {', '.join(contract.operations)}"
        raise SettingError(f"operations: the spec has no operation {name}; {hint}")
    return operations


def _control(parts: AppParts, read_lists: ReadRecords | None, page: Readings) -> ASGIApp:
    """Create the control API, which follows the readings of the profile `page`."""
    from mock_server.control.api import Control  # loaded at the first call
    from mock_server.control.calls import Parts

    settings = parts.settings
    guard = Guard(
        own_host=settings.host,
        allowed_hosts=settings.allow_host,
        is_own_origin=parts.is_own_origin,
        token=settings.control_token or "",
    )
    of_calls = Parts(
        settings, parts.contract, parts.readings, parts.worlds, parts.checker, parts.preflights, read_lists
    )
    return Control(of_calls, guard, page, parts.is_own_origin)


def with_token(settings: Settings) -> Settings:
    """Add a token for the control API to the settings if other machines can reach the mock."""
    if settings.control_token or is_loopback(settings.host):
        return settings
    return dataclasses.replace(settings, control_token=secrets.token_urlsafe(16))


def _worlds(settings: Settings, readings: Readings, seeding: Seeding | None, clock: Clock, ids: Ids | None) -> Worlds:
    """Create the worlds; each has its own IDs, and the same seed gives the same IDs."""

    def make_ids(world_clock: Clock) -> Ids:
        if ids is not None:
            return ids
        if readings.follows("id-version", "7"):
            return uuid7_source(settings.seed, world_clock)
        return uuid4_source(settings.seed)

    seeded: tuple[LeadList, ...] = ()
    if settings.seed_file is not None:
        if seeding is None:
            raise SettingError("--seed-file: the spec has no lead lists")
        seeded = seeding.read_file(Path(settings.seed_file), clock)
    return Worlds(
        functools.partial(
            World,
            max_records=settings.max_lists,
            seed=settings.seed or 0,
            clock=clock,
            make_ids=make_ids,
            seeded=seeded,
        )
    )


def _stages(
    settings: Settings,
    contract: Contract,
    readings: Readings,
    dates: Dates,
    uuids: Uuids,
    is_own_origin: Callable[[str], bool],
) -> Stages:
    """Create the stages for the settings and readings."""
    example = (contract.operations[LEAD_LISTS].example if LEAD_LISTS in contract.operations else None) or {}
    rules = Rules(readings, Facts(dates, uuids, existing_ids(example)))
    sessions = Sessions(settings.user_by_token, readings, cookie_name=settings.cookie_name, is_own_origin=is_own_origin)
    return Stages(
        authenticate=sessions,
        check_parameters=ParameterCheck(readings, dates.reason),
        negotiate=Negotiator(readings),
        parse=JsonParser(readings, max_bytes=settings.max_body_bytes, max_depth=settings.max_depth),
        validate=BodyCheck({LEAD_LISTS: rules}, dates.reason),
        build=Builder(dates, readings, plain_uuid=uuids.plain, adjust=rules.adjust),
        render=Success(readings),
        render_error=Renderer(readings),
    )
