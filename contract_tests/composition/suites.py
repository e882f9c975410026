"""The operation suites that every command uses, the options of a run with them, and the settings from those options."""

from __future__ import annotations

from functools import partial

from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.operation_suite import OperationSuite
from contract_tests.settings import options, sources

SUITES: tuple[OperationSuite, ...] = (LEAD_LISTS,)

_of_ids = tuple(option for suite in SUITES for option in suite.id_options)
_names = tuple(option.name for option in _of_ids)
RUN_OPTIONS = options.with_id_options(_of_ids)
SEEN_OPTIONS = (*options.GENERIC_SEEN_OPTIONS, *_names)
FUZZ_OPTIONS = (*options.GENERIC_FUZZ_OPTIONS, *_names)
DOCTOR_OPTIONS = (*options.GENERIC_DOCTOR_OPTIONS, *_names)
REPLAY_OPTIONS = (*options.GENERIC_REPLAY_OPTIONS, *_names)
gather = partial(sources.gather, of_ids=_of_ids)
