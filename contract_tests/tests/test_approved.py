"""What the judges say of the corpus is what was approved; `python -m contract_tests.tests.approved` approves anew."""

from __future__ import annotations

from itertools import zip_longest

import pytest

from contract_tests.tests.approved import FOLDER, said, topics


@pytest.mark.parametrize("topic", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_the_judges_say_what_was_approved(topic: str) -> None:
    approved = (FOLDER / f"{topic}.txt").read_text(encoding="utf-8").splitlines()
    now = said(topic).splitlines()
    different = [(old, new) for old, new in zip_longest(approved, now) if old != new]
    assert not different, f"{topic}: {different[:3]}"
