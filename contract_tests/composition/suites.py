"""The operation suites of a run, the options of a run with them, and the settings from those options."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module

from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.operation_suite import OperationSuite
from contract_tests.settings import options, sources
from contract_tests.settings.options import Option
from contract_tests.settings.values import UsageError

SUITES: tuple[OperationSuite, ...] = (LEAD_LISTS,)


def load_suites(names: Sequence[str]) -> tuple[OperationSuite, ...]:
    """Return the bundled suites, and those that the user names. names: the values of --suite. Raises UsageError."""
    return (*SUITES, *map(_load, names))


def _load(name: str) -> OperationSuite:
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise UsageError(f"--suite: {name!r} names no suite; write it as MODULE:NAME, for example shop.suites:NOTES")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # last: a folder `contract_tests` of the user must not replace this package
    try:
        found = getattr(import_module(module), attribute, None)
    except Exception as error:  # of whatever kind: it is code of the user
        why = f"{module} cannot be imported: {type(error).__name__}: {error}"
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            missing = f"there is no module {error.name!r}, neither in {os.getcwd()} nor installed"
            why = f"{missing}; run the command in the folder of {module}"
        raise UsageError(f"--suite {name}: {why}") from None
    if not isinstance(found, OperationSuite):
        what = "is not an OperationSuite" if found is not None else "does not exist"
        raise UsageError(f"--suite {name}: {attribute} {what}; name an OperationSuite of {module}")
    return found


def _id_options(names: Sequence[str]) -> tuple[Option, ...]:
    return tuple(option for suite in load_suites(names) for option in suite.id_options)


_names = tuple(option.name for option in _id_options(()))
RUN_OPTIONS = options.with_id_options(_id_options(()))
SEEN_OPTIONS = (*options.GENERIC_SEEN_OPTIONS, *_names)
FUZZ_OPTIONS = (*options.GENERIC_FUZZ_OPTIONS, *_names)
DOCTOR_OPTIONS = (*options.GENERIC_DOCTOR_OPTIONS, *_names)
REPLAY_OPTIONS = (*options.GENERIC_REPLAY_OPTIONS, *_names)
gather = partial(sources.gather, of_ids=_id_options)
