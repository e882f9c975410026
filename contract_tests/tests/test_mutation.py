"""Test the report of `make mutation`, and that its settings name files that exist."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from contract_tests.judging import text
from contract_tests.tests.mutants import ROOT, Mutant, MutatedModule, put_in
from contract_tests.tests.mutation import LEAST_SHARE, interval, is_no_change, report

SURVIVOR = Mutant("judging.text.x_bare__mutmut_2", "judging/text.py", "", "bare", 12, "return a -> return b", "")


def test_the_report_lists_the_survivors_and_the_share_of_the_others() -> None:
    assert list(report([SURVIVOR], 10, sampled=False)) == [
        "judging/text.py:12 judging.text.x_bare__mutmut_2\n    return a -> return b",
        "Killed 9 of 10 mutants, 90.0%.",
    ]
    assert list(report([], 100, sampled=True)) == [
        "Killed 100 of 100 mutants, 100.0%; of all mutants, 96.3% to 100.0% (with 95 % confidence)."
    ]
    assert list(report([], 0, sampled=False)) == ["Killed 0 of 0 mutants, 0.0%."]


def test_a_mutant_changes_its_function_wherever_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    module = MutatedModule.make(Path("contract_tests/judging/text.py"))
    mutant = module.mutant(module.names[0])
    assert (mutant.function, mutant.change) == ("same_text", "if got == sent: -> if got != sent:")
    assert (ROOT / mutant.path).read_text(encoding="utf-8").split("\n")[mutant.line - 1].strip() == "if got == sent:"
    used, code = text.same_text, text.same_text.__code__
    try:
        put_in(mutant)
        assert used("a", "b")
    finally:
        used.__code__ = code
    assert not used("a", "b")


@pytest.mark.parametrize(
    ("killed", "total", "low", "high"),
    [(522, 574, 0.8832, 0.9302), (9, 10, 0.5958, 0.9821), (0, 10, 0.0, 0.2775), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wide_for_few_mutants(killed: int, total: int, low: float, high: float) -> None:
    assert interval(killed, total) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(
    ("change", "is_none"),
    [
        ('a.header("Accept") -> a.header("ACCEPT")', True),
        ('a.header("Accept") -> a.header("XXAcceptXX")', False),
        ('a.header("Accept") or "x" -> a.header("accept") or "X"', False),
    ],
)
def test_the_case_of_a_header_name_is_no_change(change: str, is_none: bool) -> None:
    assert is_no_change(change) is is_none


def test_the_modules_and_tests_of_the_settings_exist() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        settings = tomllib.load(file)["tool"]["mutmut"]
    named = [*settings["only_mutate"], *settings["pytest_add_cli_args_test_selection"]]
    assert [path for path in named if not any(ROOT.glob(path))] == []


def test_the_readme_names_the_required_share() -> None:
    assert f"at least {LEAST_SHARE:.0%}".replace("%", " %") in (ROOT / "contract_tests" / "README.md").read_text(
        encoding="utf-8"
    )
