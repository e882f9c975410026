"""Settings from flags, environment variables and leadlists.toml."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mock_server.contract.spelling import near
from mock_server.settings.values import SettingError, Settings

CONFIG_FILE = "leadlists.toml"
CONFIG_TABLE = "mock"
TABLES = (CONFIG_TABLE, "contract")  # of the mock, and of the contract tests
VARIABLE_PREFIX = "LEADLISTS_MOCK_"
LIKENESS = 0.75  # PROT and PORT; less would take LEADLISTS_MOCK_URL for LEADLISTS_MOCK_USER

FIELDS = {field.name: field for field in dataclasses.fields(Settings)}


def is_repeatable(name: str) -> bool:
    """Return whether a setting is a list; each use of its flag then adds an entry."""
    return isinstance(FIELDS[name].default, tuple)


def default_text(name: str) -> str:
    """Return the default of a setting as text for its flag; empty for lists, switches and None."""
    default = FIELDS[name].default
    return "" if default is None or isinstance(default, bool | tuple) else str(default)


def gather(
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    config: Path | None = None,
    *,
    warn: Callable[[str], None] = lambda text: None,
) -> Settings:
    """Resolve each setting: a flag overrides a variable, a variable the file, and the file the default.

    An empty variable counts as not set. `warn` is called with one line for each ignored variable.
    """
    table, where = _read_file(config)
    _report_misspelled(environment, warn)
    values = {}
    for name in FIELDS:
        flag, key = "--" + name.replace("_", "-"), name.replace("_", "-")
        variable = VARIABLE_PREFIX + name.upper()
        if flags.get(name) not in (None, ()):
            values[name] = _parse(name, flags[name], flag)
        elif (text := environment.get(variable, "").strip()) and not _is_of_kubernetes(name, text, variable, warn):
            values[name] = _parse(name, text.split() if is_repeatable(name) else text, variable)
        elif key in table:
            values[name] = _parse(name, table[key], f"{key} in {where}")
    unknown = sorted(set(table) - {name.replace("_", "-") for name in FIELDS})
    if unknown:
        raise SettingError(f"{where}: there is no setting {', '.join(unknown)}; a key is an option without its dashes")
    return Settings(**values)


def _report_misspelled(environment: Mapping[str, str], warn: Callable[[str], None]) -> None:
    """Report variables that differ little from those of the settings; Kubernetes sets others with the same prefix."""
    names = [each.upper() for each in FIELDS]
    for variable in environment:
        name = variable.removeprefix(VARIABLE_PREFIX)
        if variable.startswith(VARIABLE_PREFIX) and name not in names and (meant := near(name, names, LIKENESS)):
            warn(f"{variable} is not a setting; did you mean {VARIABLE_PREFIX}{meant}?")


def _is_of_kubernetes(name: str, text: str, variable: str, warn: Callable[[str], None]) -> bool:
    """Return whether Kubernetes set the variable: for a Service leadlists-mock it sets LEADLISTS_MOCK_PORT to a URL."""
    if name != "port" or not re.fullmatch(r"(tcp|udp|sctp)://\S+", text):
        return False
    warn(f"{variable}={text} is ignored: Kubernetes sets it for a Service of this name; choose the port with --port")
    return True


def _parse(name: str, value: Any, source: str) -> Any:
    """Parse the value of a setting: numbers, booleans and lists from a file, text from all other sources."""
    parse = FIELDS[name].metadata["parse"]
    many = is_repeatable(name)
    if many != isinstance(value, list | tuple) or isinstance(value, dict):
        raise SettingError(f"{source}: {value!r} must be {'a list of strings' if many else 'a single value'}")
    parsed = []
    for entry in value if many else [value]:
        try:
            parsed.append(parse(str(entry)))
        except ValueError as error:
            raise SettingError(f"{source}: {entry!r} {error}") from None
    return tuple(parsed) if many else parsed[0]


def _read_file(config: Path | None) -> tuple[dict[str, Any], str]:
    path = config or Path(CONFIG_FILE)
    where = f"{path}, table [{CONFIG_TABLE}]"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if config is None:
            return {}, where
        raise SettingError(f"--config: the file {path} does not exist") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingError(f"{path} cannot be read as TOML: {error}") from None
    if unknown := sorted(set(content) - {*TABLES}):
        raise SettingError(
            f"{path}: there is no table or key {', '.join(unknown)}; settings of the mock are in [{CONFIG_TABLE}]"
        )
    table = content.get(CONFIG_TABLE, {})
    if not isinstance(table, dict):
        raise SettingError(f"{path}: {CONFIG_TABLE} must be a table: [{CONFIG_TABLE}]")
    return table, where
