"""Settings from flags, environment variables and leadlists.toml."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mock_server.settings.values import SettingError, Settings

CONFIG_FILE = "leadlists.toml"
CONFIG_TABLE = "mock"
VARIABLE_PREFIX = "LEADLISTS_MOCK_"

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
        table = tomllib.loads(path.read_text(encoding="utf-8")).get(CONFIG_TABLE, {})
    except FileNotFoundError:
        if config is None:
            return {}, where
        raise SettingError(f"--config: the file {path} does not exist") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{path} cannot be read as TOML: {error}") from None
    if not isinstance(table, dict):
        raise SettingError(f"{path}: {CONFIG_TABLE} must be a table: [{CONFIG_TABLE}]")
    return table, where
