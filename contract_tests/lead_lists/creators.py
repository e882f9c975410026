"""Judge userIds over several lists: whose lists they are shows in what the lists of one user have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contract_tests.contract.schema import short
from contract_tests.judging.case import Case, HistoryOracle
from contract_tests.judging.verdict import Judgement, broken, held
from contract_tests.settings.values import Session


def steady_creator(cases: Sequence[Case]) -> Iterator[Judgement]:
    """The lists of one user have a user in common, even if its ID is unknown; those of two users do not."""
    common: dict[str, set[str]] = {}
    shown: dict[str, Case] = {}
    for case in cases:
        session, own = case.expectation.caller.session, _granted(case)
        if session is None or own is None:
            continue
        if (clause := case.clause("response.userIds.includes-creator")) is None:
            continue
        before = common.setdefault(session.name, own)
        if before and not before & own and session.user_id is None:
            yield broken(
                clause,
                shown[session.name].exchange,
                case.exchange,
                expected="the same creator in both lists of a user",
                actual=f"{sorted(before)} and then {sorted(own)}",
            )
            return
        common[session.name] = before & own
        shown[session.name] = case
    for name, case in shown.items():
        if common[name]:
            yield held("response.userIds.includes-creator", case.exchange)
    shared = set.intersection(*common.values()) if len(common) == 2 else set()
    if shared and all(len(ids) == 1 for ids in common.values()):
        first, second = shown.values()
        yield broken(
            "response.userIds.includes-creator",
            first.exchange,
            second.exchange,
            expected="a different creator for each of the two users",
            actual=f"{sorted(shared)} for both",
        )


def strangers(cases: Sequence[Case]) -> Iterator[Judgement]:
    """A user who is the only one that all lists of one user have in common is in no list of the other user.

    So the IDs of the users need not be known; where they are, each list shows it alone: server_made.access.
    """
    lists: dict[Session, list[tuple[Case, set[str]]]] = {}
    for case in cases:
        session, users = case.expectation.caller.session, _granted(case)
        if session and users and case.clause("response.userIds.no-stranger"):
            lists.setdefault(session, []).append((case, users))
    if len(lists) != 2:
        return
    (one, its_lists), (other, their_lists) = lists.items()
    for session, own, others in ((one, its_lists, their_lists), (other, their_lists, its_lists)):
        common = set.intersection(*(users for _, users in own))
        if session.user_id is not None or len(common) != 1:
            continue
        (creator,) = common
        shared = next((case for case, users in others if creator in users), None)
        if shared is None:
            yield held("response.userIds.no-stranger", others[-1][0].exchange)
        elif set.intersection(*(users for _, users in others)) != common:  # else both are one user: steady_creator
            yield broken(
                "response.userIds.no-stranger",
                own[-1][0].exchange,
                shared.exchange,
                expected=f"not {creator!r}, who is in every list of another user",
                actual=short((shared.created or {})["userIds"]),
            )


def creator_displaced(cases: Sequence[Case]) -> Iterator[Judgement]:
    """userIds that the client sends never replace the creator, who is in all other lists."""
    present: dict[str, set[str]] = {}
    for case in cases:
        session, users = case.expectation.caller.session, (case.created or {}).get("userIds")
        if session and "userIds" not in case.sent and isinstance(users, list) and session.name not in present:
            present[session.name] = {user for user in users if isinstance(user, str)}
    for case in cases:
        session, users = case.expectation.caller.session, (case.created or {}).get("userIds")
        if session is None or "userIds" not in case.sent or not isinstance(users, list):
            continue
        clause = case.clause("request.body.server-made")
        creator = {session.user_id} if session.user_id else present.get(session.name, set())
        if clause and creator and creator <= present.get(session.name, creator):
            if creator.isdisjoint(user for user in users if isinstance(user, str)):
                expected, actual = f"the creator in userIds: {sorted(creator)}", f"{users!r:.80}"
                yield broken(clause, case.exchange, expected=expected, actual=actual)
            else:
                yield held(clause, case.exchange)


def _granted(case: Case) -> set[str] | None:
    """Return the users of the created list, without those whom the request names; None if it has no list of users."""
    users = case.created.get("userIds") if case.created else None
    if not isinstance(users, list) or not all(isinstance(user, str) for user in users):
        return None
    invited = case.sent.get("userIds")
    return set(users) - {user for user in (invited if isinstance(invited, list) else ()) if isinstance(user, str)}


ORACLES = (
    HistoryOracle(("response.userIds.includes-creator",), steady_creator),
    HistoryOracle(("response.userIds.no-stranger",), strangers),
    HistoryOracle(("request.body.server-made",), creator_displaced),
)
