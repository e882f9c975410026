"""Rules of the source of both packages; each test lists every offender."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from contract_tests.contract.loading import load_specification
from contract_tests.contract.specification import HTTP_METHODS
from contract_tests.tests.conftest import ROOT

PACKAGES = ("contract_tests", "mock_server")
TOP_LEVEL = {"spec", *PACKAGES, "pyproject.toml", "Makefile", "README.md"}
LONGEST_FUNCTION = 60
LONGEST_MODULE = 299

# Modules that decide: they take finished values and return values.
DECIDING = {
    "contract_tests": (
        "judging/**/*.py",
        "lead_lists/*.py",
        "requests/generic_plan.py",
        "requests/plan.py",
        "requests/transport.py",
        "contract/schema.py",
        "settings/manners.py",
        "target/exchange.py",
        "comparison/*.py",
        "live/framing.py",
        "results/causes.py",
        "results/discoveries.py",
        "results/findings.py",
        "results/grouping.py",
        "results/novelty.py",
        "results/result.py",
        "results/summing.py",
        "results/views.py",
        "campaign/strain.py",
        "live/passive.py",
    ),
    "mock_server": (
        "lead_lists/adjusted.py",
        "lead_lists/accepted.py",
        "lead_lists/record.py",
        "lead_lists/refused.py",
        "lead_lists/rules.py",
        "lead_lists/dates.py",
        "lead_lists/uuids.py",
        "pipeline/body_reading.py",
        "pipeline/decompression.py",
        "pipeline/json_parsing.py",
        "pipeline/media_types.py",
        "pipeline/stages.py",
        "pipeline/validation.py",
        "control/matchers.py",
        "control/checks.py",
        "control/verification.py",
    ),
}
IMPURE = {
    "asyncio", "glob", "http", "httpx2", "importlib", "io", "logging", "os", "pathlib", "random", "requests", "secrets",
    "shutil", "socket", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "uuid",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "now", "utcnow", "today"}
WAITING = "mock_server/pipeline/body_reading.py"  # reads request bodies, so it awaits them

# The folders that know a lead list; all other modules serve every operation.
OF_LEAD_LISTS = {"lead_lists", "defects", "msw", "bench", "tests"}
# Modules that do not even import the knowledge about a lead list. The others compose or print the parts.
APART_FROM_LEAD_LISTS = {
    "mock_server": (
        "pipeline/*.py", "middleware/*.py", "worlds/*.py", "control/*.py", "contract/*.py", "connections/*.py",
        "settings/*.py", "recipes/*.py", "server.py",
    ),
    "contract_tests": (
        "contract/*.py", "requests/*.py", "judging/**/*.py", "target/*.py", "engine/*.py", "results/*.py",
        "report/*.py", "suite/*.py", "campaign/*.py", "comparison/*.py", "live/*.py", "settings/*.py", "selfcheck/*.py",
        "operation_suite.py",
    ),
}  # fmt: skip

MAY_NOT = re.compile(r"\b([Nn]othing|[Nn]o|[Nn]ever|[Nn]ot|Only)\b")  # what may not live in a room, or only there
MAY_IMPORT = r"(?sm)^May import: (.+)\Z"  # the end of the docstring of each room


def in_package(package: str, *patterns: str) -> list[Path]:
    """Return the modules of a package outside its tests, defects and benchmarks that match any of the patterns."""
    folder = ROOT / package
    found = {path for pattern in patterns for path in folder.glob(pattern)}
    return sorted(
        path for path in found if not {"tests", "bench", "defects", "msw"} & set(path.relative_to(folder).parts)
    )


EVERY_MODULE = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
SHIPPED = [path for path in EVERY_MODULE if not {"tests", "bench"} & set(path.relative_to(ROOT).parts)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of everything that a module imports, in functions too."""
    for node in tree_of(path):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the last word of everything that a module calls."""
    for node in tree_of(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            yield node.lineno, node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id


def refuse(offenders: Iterable[str]) -> None:
    """Fail with a line for each offender."""
    found = sorted(offenders)
    if found:
        pytest.fail("\n".join([f"{len(found)} offenders:", *found]), pytrace=False)


def test_the_patterns_still_match_modules() -> None:
    assert len(SHIPPED) > 100
    listed = [(package, pattern) for package, patterns in DECIDING.items() for pattern in patterns]
    listed += [(package, pattern) for package, patterns in APART_FROM_LEAD_LISTS.items() for pattern in patterns]
    refuse(f"{package}: no module matches {pattern}" for package, pattern in listed if not in_package(package, pattern))


def rooms() -> Iterator[tuple[Path, str]]:
    """Yield the folder of every room of both packages, with the docstring of its `__init__`."""
    for package in PACKAGES:
        for init in sorted((ROOT / package).glob("*/__init__.py")):
            if init.parent.name not in ("tests", "bench"):
                yield init.parent, ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""


def test_each_room_imports_the_rooms_that_its_docstring_names_and_no_others() -> None:
    offenders = []
    for room, docstring in rooms():
        named = re.search(MAY_IMPORT, docstring)
        if named is None:
            offenders.append(f"{name_of(room)}: the docstring has no line `May import: …`")
            continue
        allowed = {room.name, *re.findall(r"\w+", named[1])} - {"nothing"}
        package = room.parent.name
        used = {room.name}
        for path in (each for each in SHIPPED if each.is_relative_to(room)):
            for line, name in imports(path):
                first, _, rest = name.partition(".")
                target = rest.partition(".")[0]
                if first == package and target not in allowed:
                    offenders.append(f"{name_of(path)}:{line} imports {name}")
                used.add(target if first == package else room.name)
        offenders += [f"{name_of(room)} imports nothing of {name}" for name in allowed - used]
    refuse(offenders)


def test_each_room_says_what_may_not_live_there() -> None:
    refuse(
        f"{name_of(room)}: the docstring names nothing that may not live there"
        for room, docstring in rooms()
        if not MAY_NOT.search(docstring.partition("May import: ")[0])
    )


def test_no_room_imports_another_in_a_circle() -> None:
    allowed = {
        room: {room.parent / name for name in re.findall(r"\w+", found[1])}
        for room, docstring in rooms()
        if (found := re.search(MAY_IMPORT, docstring))
    }

    def reached(room: Path) -> set[Path]:
        seen: set[Path] = set()
        left = [room]
        while left:
            new = allowed.get(left.pop(), set()) - seen
            seen |= new
            left += new
        return seen

    refuse(f"{name_of(room)} reaches itself" for room in allowed if room in reached(room))


def test_the_packages_never_import_each_other() -> None:
    refuse(
        f"{name_of(path)}:{line} imports {name}"
        for path in EVERY_MODULE
        for line, name in imports(path)
        if name.partition(".")[0] in set(PACKAGES) - {path.relative_to(ROOT).parts[0]}
    )


def test_only_three_rooms_open_sockets() -> None:
    opening = {"contract_tests/target", "contract_tests/live", "mock_server/connections"}
    opening.add("mock_server/readiness.py")  # a client of another mock
    clients = ("httpx2", "http.client.HTTP", "urllib.request.urlopen")
    calls_of_sockets = {"create_connection", "create_server", "open_connection", "start_server", "socket", "socketpair"}
    found = [(path, line, name) for path in SHIPPED for line, name in imports(path) if name.startswith(clients)]
    found += [(path, line, name) for path in SHIPPED for line, name in calls(path) if name in calls_of_sockets]
    assert {name_of(path) for path, _, _ in found} > {"contract_tests/target/client.py", "contract_tests/live/proxy.py"}
    refuse(
        f"{name_of(path)}:{line} uses {name}" for path, line, name in found if not name_of(path).startswith((*opening,))
    )


def test_every_import_is_absolute() -> None:
    refuse(
        f"{name_of(path)}:{node.lineno} is a relative import"
        for path in EVERY_MODULE
        for node in tree_of(path)
        if isinstance(node, ast.ImportFrom) and node.level
    )


def test_the_contract_names_no_python() -> None:
    text = (ROOT / "spec" / "openapi.yaml").read_text(encoding="utf-8")
    assert not re.findall(rf"x-openapi-router-controller|\.py\b|{'|'.join(PACKAGES)}", text)
    items = load_specification().document["paths"].values()
    ids = [item[method]["operationId"] for item in items for method in HTTP_METHODS if method in item]
    assert ids
    refuse(word for word in ids if not re.fullmatch("[A-Za-z]+", word))


def test_deciding_modules_do_no_io_and_read_no_clock_and_no_randomness() -> None:
    deciding = [path for package, patterns in DECIDING.items() for path in in_package(package, *patterns)]
    imported = [
        (path, line, name)
        for path in deciding
        for line, name in imports(path)
        if name.partition(".")[0] in IMPURE - ({"asyncio"} if name_of(path) == WAITING else set())
    ]
    called = [(path, line, name) for path in deciding for line, name in calls(path)]
    refuse(
        [f"{name_of(path)}:{line} imports {name}" for path, line, name in imported]
        + [f"{name_of(path)}:{line} calls {name}" for path, line, name in called if name in IMPURE_CALLS]
    )


def field_names() -> Iterator[str]:
    """Yield the names of the fields of a lead list that are no ordinary words, as in JSON, in Python and as an option.

    `personIds` gives `personId`, `person_id` and `person-id`, which the plural forms contain.
    """
    schemas = load_specification().document["components"]["schemas"]
    for field in {*schemas["NewLeadList"]["properties"], *schemas["LeadList"]["properties"]}:
        words = re.findall("[A-Z]?[a-z]+", field.removesuffix("s"))
        if len(words) > 1:
            yield "".join(words)
            yield from (sign.join(words).lower() for sign in "_-")


def test_generic_modules_know_no_field_of_a_lead_list() -> None:
    # The users of a target have IDs as well, and every created object has a time.
    names = {*field_names()} - {"user_id", "user-id", "created_at"}
    assert {"personId", "start_date", "icp-id"} <= names
    any_name = re.compile("|".join(sorted(names)))
    generic = [path for path in SHIPPED if not OF_LEAD_LISTS & set(path.relative_to(ROOT).parts)]
    refuse(
        f"{name_of(path)}:{number} says {found[0]}"
        for path in generic
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := any_name.search(line))
    )


def test_generic_rooms_speak_of_no_lead_list() -> None:
    patterns = [pattern for pattern in APART_FROM_LEAD_LISTS["contract_tests"] if pattern != "report/*.py"]
    refuse(  # the docstring of a room may name the product, and reports have its name in their titles
        f"{name_of(path)}:{number} says {found[0]}"
        for path in in_package("contract_tests", *patterns)
        if path.name != "__init__.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := re.search("lead list|MUST_ACCEPT_NAME|200 or 201", line, re.IGNORECASE))
    )


def test_only_the_composition_uses_the_knowledge_about_lead_lists() -> None:
    apart = [path for package, patterns in APART_FROM_LEAD_LISTS.items() for path in in_package(package, *patterns)]
    refuse(
        [
            f"{name_of(path)}:{line} imports {name}"
            for path in apart
            for line, name in imports(path)
            if "lead_list" in name or {"rules", "operations"} & set(name.split(".")[1:])
        ]
        + [f"{name_of(path)} says LeadList" for path in apart if re.search("[lL]eadList", path.read_text("utf-8"))]
    )


def test_only_commands_exit() -> None:
    commands = {"mock_server/cli.py", "contract_tests/cli.py", "contract_tests/spec_gate.py"}
    leaving = {
        name_of(path): node.lineno
        for path in SHIPPED
        for node in tree_of(path)
        if (isinstance(node, ast.Name) and node.id in {"SystemExit", "exit", "quit"})
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.exit", "os._exit"})
    }
    refuse(f"{name}:{line} exits" for name, line in leaving.items() if name not in commands)
    assert commands <= leaving.keys()


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = re.compile(r"(^|_)(utils?|helpers?|common|base|managers?|misc)($|_)")
    refuse(name_of(path) for path in EVERY_MODULE if empty.search(path.stem))


def test_installing_runs_no_script_of_a_package() -> None:
    files = ("Makefile", ".ci/tools", ".containers/Containerfile", "mock_server/bench/tools.py")
    text = "".join((ROOT / file).read_text(encoding="utf-8").replace("\\\n", " ") for file in files)
    pip = [line for line in text.splitlines() if re.search("pip install", line)]
    npm = [line for line in text.splitlines() if re.search("npm (ci|install)", line)]
    own = ("--editable .", "dist/*.whl")  # a wheel of another package runs no script; this one is built from here
    assert len(pip) >= 7
    assert [line for line in pip if "--only-binary :all:" not in line and not line.endswith(own)] == []
    assert [line for line in npm if "--ignore-scripts" not in line] == []
    assert '"--only-binary", ":all:"' in text
    assert '"--ignore-scripts"' in text
    settings = (ROOT / ".npm-tools" / ".npmrc").read_text(encoding="utf-8").splitlines()
    assert "ignore-scripts=true" in settings


def test_the_visible_top_level_is_as_agreed() -> None:
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).split()
    else:
        listed = [path.name for path in ROOT.iterdir() if path.name not in ("dist", "__pycache__")]
    assert {name.partition("/")[0] for name in listed if not name.startswith(".")} == TOP_LEVEL


def test_the_readmes_of_the_packages_name_files_that_exist() -> None:
    for package in PACKAGES:
        text = (ROOT / package / "README.md").read_text(encoding="utf-8")
        named = set(re.findall(r"`((?:\w+/)+\w+\.(?:py|js|ts|yaml))`", text))
        assert len(named) > 10
        refuse(
            f"{package}/README.md names {name}"
            for name in named
            if not (ROOT / package / name).exists() and not (ROOT / name).exists()
        )


def test_modules_and_functions_stay_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SHIPPED}
    refuse(f"{name_of(path)} has {length} lines" for path, length in lengths.items() if length > LONGEST_MODULE)
    refuse(
        f"{name_of(path)}:{node.lineno} {node.name} has {length} lines"
        for path in SHIPPED
        for node in tree_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    )
