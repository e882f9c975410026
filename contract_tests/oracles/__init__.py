"""Every oracle there is: pure judgement of finished exchanges, each naming the clauses that it speaks of."""

from contract_tests.case import HistoryOracle, Oracle
from contract_tests.oracles import answers, blame, echo, errors, history, lead_list, success

__all__ = ["HISTORY_ORACLES", "ORACLES"]

ORACLES: tuple[Oracle, ...] = (*answers.ORACLES, *errors.ORACLES, *success.ORACLES, *echo.ORACLES, *lead_list.ORACLES)
HISTORY_ORACLES: tuple[HistoryOracle, ...] = (*blame.ORACLES, *history.ORACLES)
