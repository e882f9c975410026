"""Describe the machine that figures were measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine and the day of a measurement."""

    date: str
    cores: int
    cpu: str
    kernel: str
    python: str

    def __str__(self) -> str:
        return f"{self.date}, {self.cores} cores of {self.cpu}, Linux {self.kernel}, Python {self.python}"


def parse_cpu_model(text: str) -> str:
    """Parse the processor model from /proc/cpuinfo, which has none on ARM."""
    models = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return models[0] if models else platform.machine()


def this_machine() -> Machine:
    """Return this machine and the current date."""
    return Machine(
        date=datetime.now(UTC).date().isoformat(),
        cores=len(os.sched_getaffinity(0)),
        cpu=parse_cpu_model(Path("/proc/cpuinfo").read_text(encoding="utf-8")),
        kernel=platform.release(),
        python=platform.python_version(),
    )
