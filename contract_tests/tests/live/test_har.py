"""Judge HAR files as recorders write them, and say what they leave out."""

from __future__ import annotations

import base64
import copy
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.composition.watch import open_watching
from contract_tests.live.har import (
    LOSSY,
    NO_REQUEST_BODY,
    NO_RESPONSE_BODY,
    NO_TIME,
    TWICE,
    WORKER,
    Archive,
    HarError,
)
from contract_tests.live.seen import NOT_WHOLE, Counts, Seen
from contract_tests.settings.values import Settings
from contract_tests.tests.live.conftest import BODY, PATH
from contract_tests.tests.starting import finished
from contract_tests.tests.test_cli import environment

URL = "https://app.example/base"
ANSWER = {
    **BODY,
    "id": "0b7a1c52-93f4-4d0e-8a6b-5e2f7c9d1a34",
    "type": "person",
    "companyIds": [],
    "userIds": ["u1"],
    "createdAt": "2026-05-05T10:00:00.100Z",
    "updatedAt": "2026-05-05T10:00:00.100Z",
}


def entry(**answer: Any) -> dict[str, Any]:
    """An entry as Chromium writes it."""
    text = json.dumps({**ANSWER, **answer})
    return {
        "startedDateTime": "2026-05-05T10:00:00.000Z",
        "time": 200.5,
        "request": {
            "method": "POST",
            "url": URL + PATH,
            "httpVersion": "h2",
            "headers": [
                {"name": ":authority", "value": "app.example"},
                {"name": "content-type", "value": "application/json"},
                {"name": "cookie", "value": "__session=abcdefghij"},
            ],
            "bodySize": 120,
            "postData": {"mimeType": "application/json", "text": json.dumps(BODY)},
        },
        "response": {
            "status": 201,
            "headers": [
                {"name": "content-type", "value": "application/json"},
                {"name": "content-encoding", "value": "br"},  # undone by the recorder
            ],
            "content": {"size": len(text), "mimeType": "application/json", "text": text},
        },
    }


def written(folder: Path, *entries: dict[str, Any]) -> Path:
    path = folder / "traffic.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return path


def read(folder: Path, *entries: dict[str, Any]) -> tuple[list[Seen], Counts]:
    everything = list(Archive.read(written(folder, *entries)).traffic(URL, [PATH]))
    assert isinstance(everything[-1], Counts)
    return [each for each in everything if isinstance(each, Seen)], everything[-1]


def test_an_entry_becomes_an_exchange(tmp_path: Path) -> None:
    other = copy.deepcopy(entry())
    other["request"]["url"] = "https://app.example/base/other"
    (seen,), counts = read(tmp_path, entry(), other)
    assert (seen.method, seen.target, seen.status) == ("POST", "/base" + PATH, 201)
    assert json.loads(seen.request_body) == BODY
    assert json.loads(seen.response_body) == ANSWER
    assert ":authority" not in dict(seen.request_headers)
    assert round(seen.received_at_s - seen.sent_at_s, 4) == 0.2005
    assert (counts.forwarded, counts.of_operation) == (2, 1)


def changed(*keys: str, value: Any = None) -> Callable[[dict[str, Any]], None]:
    """Set a part of an entry, or remove it."""

    def change(made: dict[str, Any]) -> None:
        for key in keys[:-1]:
            made = made[key]
        if value is None:
            made.pop(keys[-1], None)
        else:
            made[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (changed("request", "postData"), NO_REQUEST_BODY),
        (changed("response", "content", "text"), NO_RESPONSE_BODY),
        (changed("response", "content", value={"size": -1}), NO_RESPONSE_BODY),
        (changed("response", "content", "text", value='{"name": "\ufffd"}'), LOSSY),
        (changed("request", "postData", "text", value='{"name": "\ufffd"}'), LOSSY),
        (changed("response", "status", value=0), NOT_WHOLE),
        (changed("_fetchedViaServiceWorker", value=True), WORKER),
        (changed("startedDateTime"), NO_TIME),
        (changed("startedDateTime", value="2026-05-05T10:00:00"), NO_TIME),
    ],
    ids=[
        "no-post-data",
        "no-text",
        "no-content",
        "lossy-response",
        "lossy-request",
        "aborted",
        "service-worker",
        "no-time",
        "no-zone",
    ],
)
def test_what_a_recorder_left_out_is_counted_and_not_judged(
    change: Callable[[dict[str, Any]], None], why: str, tmp_path: Path
) -> None:
    made = entry()
    change(made)
    seen, counts = read(tmp_path, made)
    assert (seen, counts.left_out) == ([], {why: 1})


