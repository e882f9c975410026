"""List the servers with known defects and the correct servers: the mock with options, and small test servers."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from contract_tests.contract.specification import Specification, Treatment
from contract_tests.contract.yaml_files import load_yaml
from contract_tests.settings.values import Depth

# Started as commands, because the two packages never import each other.
MOCK = ("-m", "mock_server")
# Not in the wheel: an installed kit judges only the mock.
SMALL = "contract_tests.tests.servers.known_servers"
RIGHT = "correct"
FOREIGN = "foreign"
CARRIERS = ("bearer", "cookie")
SEEDS = 5  # for each correct server
COMBINATIONS = 8  # of random readings


class SelfcheckError(Exception):
    """A known server does not start, or a requested one is unknown."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A server to judge: one with a defect and the clause that it breaks, or a correct one.

    command: the arguments of Python, without `--port`. readings: the options that the server follows and the suite does
    not accept by default. seeds: of the searches, which share the examples.
    """

    id: str
    command: tuple[str, ...]
    kind: str = RIGHT
    difficulty: str = ""
    clause: str | None = None
    description: str = ""
    readings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    carriers: tuple[str, ...] = CARRIERS
    seeds: tuple[int, ...] = (0,)
    also: tuple[str, ...] = ()  # clauses that describe the defect equally well
    shows: str = ""  # `reading=option` that the suite must observe
    depth: Depth | None = None  # None: that of the settings
    group: str = ""  # the part of the class that is counted apart


def known_servers(
    specification: Specification,
    pins: Mapping[str, tuple[str, ...]],
    *,
    ids: Sequence[str] = (),
    kinds: Sequence[str] = (),
    quick: bool = False,
) -> list[Subject]:
    """Return the servers of these ids or classes, a spread over all but the foreign set, or all of them.

    The foreign set is a score, not a promise: unless it is requested, its servers are judged at depth quick.

    pins: readings of which only these options are accepted; the mock follows them. Raises SelfcheckError.
    """
    found = [*_defects(pins), *_right_mocks(specification, pins), *_small_servers(pins)]
    unknown = set(ids) - {subject.id for subject in found} | set(kinds) - {subject.kind for subject in found}
    if unknown:
        raise SelfcheckError(f"there is no server or class {', '.join(sorted(unknown))}; --list shows all")
    if ids or kinds:
        found = [subject for subject in found if subject.id in ids or subject.kind in kinds]
    else:
        found = [
            replace(subject, depth=Depth.QUICK) if subject.kind == FOREIGN else subject
            for subject in found
            if not (quick and subject.kind == FOREIGN)
        ]
    return list(_spread(found)) if quick else found


def breaking_several() -> frozenset[str]:
    """Return the IDs of the servers whose defect no single clause describes; the file says why."""
    entries = load_yaml(Path(__file__).with_name("several_clauses.yaml"))
    return frozenset(server for entry in entries for server in entry["servers"])


def _defects(pins: Mapping[str, tuple[str, ...]]) -> Iterator[Subject]:
    for entry in _ask(*MOCK, "defects", "--json"):
        command = (*MOCK, *_flags(pins), "--defect", entry["id"])
        yield Subject(entry["id"], command, entry["class"], entry["difficulty"], entry["clause"], entry["description"])


def _right_mocks(specification: Specification, pins: Mapping[str, tuple[str, ...]]) -> Iterator[Subject]:
    """Yield the mock in both profiles and statuses, with each other option of each reading, and with many options."""
    all_seeds = tuple(range(SEEDS))
    statuses = pins.get("success-status", ("200", "201"))
    for profile in ("page", "strict"):
        for status in statuses:
            command = (*MOCK, "--profile", profile, *_flags(pins), "--reading", f"success-status={status}")
            yield Subject(f"{profile}, {status}", command, seeds=all_seeds)
    turned = [
        (reading, option)
        for reading, usual in _usual_options(specification).items()
        for option in specification.readings[reading].options
        if option != usual and option in pins.get(reading, (option,))
    ]
    for number, choice in enumerate(turned):
        subject = _turned("=".join(choice), [choice], specification, pins, (number % SEEDS,))
        # Reported only if both logins are given; then the unsupported carrier is correctly reported as broken.
        yield subject if choice[0] == "session-carrier" else replace(subject, shows=subject.id)
    for number in range(COMBINATIONS):
        chance = random.Random(number)
        readings = sorted({reading for reading, _ in turned} - {"session-carrier"})
        some = [reading for reading in readings if chance.random() < 0.5]
        choices = [(reading, chance.choice([o for r, o in turned if r == reading])) for reading in some]
        yield _turned(f"combination {number + 1}", choices, specification, pins, all_seeds)


def _turned(
    id: str,
    choices: Sequence[tuple[str, str]],
    specification: Specification,
    pins: Mapping[str, tuple[str, ...]],
    seeds: tuple[int, ...],
) -> Subject:
    chosen = {reading: (option,) for reading, option in choices}
    by_name = {r: o for r, o in chosen.items() if specification.readings[r].treatment(o[0]) is Treatment.FAIL}
    carriers = tuple(c for c in CARRIERS if chosen.get("session-carrier", (c,))[0] in (c, "either"))
    command = (*MOCK, *_flags({**pins, **chosen}))
    return Subject(id, command, readings=by_name, carriers=carriers, seeds=seeds)


def _usual_options(specification: Specification) -> dict[str, str]:
    """Return the default option of the mock for each open question."""
    entries = {entry["id"]: entry["mock"] for entry in load_yaml(specification.folder / "readings.yaml")}
    return {reading: mock if isinstance(mock, str) else mock["page"] for reading, mock in entries.items()}


def _small_servers(pins: Mapping[str, tuple[str, ...]]) -> Iterator[Subject]:
    """Yield the servers of the kit's tests, which share no code with the mock and follow their own readings."""
    if pins or find_spec("contract_tests.tests") is None or find_spec(SMALL) is None:
        return
    for entry in _ask("-m", SMALL, "--json"):
        faulty = entry["kind"] != RIGHT
        yield Subject(
            f"{'foreign' if entry['kind'] == FOREIGN else 'small'}: {entry['id']}",
            ("-m", SMALL, entry["id"]),
            "small servers" if entry["kind"] == "faulty" else entry["kind"],
            entry.get("difficulty", ""),
            entry["clause"],
            entry["description"],
            {reading: tuple(options) for reading, options in entry.get("readings", {}).items()},
            tuple(entry.get("carriers", CARRIERS)),
            (0,) if faulty else tuple(range(SEEDS)),
            tuple(entry.get("also", ())),
            group=entry.get("set", ""),
        )


def _spread(subjects: Sequence[Subject]) -> Iterator[Subject]:
    """Return a few subjects of each class, hard ones before easy ones."""
    by_kind: dict[str, list[Subject]] = {}
    for subject in sorted(subjects, key=lambda s: ("hard", "medium", "easy", "").index(s.difficulty)):
        by_kind.setdefault(subject.kind, []).append(subject)
    for several in by_kind.values():
        count = min(5, 1 + len(several) // 40)
        yield from (several[n * len(several) // count] for n in range(count))


def _flags(pins: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(word for reading, options in pins.items() for word in ("--reading", f"{reading}={options[0]}"))


def _ask(*command: str) -> Any:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SelfcheckError(f"python {' '.join(command)} has failed: {done.stderr.strip()}")
    return json.loads(done.stdout)
