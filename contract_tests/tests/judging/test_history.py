"""Test how the creator is inferred without a known user ID: from what the lists of one user have in common."""

from __future__ import annotations

from contract_tests.contract.terms import Terms
from contract_tests.judging.oracles.history import replayed_refusals
from contract_tests.judging.verdict import Judgement, Outcome, Verdict, broken, held
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.lead_lists.creators import creator_displaced, steady_creator, strangers
from contract_tests.operation_suite import judge_with
from contract_tests.settings.values import Session, Settings
from contract_tests.target.exchange import Exchange
from contract_tests.tests.corpus.exchanges import (
    BASE_URL,
    case,
    created,
    exchange,
    judgements,
    problem,
    request,
    sent_body,
    terms,
)

CLAUSE = "response.userIds.includes-creator"
FIRST, SECOND = Session("first", bearer="bearer-one"), Session("second", bearer="bearer-two")
JUDGE = judge_with(Terms.of(terms().specification, Settings(BASE_URL, FIRST, SECOND)), (LEAD_LISTS,))


def of(session: Session, *users: str) -> Exchange:
    return exchange(request(login=session.login()), answer=created(userIds=list(users)))


def found(*exchanges: Exchange) -> list[Judgement]:
    return list(steady_creator([JUDGE.case(one) for one in exchanges]))


def test_lists_of_one_user_have_a_creator_in_common() -> None:
    lists = [of(FIRST, "a", "b"), of(FIRST, "c", "b"), of(FIRST, "b")]
    assert found(*lists) == [held(CLAUSE, lists[2])]


def test_two_lists_of_one_user_without_a_common_user_are_both_reported() -> None:
    one, other = of(FIRST, "b", "a"), of(FIRST, "d", "c")
    expected, actual = "the same creator in both lists of a user", "['a', 'b'] and then ['c', 'd']"
    assert found(of(SECOND, "z"), one, other) == [broken(CLAUSE, one, other, expected=expected, actual=actual)]


def test_a_list_without_users_between_two_changes_nothing() -> None:
    nothing = exchange(request(login=FIRST.login()), answer=created(userIds=None))
    assert [told.outcome for told in found(of(FIRST, "a"), nothing, of(FIRST, "b")) if isinstance(told, Verdict)] == [
        Outcome.BROKEN
    ]


def test_later_lists_may_have_more_users_than_the_creator() -> None:
    lists = [of(FIRST, "a", "b"), of(FIRST, "a", "c"), of(FIRST, "c")]
    expected, actual = "the same creator in both lists of a user", "['a'] and then ['c']"
    assert found(*lists) == [broken(CLAUSE, lists[1], lists[2], expected=expected, actual=actual)]


STRANGER = "response.userIds.no-stranger"


def strangers_in(*exchanges: Exchange) -> list[Judgement]:
    return list(strangers([JUDGE.case(one) for one in exchanges]))


def test_a_user_of_another_is_a_stranger_even_if_no_id_is_known() -> None:
    own, other = of(FIRST, "a"), of(SECOND, "a", "b")
    assert strangers_in(own, other) == [
        broken(STRANGER, own, other, expected="not 'a', who is in every list of another user", actual="['a', 'b']")
    ]


def test_a_user_of_another_in_one_list_alone_is_a_stranger() -> None:
    lists = [of(FIRST, "a"), of(SECOND, "b"), of(SECOND, "b", "a")]
    assert [told.outcome for told in strangers_in(*lists) if isinstance(told, Verdict)] == [
        Outcome.BROKEN,  # the first user in a list of the second
        Outcome.HELD,
    ]


def test_users_with_lists_of_their_own_are_no_strangers() -> None:
    lists = [of(FIRST, "a"), of(SECOND, "b")]
    assert strangers_in(*lists) == [held(STRANGER, lists[1]), held(STRANGER, lists[0])]


def test_nothing_is_known_of_users_who_share_an_administrator() -> None:
    assert strangers_in(of(FIRST, "a", "admin"), of(SECOND, "b", "admin"), of(SECOND, "b", "admin")) == []


def test_two_tokens_of_one_user_show_no_stranger() -> None:
    assert strangers_in(of(FIRST, "a"), of(SECOND, "a", "b"), of(SECOND, "a")) == []


def test_a_user_whom_the_request_names_is_no_stranger() -> None:
    invited = exchange(request(sent_body(userIds=["a"]), login=SECOND.login()), answer=created(userIds=["b", "a"]))
    lists = [of(FIRST, "a"), of(SECOND, "b"), invited]
    assert strangers_in(*lists) == [held(STRANGER, invited), held(STRANGER, lists[0])]


def test_an_unknown_creator_may_be_displaced_undetected() -> None:
    invited = exchange(request(sent_body(userIds=["x"]), login=FIRST.login()), answer=created(userIds=["x"]))
    assert list(creator_displaced([JUDGE.case(invited)])) == []
    (told,) = creator_displaced([JUDGE.case(one) for one in (of(FIRST, "a"), invited)])
    assert isinstance(told, Verdict)
    assert (told.clause, told.actual) == ("request.body.server-made", "['x']")


def test_an_exchange_alone_is_judged_as_all_of_a_history() -> None:
    refused = JUDGE.case(exchange(status=400))
    assert {f.clause for f in JUDGE.judge_all(refused) if isinstance(f, Verdict)} >= {
        "success.created",
        "error.message",
    }
    assert JUDGE.judge_all(refused) == JUDGE.judge(refused) + JUDGE.judge_history([refused])


def test_lists_of_two_users_have_different_creators() -> None:
    first, second = of(FIRST, "a"), of(SECOND, "a")
    expected, actual = "a different creator for each of the two users", "['a'] for both"
    assert found(first, second) == [
        held(CLAUSE, first),
        held(CLAUSE, second),
        broken(CLAUSE, first, second, expected=expected, actual=actual),
    ]
    assert found(first, of(SECOND, "b")) == [held(CLAUSE, first), held(CLAUSE, of(SECOND, "b"))]
    whole_team = [of(FIRST, "a", "b"), of(SECOND, "a", "b")]
    assert found(*whole_team) == [held(CLAUSE, one) for one in whole_team]


def refused_with_key(body: dict[str, object], at_s: float, path: str = "/name") -> Exchange:
    asked = request(body, headers=(("Idempotency-Key", "key"),))
    return exchange(asked, 400, problem(details=[{"path": path, "message": "is wrong"}]), at_s=at_s)


def test_a_refusal_that_comes_back_for_the_corrected_body_breaks_success() -> None:
    first, again = refused_with_key(sent_body(name=7), 0), refused_with_key(sent_body(), 1)
    (told,) = replayed_refusals([case(first), case(again)])
    assert isinstance(told, Verdict)
    assert (told.clause, told.exchanges) == ("success.created", (first, again))
    assert told.actual == "400 about name, as for another body with the same Idempotency-Key"


def test_a_key_may_be_refused_for_another_body() -> None:
    exchanges = refused_with_key(sent_body(name=7), 0), refused_with_key(sent_body(), 1, "Idempotency-Key")
    told = [judgement for judgement in judgements(*exchanges) if isinstance(judgement, Verdict)]
    assert [judgement.clause for judgement in told if judgement.outcome is Outcome.BROKEN] == []
