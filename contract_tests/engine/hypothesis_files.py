"""Keep the files of Hypothesis in our own folder, with a table that it would take a second to compute."""

from __future__ import annotations

import gzip
import json
import os
import unicodedata
from contextlib import suppress
from pathlib import Path

from contract_tests.results.files import write_whole

FOLDER = Path(".leadlists") / "hypothesis"
TABLE = "codec-v2-utf-8.json.gz"  # its name for the characters that UTF-8 can encode
UTF_8 = [[0, 0xD7FF], [0xE000, 0x10FFFF]]  # all but the surrogates (RFC 3629 §3)
NOT_DECODED_TO_THEMSELVES: list[list[int]] = []


def keep_in(folder: Path | None = None) -> None:
    """Let Hypothesis use this folder, unless the user names another, instead of `.hypothesis` in the current one.

    folder: FOLDER in the current folder by default.

    Hypothesis looks for the table in its folder before it encodes each character of Unicode. A table in a form that it
    no longer reads only costs that time again.
    """
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(folder or Path.cwd() / FOLDER))
    # Not by its function: importing Hypothesis takes longer than many runs without searches.
    path = Path(os.environ["HYPOTHESIS_STORAGE_DIRECTORY"]) / "unicode_data" / unicodedata.unidata_version / TABLE
    if not path.exists():
        with suppress(OSError):  # a read-only folder
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, gzip.compress(json.dumps([UTF_8, NOT_DECODED_TO_THEMSELVES]).encode()))
