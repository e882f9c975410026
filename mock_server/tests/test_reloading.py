"""Test --reload with a real process: a valid change takes effect, an invalid one is ignored, no request is lost."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mock_server.tests.conftest import GOOD, LOGIN, PATH, ROOT, Loaded, Open

REQUIRED = "required: [name, icpId, startDate, endDate, personIds]"
OURS = {"x-mock-control": "1"}
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Followed:
    """A mock in a separate process, and the files that it follows."""

    url: str
    process: subprocess.Popen[str]
    spec: Path
    readings: Path
    seed: Path
    errors: Path
    token: str = ""

    def post(self, **more: Any) -> httpx2.Response:
        return httpx2.post(self.url + PATH, json=GOOD | more, headers=LOGIN)

    def lists(self) -> list[str]:
        return [each["name"] for each in httpx2.get(f"{self.url}/__mock__/lists").json()["lists"]]

    def told(self) -> list[str]:
        return self.errors.read_text().splitlines()

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert self.process.poll() is None, self.told()
            assert time.monotonic() < deadline, self.told()
            time.sleep(0.02)

    def in_time(self, lines: Iterator[str]) -> Iterator[str]:
        """Yield the lines of an event stream; the heartbeat every 15 s keeps tests from hanging."""
        deadline = time.monotonic() + PATIENCE_S
        for line in lines:
            assert time.monotonic() < deadline, self.told()
            yield line

    def until_told(self, count: int) -> str:
        self.until(lambda: len(self.told()) >= count)
        assert len(self.told()) == count
        return self.told()[-1]


def seed_of(*names: str) -> str:
    return json.dumps({"lists": [GOOD | {"name": name} for name in names]})


def start(command: list[str], folder: Path, *flags: str) -> Followed:
    spec = folder / "spec"
    spec.mkdir(parents=True)
    for name in ("openapi.yaml", "readings.yaml"):
        shutil.copy(ROOT / "spec" / name, spec)
    seed, errors = folder / "seed.json", folder / "errors.txt"
    seed.write_text(seed_of("first"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADLISTS_")}
    command = [*command, "--port", "0", "--ready-json", "--spec", "spec", *flags]
    with errors.open("w") as file:
        process = subprocess.Popen(
            [*command, "--seed-file", "seed.json"],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, errors.read_text()
    ready = json.loads(line)
    files = (spec / "openapi.yaml", spec / "readings.yaml", seed, errors)
    return Followed(ready["url"], process, *files, ready.get("controlToken", ""))


def end(followed: Followed) -> None:
    followed.process.terminate()
    followed.process.communicate(timeout=60)
    assert followed.process.returncode == 0


@pytest.fixture
def mock(tmp_path: Path, loaded: Loaded) -> Iterator[Followed]:
    followed = start(loaded("mock_server"), tmp_path, "--reload")
    yield followed
    end(followed)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    put_in_its_place(path, text.replace(old, new, 1))


# -- valid changes


def test_a_new_required_field_takes_effect_and_the_worlds_keep_their_lists(mock: Followed) -> None:
    assert mock.post(name="before").status_code == 201
    httpx2.put(f"{mock.url}/__mock__/faults", json={"faults": [{"match": {"path": "/x"}, "status": 500}]}, headers=OURS)
    edit(mock.spec, REQUIRED, REQUIRED.replace("[", "[owner, "))
    mock.until(lambda: mock.post().status_code == 400)
    assert mock.post().json()["error"]["details"][0]["path"] == "/owner"
    assert mock.lists()[:2] == ["first", "before"]
    requests = httpx2.get(f"{mock.url}/__mock__/requests").json()["requests"]
    assert requests[-1]["answer"]["status"] == 201
    assert [each["verdict"]["request"] for each in (requests[-1], requests[0])] == ["valid", "invalid"]
    assert len(httpx2.get(f"{mock.url}/__mock__/faults").json()["faults"]) == 1
    assert mock.until_told(1) == "leadlists-mock: the spec in spec changed; the mock serves the new content"


def test_another_example_is_shown(mock: Followed) -> None:
    edit(
        mock.spec,
        "name: Q1 2024 Tech Startups\n                  type: person",
        "name: Q2\n                  type: company",
    )
    state = f"{mock.url}/__mock__/state"
    mock.until(lambda: httpx2.get(state).json()["operations"][0]["example"]["name"] == "Q2")
    assert httpx2.get(f"{mock.url}/__mock__/openapi.yaml").content == mock.spec.read_bytes()


def test_another_reading_is_followed(mock: Followed) -> None:
    text = mock.readings.read_text()
    start_ = text.index("- id: success-status")
    assert "mock: '201'" in text[start_:]
    put_in_its_place(mock.readings, text[:start_] + text[start_:].replace("mock: '201'", "mock: '200'", 1))
    mock.until(lambda: mock.post().status_code == 200)


def test_a_new_seed_file_resets_all_worlds_to_it(mock: Followed) -> None:
    mock.post(name="created")
    other = {"x-mock-world": "t7"}
    httpx2.post(mock.url + PATH, json=GOOD, headers=LOGIN | other)
    put_in_its_place(mock.seed, seed_of("second", "third"))
    mock.until(lambda: mock.lists() == ["second", "third"])
    assert len(httpx2.get(f"{mock.url}/__mock__/lists", headers=other).json()["lists"]) == 2
    assert httpx2.get(f"{mock.url}/__mock__/requests").json()["requests"] == []
    mock.post()
    httpx2.post(f"{mock.url}/__mock__/reset", headers=OURS)
    assert mock.lists() == ["second", "third"]
    assert mock.until_told(1) == "leadlists-mock: the seed file seed.json changed; the mock serves the new content"


def test_event_streams_report_the_change(mock: Followed) -> None:
    with httpx2.stream("GET", f"{mock.url}/__mock__/events", timeout=PATIENCE_S) as answer:
        lines = (line for line in mock.in_time(answer.iter_lines()) if line.startswith("data: "))
        assert next(lines) == "data: {}"  # of the event hello
        edit(mock.spec, REQUIRED, REQUIRED.replace("[", "[owner, "))
        assert json.loads(next(lines)[6:]) == {"of": "spec"}
        put_in_its_place(mock.seed, seed_of())
        edit(mock.spec, "[owner, ", "[")
        seen = {json.loads(next(lines)[6:])["of"] for _ in range(7)}
    assert seen == {"spec", "seed", "lists", "faults", "requests", "clock", "notices"}


def put_in_its_place(path: Path, text: str) -> None:
    """Write a file at once: on a busy machine the mock may see one that is only half written, and say so."""
    path.with_suffix(".tmp").write_text(text)
    path.with_suffix(".tmp").replace(path)


def put_its_folder_in_place(path: Path, text: str) -> None:
    folder = path.parent
    shutil.copytree(folder, folder.with_name("new"))
    (folder.with_name("new") / path.name).write_text(text)
    folder.rename(folder.with_name("old"))
    folder.with_name("new").rename(folder)


def empty_and_fill_it(path: Path, text: str) -> None:
    path.write_text("")
    path.write_text(text)


@pytest.mark.parametrize("save", [put_in_its_place, put_its_folder_in_place, empty_and_fill_it])
def test_a_file_can_be_saved_in_any_way(save: Callable[[Path, str], None], mock: Followed) -> None:
    for required in (REQUIRED.replace("[", "[owner, "), REQUIRED):
        save(
            mock.spec,
            mock.spec.read_text().replace("required: [owner, name", "required: [name").replace(REQUIRED, required),
        )
        status = 201 if required == REQUIRED else 400
        mock.until(lambda status=status: mock.post().status_code == status)  # type: ignore[misc]
        shutil.rmtree(mock.spec.parent.with_name("old"), ignore_errors=True)


# -- invalid changes


BROKEN: dict[str, tuple[str, Callable[[str], str], str]] = {
    "empty": ("spec", lambda text: "", "spec/openapi.yaml is not an OpenAPI document"),
    "half of a spec": ("spec", lambda text: text[:3000], "spec/openapi.yaml"),
    "no YAML": ("spec", lambda text: text.replace("paths:", "paths: :", 1), "spec/openapi.yaml, line "),
    "a tab": ("spec", lambda text: text.replace("  title", "\ttitle", 1), "spec/openapi.yaml, line 3, column 1,"),
    "no UTF-8": ("spec", lambda text: text.replace("title", "\udcff", 1), "spec/openapi.yaml"),
    "no operation id": ("spec", lambda text: text.replace("operationId: createLeadList", "", 1), "has no lead lists"),
    "another operation": ("spec", lambda text: text.replace("createLeadList", "other", 1), "has no lead lists"),
    "a list in place of an operation": (
        "spec",
        lambda text: text.replace("    post:\n", "    get: []\n    post:\n", 1),
        "spec/openapi.yaml, /paths/~1api~1v1~1entities~1leadlists/get, is not OpenAPI 3.0",
    ),
    "a reference to nothing": ("spec", lambda text: text.replace("schemas/Error'", "schemas/Eror'", 1), "Eror"),
    "no spec": ("spec", lambda text: "DELETE", "--spec: spec has no openapi.yaml; "),
    "readings of another form": ("readings", lambda text: "5", "spec in spec"),
    "a reading without its id": ("readings", lambda text: text.replace("- id:", "- di:", 1), "spec in spec"),
    "half of a seed file": ("seed", lambda text: text[:20], "--seed-file: seed.json is not JSON"),
    "a seed file of another form": ("seed", lambda text: '{"lists": [{}]}', "seed.json, /lists/0"),
    "no seed file": ("seed", lambda text: "DELETE", "--seed-file: seed.json cannot be read"),
}


@pytest.mark.parametrize(("file", "spoil", "told"), BROKEN.values(), ids=list(BROKEN))
def test_an_invalid_change_is_ignored_and_reported_on_one_line(
    file: str, spoil: Callable[[str], str], told: str, mock: Followed
) -> None:
    path: Path = getattr(mock, file)
    before = path.read_text()
    mock.post(name="created")
    spoiled = spoil(before)
    assert spoiled != before
    if spoiled == "DELETE":
        path.unlink()
    else:
        path.write_bytes(spoiled.encode(errors="surrogateescape"))
    line = mock.until_told(1)
    assert told in line
    assert line.startswith("leadlists-mock: ")
    assert "the previous one stays in use until it is fixed" in line
    assert mock.post(name="again").status_code == 201
    assert mock.lists() == ["first", "created", "again"]

    put_in_its_place(path, before)
    edit(mock.spec, REQUIRED, REQUIRED.replace("[", "[owner, "))
    mock.until(lambda: mock.post().status_code == 400)
    assert mock.until_told(2).endswith(" changed; the mock serves the new content")


def test_a_valid_seed_file_waits_for_a_valid_spec(mock: Followed) -> None:
    sound = mock.spec.read_text()
    put_in_its_place(mock.spec, "{")
    mock.until_told(1)
    put_in_its_place(mock.seed, seed_of("second"))
    mock.until_told(2)
    assert mock.lists() == ["first"]
    put_in_its_place(mock.spec, sound)
    mock.until(lambda: mock.lists() == ["second"])


# -- no request is lost


def test_twenty_changes_under_load_lose_no_request_connection_or_response(mock: Followed) -> None:
    texts = [mock.spec.read_text(), mock.spec.read_text().replace("title: Lead lists", "title: Lead lists, again", 1)]
    statuses: list[int] = []
    sockets = set()
    done = threading.Event()

    def load() -> None:
        connection = http.client.HTTPConnection(mock.url.removeprefix("http://"), timeout=PATIENCE_S)
        for _ in range(5_000):
            connection.request("POST", PATH, json.dumps(GOOD), LOGIN)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
            sockets.add(connection.sock.getsockname())
            if done.is_set():
                break
            time.sleep(0.002)
        connection.close()

    slow: list[int] = []

    def wait() -> None:
        headers = LOGIN | {"prefer": "wait=3"}
        slow.append(httpx2.post(mock.url + PATH, json=GOOD, headers=headers, timeout=PATIENCE_S).status_code)

    threads = [threading.Thread(target=target) for target in (load, load, wait)]
    for thread in threads:
        thread.start()
    for save in range(20):
        mock.spec.write_text(texts[(save + 1) % 2])
        time.sleep(0.06)
    put_in_its_place(mock.spec, texts[0].replace(REQUIRED, REQUIRED + "  # the last"))
    mock.until(lambda: b"the last" in httpx2.get(f"{mock.url}/__mock__/openapi.yaml").content)
    done.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {201}
    assert len(statuses) > 20
    assert len(sockets) == 2  # each client kept its connection
    assert slow == [201]
    assert any("changed; the mock serves the new content" in line for line in mock.told())
    assert not [
        line for line in mock.told() if "changed; the mock serves the new content" not in line and "OpenAPI" not in line
    ]


def test_the_token_of_a_mock_beyond_loopback_stays(tmp_path: Path, loaded: Loaded) -> None:
    mock = start(loaded("mock_server"), tmp_path, "--reload", "--host", "0.0.0.0")
    try:
        edit(mock.spec, REQUIRED, REQUIRED.replace("[", "[owner, "))
        mock.until(lambda: mock.post().status_code == 400)
        answer = httpx2.get(f"{mock.url}/__mock__/state", headers={"x-mock-control": mock.token})
        assert answer.status_code == 200
    finally:
        end(mock)


def test_the_mock_stops_at_once_with_an_open_event_stream(mock: Followed) -> None:
    with httpx2.stream("GET", f"{mock.url}/__mock__/events", timeout=PATIENCE_S) as answer:
        next(answer.iter_lines())
        edit(mock.spec, REQUIRED, REQUIRED.replace("[", "[owner, "))
        mock.until_told(1)
        mock.process.terminate()
        assert mock.process.wait(timeout=PATIENCE_S) == 0
    assert mock.told() == ["leadlists-mock: the spec in spec changed; the mock serves the new content"]


def test_without_the_flag_no_file_is_followed(tmp_path: Path, loaded: Loaded) -> None:
    mock = start(loaded("mock_server"), tmp_path)
    try:
        put_in_its_place(mock.spec, "{")
        put_in_its_place(mock.seed, "{")
        time.sleep(1)
        assert mock.post().status_code == 201
        assert mock.told() == []
    finally:
        end(mock)


def test_without_the_flag_watchfiles_is_not_imported() -> None:
    program = "import sys, mock_server.cli; print('mock_server.reloading' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.once
def test_an_open_dashboard_shows_the_new_contract(mock: Followed, open_page: Open) -> None:
    page = open_page(f"{mock.url}/__mock__/")
    page.get_by_text("Live", exact=True).wait_for()
    asked = "Which status does a success have?"
    text = mock.readings.read_text()
    assert asked in text
    with page.expect_event("load", timeout=PATIENCE_S * 1000):
        put_in_its_place(mock.readings, text.replace(asked, "Which status does success have?"))
    page.get_by_role("tab", name="Readings").click()
    page.get_by_text("Which status does success have?").wait_for()