def test_an_entry_that_is_there_twice_is_one_exchange(tmp_path: Path) -> None:
    seen, counts = read(tmp_path, entry(), entry())
    assert (len(seen), counts.left_out) == (1, {TWICE: 1})


def test_bodies_may_be_in_base64_or_in_files_of_playwright(tmp_path: Path) -> None:
    coded, attached = entry(), entry()
    attached["startedDateTime"] = "2026-05-05T10:00:01.000Z"
    text = coded["response"]["content"]["text"].encode()
    coded["response"]["content"] |= {"text": base64.b64encode(text).decode(), "encoding": "base64"}
    (tmp_path / "abc.json").write_bytes(text)
    attached["response"]["content"] = {"size": len(text), "_file": "abc.json"}
    seen, _ = read(tmp_path, coded, attached)
    assert [each.response_body for each in seen] == [text, text]


def test_a_file_without_any_login_says_nothing_about_logins(tmp_path: Path) -> None:
    without = entry()
    del without["request"]["headers"][2]
    (seen,), _ = read(tmp_path, without)
    assert not seen.is_login_shown
    seen_two, _ = read(tmp_path, without, entry(id="0b7a1c52-93f4-4d0e-8a6b-5e2f7c9d1a35"))
    assert all(each.is_login_shown for each in seen_two)


def test_the_server_is_the_one_that_the_requests_go_to(tmp_path: Path) -> None:
    assert Archive.read(written(tmp_path, entry())).base_url([PATH]) == URL
    other = entry()
    other["request"]["url"] = "https://other.example" + PATH
    with pytest.raises(HarError, match=r"2 servers.*--upstream URL"):
        Archive.read(written(tmp_path, entry(), other)).base_url([PATH])
    with pytest.raises(HarError, match="no request to it"):
        Archive.read(written(tmp_path)).base_url([PATH])


def watch(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    done = finished("contract_tests", "watch", *map(str, arguments), env=environment(), cwd=folder)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_the_command_judges_a_file(tmp_path: Path) -> None:
    done = watch("--har", written(tmp_path, entry()), folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"with {URL}\n" in done.stdout
    assert "1 exchanges seen, 1 of the operation, 1 judged." in done.stdout
    broken = watch("--har", written(tmp_path, entry(name="Q")), folder=tmp_path)
    assert broken.returncode == 1
    assert "broken: response.name.echo" in broken.stdout
    assert "abcdefghij" not in broken.stdout


def test_a_file_that_is_not_har_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "no.har").write_text("{}")
    for name in ("no.har", "missing.har"):
        done = watch("--har", name, folder=tmp_path)
        assert done.returncode == 2
        assert name in done.stderr


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to each value inside of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*place, key)
        yield from places(inner, (*place, key))


WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    float("inf"),
    "x",
    "http://[",
    "0001-01-01T00:00:00+14:00",
    [],
    [1],
    {},
    {"a": 1},
)


@pytest.mark.parametrize("place", list(places(entry())), ids=lambda place: "-".join(map(str, place)))
def test_an_entry_with_any_wrong_value_is_judged_or_counted(place: tuple[Any, ...], tmp_path: Path) -> None:
    for value in WRONG:
        wrong = entry()
        inner = wrong
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        try:
            archive = Archive.read(written(tmp_path, wrong, entry()))
        except HarError:
            continue
        with open_watching(Settings(URL)) as watching:
            for _ in watching.events(archive.traffic(URL, [PATH])):
                pass
            result = watching.result()
        assert archive.base_url([PATH]) == URL or place == ("request", "url")
        assert 1 <= result.requests <= 2
