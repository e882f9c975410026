"""A process that has used much memory for a moment gives it back, although something between is still used."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from contract_tests.engine import memory

MIB = 1024 * 1024


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give back what they can themselves")
def test_freed_memory_is_given_back() -> None:
    used = [bytes(3000 + number % 50) for number in range(30_000)]
    kept = used[::100]
    del used
    before = resident_bytes()
    memory.give_back()
    assert before - resident_bytes() > 50 * MIB
    assert len(kept) == 300
