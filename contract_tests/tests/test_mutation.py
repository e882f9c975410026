"""Test when `make mutation` fails, and its report."""

from __future__ import annotations

import tomllib

import pytest

from contract_tests.tests.mutation import (
    LEAST_SHARE,
    REASONS,
    ROOT,
    Mutant,
    Reason,
    complaints,
    matches,
    read_reasons,
    report,
)

SAME = Reason("It does the same.", ("judging.text.bare: return a -> *",))
SURVIVOR = Mutant("judging.text", "bare", "return a -> return b", 12, killed=False)
KILLED = Mutant("judging.text", "bare", "", 0, killed=True)


def test_survivors_with_reasons_pass_as_long_as_they_are_few() -> None:
    assert complaints([SURVIVOR, *[KILLED] * 9], [SAME]) == []
    assert complaints([SURVIVOR, *[KILLED] * 8], [SAME]) == ["88.9% killed, at least 90% are asked for"]
    assert complaints([KILLED], []) == []
    assert complaints([], []) == ["0.0% killed, at least 90% are asked for"]


def test_a_survivor_without_a_reason_and_a_reason_without_a_survivor_are_reported() -> None:
    assert complaints([SURVIVOR, *[KILLED] * 9], []) == ["no reason: judging.text.bare: return a -> return b"]
    assert complaints([KILLED], [SAME]) == ["no such survivor: judging.text.bare: return a -> *"]


@pytest.mark.parametrize(
    ("pattern", "is_so"),
    [
        ("judging.text.bare: return a -> return b", True),
        ("judging.text.bare: * -> return b", True),
        ("judging.*", True),
        ("judging.text.bare: return a", False),
        ("judging.textXbare: *", False),
    ],
)
def test_a_star_matches_anything(pattern: str, is_so: bool) -> None:
    assert matches(pattern, SURVIVOR.text) is is_so


def test_the_report_has_the_share_by_module_and_each_survivor_with_its_reason() -> None:
    text = "\n".join(report([SURVIVOR, KILLED, Mutant("judging.body", "read_body", "a -> b", 3, killed=False)], [SAME]))
    assert "33.3% of 3 are killed." in text
    assert "| judging.text | 2 | 1 | 50.0% |" in text
    assert "It does the same. (1)\n\n- contract_tests/judging/text.py:12 `bare`: `return a -> return b`" in text
    assert "No reason is known. (1)\n\n- contract_tests/judging/body.py:3 `read_body`: `a -> b`" in text


def test_every_reason_is_given_once_and_names_its_mutants() -> None:
    reasons = read_reasons(REASONS)
    patterns = [pattern for reason in reasons for pattern in reason.mutants]
    assert len(set(patterns)) == len(patterns)
    assert all(reason.why and reason.mutants for reason in reasons)


def test_the_modules_and_tests_of_the_settings_exist() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        settings = tomllib.load(file)["tool"]["mutmut"]
    named = [*settings["only_mutate"], *settings["pytest_add_cli_args_test_selection"]]
    assert [path for path in named if not any(ROOT.glob(path))] == []
    mutated = {path for pattern in settings["only_mutate"] for path in ROOT.glob(pattern)}
    modules = {".".join(path.relative_to(ROOT / "contract_tests").with_suffix("").parts) for path in mutated}
    reasons = [pattern.partition(": ")[0] for reason in read_reasons(REASONS) for pattern in reason.mutants]
    assert [name for name in reasons if name != "*" and not any(name.startswith(f"{m}.") for m in modules)] == []


def test_the_readme_names_the_required_share() -> None:
    assert f"at least {LEAST_SHARE:.0%}".replace("%", " %") in (ROOT / "contract_tests" / "README.md").read_text(
        encoding="utf-8"
    )
