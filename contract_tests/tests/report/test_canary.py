"""No secret is left in a byte that a run writes: not those of the user, and not those that the server hands out."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest

from contract_tests.report.formats import FORMATS
from contract_tests.report.receipt import PIECE_BYTES, appearances, search
from contract_tests.settings.secrets import Masker
from contract_tests.tests.report.conftest import Recorded
from contract_tests.tests.servers.hostile import CANARY, SECOND_CANARY, forms
from contract_tests.tests.starting import finished
from contract_tests.tests.test_cli import environment

FORMS = dict(forms(CANARY))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_a_secret_is_masked_and_would_be_found(form: str) -> None:
    """By two ways that share nothing: one encodes the secret, the other decodes the text."""
    text = f'{{"before": 1, "x": "{form}", "after": 2}}'
    masked = Masker({CANARY: "LEADLISTS_BEARER"}).mask(text)
    assert form not in masked
    assert "LEADLISTS_BEARER" in masked
    assert masked.startswith('{"before": 1,')
    assert masked.endswith('"after": 2}')
    assert appearances(text.encode(), [CANARY]) >= 1
    assert appearances(masked.encode(), [CANARY]) == 0


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_no_file_and_no_line_holds_a_form_of_the_canary(failing: Recorded, form: str) -> None:
    for path in failing.files:
        assert form.encode() not in path.read_bytes(), path.name
    assert len(failing.files) > 15


def test_no_file_holds_a_secret_that_the_server_handed_out(failing: Recorded) -> None:
    assert len(failing.handed_out) > 500
    for path in failing.files:
        content = path.read_bytes()
        assert [each for each in failing.handed_out if each.encode() in content] == [], path.name


def test_what_is_cut_for_a_message_holds_no_part_of_a_secret(failing: Recorded) -> None:
    masker = Masker({CANARY: "LEADLISTS_BEARER"})
    for start in range(len(CANARY) - 10):
        part = CANARY[start : start + 10]
        escaped = "".join(f"\\u{ord(each):04x}" for each in part)
        for form in (part, part.upper(), escaped, "".join(f"%{ord(each):02X}" for each in part)):
            assert masker.mask_excerpt(f"became '{form}…'") == "became '[part of LEADLISTS_BEARER]…'"
    assert masker.mask_excerpt(r"became 'İ%41&nGt;\\/'") == r"became 'İ%41&nGt;\\/'"
    for path in failing.files:
        assert rb"u0043\u006e" not in path.read_bytes().replace(b"\\\\", b"\\"), path.name
        for start in range(len(CANARY) - 10):
            assert CANARY[start : start + 10].encode() not in path.read_bytes(), path.name


def test_cookies_stay_in_the_record_without_their_values(failing: Recorded) -> None:
    record = (failing.folder / "run.ndjson").read_text()
    assert "sid=[cookie of the server]; Path=/; HttpOnly" in record


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"gitlab", "badge"}))  # which have no place for it
def test_each_report_ends_with_the_receipt(failing: Recorded, name: str) -> None:
    text = failing.printed if name == "github" else failing.report(name)
    if name == "json":
        said = json.loads(text)["receipt"]
        assert (said["found"], said["command"]) == (0, f"leadlists-contract receipt {failing.folder}")
    else:
        assert "Secrets found: 0 in " in text
        assert f"leadlists-contract receipt {failing.folder}" in text


def call(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return finished("contract_tests", *arguments, env=environment(**variables))


def test_the_command_of_the_receipt_checks_again_and_finds_what_is_left(failing: Recorded) -> None:
    folder = str(failing.folder)
    done = call("receipt", folder, LEADLISTS_BEARER=CANARY, LEADLISTS_SECOND_BEARER=SECOND_CANARY)
    assert (done.returncode, "Secrets found: 0 in " in done.stdout) == (0, True), done.stdout + done.stderr
    left = failing.folder / "notes.txt"
    left.write_text(f"Authorization: Basic {base64.b64encode(b'user:' + CANARY.encode()).decode()}")
    try:
        done = call("receipt", folder, LEADLISTS_BEARER=CANARY)
        assert (done.returncode, "Secrets found: 1 in " in done.stdout) == (1, True)
    finally:
        left.unlink()
    assert call("receipt", folder).returncode == 2
    assert call("receipt", f"{folder}/nowhere", "--secret", CANARY).returncode == 2


def test_a_secret_that_only_the_record_would_have_shown_is_in_no_report_made_later(failing: Recorded) -> None:
    done = call("report", str(failing.folder), "--report=json=-", LEADLISTS_BEARER=CANARY)
    assert done.returncode == 1
    assert appearances(done.stdout.encode(), [CANARY, SECOND_CANARY, *failing.handed_out]) == 0


@pytest.mark.parametrize("before", [0, PIECE_BYTES - 20, PIECE_BYTES - len(CANARY) - 1, PIECE_BYTES, 3 * PIECE_BYTES])
def test_a_secret_is_found_wherever_it_is_in_a_long_record(before: int, tmp_path: Path) -> None:
    line = b"x" * 99 + b"\n"
    filling = line * (before // 100) + b"y" * (before % 100)
    (tmp_path / "run.ndjson").write_bytes(filling + CANARY.encode() + b"\n" + line * 9)
    assert search([tmp_path / "run.ndjson"], {CANARY}, tmp_path).found == 1
