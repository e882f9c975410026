"""Mutants of the judging code: functions changed in one place, as mutmut makes them, put in place of the original."""

from __future__ import annotations
import __future__

import importlib
import json
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import Any

ROOT = Path(__file__).parents[2]
# As `make check`, which would refuse such a change as well.
TYPE_CHECK = ("--config-file=", "--strict", "--no-warn-unused-ignores", "--explicit-package-bases", "--output=json")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a function. path: of the module; owner: the class of a method, else empty.

    line: of the change in the module. change: the old line, an arrow, the new line.
    """

    name: str
    path: str
    owner: str
    function: str
    line: int
    change: str
    source: str = field(repr=False)

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".")


def find_original(mutant: Mutant) -> FunctionType:
    """Return the function that a mutant changes."""
    module = importlib.import_module(mutant.module)
    found = vars(getattr(module, mutant.owner) if mutant.owner else module)[mutant.function]
    return _bare(found)


def _bare(found: Any) -> FunctionType:
    function: FunctionType = getattr(found, "__func__", found)  # of a static method or class method
    return function


def put_in(mutant: Mutant) -> None:
    """Change the function in this process, wherever it is already referred to."""
    original = find_original(mutant)
    lines = textwrap.dedent(mutant.source)
    if mutant.owner:  # for `super()` and for private names
        lines = f"class {mutant.owner}:\n{textwrap.indent(lines, '    ')}"
    scope = dict(vars(sys.modules[original.__module__]))
    exec(compile(lines, mutant.path, "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True), scope)
    changed = _bare(vars(scope[mutant.owner])[mutant.function] if mutant.owner else scope[mutant.function])
    original.__code__, original.__defaults__ = changed.__code__, changed.__defaults__
    original.__kwdefaults__ = changed.__kwdefaults__


@dataclass(frozen=True, slots=True)
class MutatedModule:
    """A module with all mutants of its functions next to each other. spans: first and last line of each mutant."""

    path: str
    lines: tuple[str, ...]
    spans: dict[str, tuple[int, int]]

    @classmethod
    def make(cls, path: Path) -> MutatedModule:
        """Mutate the module at a path below the current folder."""
        from mutmut.mutation.file_mutation import mutate_file_contents  # takes long to import

        mutated = mutate_file_contents(str(path), path.read_text(encoding="utf-8"))
        found = mutated.line_span_by_function_name
        spans = {name: (found[name].start, found[name].end) for name in mutated.mutant_names}
        spans |= {name: (span.start, span.end) for name, span in found.items() if name.endswith("_orig")}
        return cls(str(path), tuple(mutated.code.split("\n")), spans)

    @property
    def names(self) -> list[str]:
        return [name for name in self.spans if not name.endswith("_orig")]

    def text(self, name: str) -> str:
        first, last = self.spans[name]
        return "\n".join(self.lines[first - 1 : last]).strip("\n")

    def mutant(self, name: str) -> Mutant:
        """Return the mutant of a name, x_FUNCTION__mutmut_N or xǁCLASSǁFUNCTION__mutmut_N."""
        mangled = name.rpartition("__mutmut_")[0]
        owner, function = mangled.split("ǁ")[1:] if "ǁ" in mangled else ("", mangled.removeprefix("x_"))
        before, after = (
            re.sub(rf"\b{mangled}__mutmut_\w+", function, self.text(each)) for each in (f"{mangled}__mutmut_orig", name)
        )
        head = _line_of(owner, function, Path(self.path).read_text(encoding="utf-8").split("\n"))
        at, change = _difference(before.split("\n"), after.split("\n"))
        module = self.path.removesuffix(".py").replace("/", ".")
        return Mutant(f"{module}.{name}", self.path, owner, function, head + at, change, after)

    def only(self, names: Iterable[str]) -> str:
        """Return the text of the module without the other mutants, with the same line numbers."""
        lines, kept = list(self.lines), set(names)
        for name in self.names:
            if name not in kept:
                first, last = self.spans[name]
                lines[first - 1 : last] = [""] * (last - first + 1)
        return "\n".join(lines)


def _line_of(owner: str, function: str, lines: Sequence[str]) -> int:
    after = next((n for n, line in enumerate(lines) if re.match(rf"class {owner}\b", line)), 0) if owner else 0
    return next(
        n for n, line in enumerate(lines[after:], after + 1) if re.match(rf"\s*(async )?def {function}\(", line)
    )


def _difference(before: Sequence[str], after: Sequence[str]) -> tuple[int, str]:
    """Return where two texts differ first, and how: the old lines, an arrow, the new lines."""
    start = next((n for n, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), 0)
    ends = 0
    while ends < min(len(before), len(after)) - start and before[-1 - ends] == after[-1 - ends]:
        ends += 1
    old, new = (" ".join(line.strip() for line in lines[start : len(lines) - ends]) for lines in (before, after))
    return start, f"{old} -> {new}"


def refused_by_types(
    modules: Sequence[MutatedModule], chosen: Sequence[tuple[str, str]], folder: Path
) -> Iterator[tuple[str, str]]:
    """Yield those of the chosen mutants, by path and name, that mypy refuses; folder: for the changed modules."""
    names = {module.path: [name for path, name in chosen if path == module.path] for module in modules}
    checked = [module for module in modules if names[module.path]]
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "contract_tests", folder / "contract_tests", ignore=shutil.ignore_patterns("tests", "*.pyc"))
    for module in checked:
        (folder / module.path).write_text(module.only(names[module.path]), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", *TYPE_CHECK, *(module.path for module in checked)]
    found = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, encoding="utf-8").stdout
    wrong = {
        (each["file"], each["line"])
        for each in map(json.loads, filter(str.strip, found.splitlines()))
        if each["severity"] == "error"
    }
    for module in checked:
        for name in names[module.path]:
            first, last = module.spans[name]
            if any(path == module.path and first <= line <= last for path, line in wrong):
                yield module.path, name
