"""Test the table of characters that Hypothesis finds in our folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from contract_tests.engine.hypothesis_files import UTF_8
from contract_tests.tests.conftest import ROOT

# With another sys.maxunicode, a table that Hypothesis computes itself would end there.
READ = """
import sys
from pathlib import Path
from contract_tests.engine import hypothesis_files
from hypothesis.internal.charmap import intervals_from_codec

hypothesis_files.keep_in(Path(sys.argv[1]))
sys.maxunicode = 100
print(*(intervals.intervals for intervals in intervals_from_codec("utf-8")))
"""


def test_the_table_has_every_character_of_utf_8() -> None:
    for first, last in UTF_8:
        assert len("".join(map(chr, range(first, last + 1))).encode().decode()) == last + 1 - first
    assert [last + 1 for _, last in UTF_8] == [0xD800, sys.maxunicode + 1]
    assert UTF_8[1][0] == 0xDFFF + 1


def test_hypothesis_reads_the_table(tmp_path: Path) -> None:
    command = [sys.executable, "-c", READ, str(tmp_path)]
    own = {name: value for name, value in os.environ.items() if name != "HYPOTHESIS_STORAGE_DIRECTORY"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=own, timeout=60)
    assert done.stdout.strip() == f"{tuple(map(tuple, UTF_8))} ()", done.stderr
