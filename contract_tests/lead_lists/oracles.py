"""Every oracle there is: pure judgement of finished exchanges, each naming the clauses that it speaks of."""

from contract_tests.judging.case import HistoryOracle, Oracle
from contract_tests.judging.oracles import answers, blame, errors, history, success
from contract_tests.lead_lists import echo
from contract_tests.lead_lists import server_made as lead_list

__all__ = ["HISTORY_ORACLES", "ORACLES"]

ORACLES: tuple[Oracle, ...] = (*answers.ORACLES, *errors.ORACLES, *success.ORACLES, *echo.ORACLES, *lead_list.ORACLES)
HISTORY_ORACLES: tuple[HistoryOracle, ...] = (*blame.ORACLES, *history.ORACLES)
