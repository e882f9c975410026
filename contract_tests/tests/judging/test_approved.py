"""Compare judgements on the corpus with the approved text; `python -m contract_tests.tests.approved` rewrites it."""

from __future__ import annotations

import pytest

from contract_tests.tests.approved import TOPICS, entries, read

PARTS = 8  # so that a judge that changed fails early


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("topic", TOPICS)
def test_the_findings_equal_the_approved_text(topic: str, part: int) -> None:
    approved = read(topic)
    for label, told in list(entries(topic).items())[part::PARTS]:
        assert f"{label}\n{told()}" == f"{label}\n{approved.get(label)}"


@pytest.mark.parametrize("topic", TOPICS)
def test_every_approved_entry_is_in_the_corpus(topic: str) -> None:
    assert set(read(topic)) == set(entries(topic))
