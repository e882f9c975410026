"""A suite that judges any server of the lead list endpoint by its URL.

    settings = Settings("http://127.0.0.1:8080", Session("first", bearer="TOKEN"))
    with open_run(settings) as run:
        result = run.conduct(print)

What is listed here may be used by other programs; everything else may change with any version.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contract_tests.composition.reproduce import assert_clause
    from contract_tests.composition.run import open_run
    from contract_tests.judging.case import Case, HistoryOracle, Oracle
    from contract_tests.judging.judge import OperationRules
    from contract_tests.judging.verdict import Observation, Outcome, Verdict, broken, held, warned
    from contract_tests.lead_lists import LEAD_LISTS
    from contract_tests.operation_suite import OperationSuite
    from contract_tests.results.record_reading import read_result
    from contract_tests.results.result import RunResult
    from contract_tests.settings.values import Depth, Session, Settings
    from contract_tests.target.exchange import Request

__all__ = [
    "LEAD_LISTS",
    "Case",
    "Depth",
    "HistoryOracle",
    "Observation",
    "OperationRules",
    "OperationSuite",
    "Oracle",
    "Outcome",
    "Request",
    "RunResult",
    "Session",
    "Settings",
    "Verdict",
    "assert_clause",
    "broken",
    "held",
    "open_run",
    "read_result",
    "warned",
]

_MODULES = {
    "composition.reproduce": ("assert_clause",),
    "composition.run": ("open_run",),
    "judging.case": ("Case", "HistoryOracle", "Oracle"),
    "judging.judge": ("OperationRules",),
    "judging.verdict": ("Observation", "Outcome", "Verdict", "broken", "held", "warned"),
    "lead_lists": ("LEAD_LISTS",),
    "operation_suite": ("OperationSuite",),
    "results.record_reading": ("read_result",),
    "results.result": ("RunResult",),
    "settings.values": ("Depth", "Session", "Settings"),
    "target.exchange": ("Request",),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `leadlists-contract --help` must not load Hypothesis."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"contract_tests.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
