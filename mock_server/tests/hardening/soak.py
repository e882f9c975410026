"""Minutes of ordinary use at once: creates, event streams, resets, and a spec that changes under --reload."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

from mock_server.tests.conftest import PATH, ROOT
from mock_server.tests.hardening.measuring import BODY, HEADERS, MARGIN_S, Row, Target, all_of, at_most, target

WORLDS = ("default", "one", "two")
REQUESTS = ((BODY, HEADERS, 201), (b"{}", HEADERS, 400), (BODY, {"Content-Type": "application/json"}, 401))
RELOAD_EVERY_S = 4.0
SETTLED_SHARE = 0.2  # of the time: by then, journals and stores have their usual size


class Soak:
    """The clients of one soak, and what they have seen."""

    def __init__(self, mock: Target, spec: Path, seconds: float) -> None:
        self._mock = mock
        self._spec = spec
        self._until_s = time.monotonic() + seconds
        self._lock = threading.Lock()
        self.right = self.responses = self.resets = self.reloads = self.events = self.streams = 0
        self.last_event_s = 0.0

    def _goes_on(self, pause_s: float) -> bool:
        time.sleep(pause_s)
        return time.monotonic() < self._until_s

    def create(self) -> None:
        """Send valid, invalid and anonymous requests to all worlds, on one connection."""
        client, turn = self._mock.client(), 0
        while self._goes_on(0.01):
            body, headers, expected = REQUESTS[turn % len(REQUESTS)]
            client.request("POST", PATH, body, {**headers, "X-Mock-World": WORLDS[turn % len(WORLDS)]})
            response = client.getresponse()
            response.read()
            turn += 1
            with self._lock:
                self.responses += 1
                self.right += response.status == expected

    def reset(self) -> None:
        """Reset one world after another."""
        while self._goes_on(1.0):
            client = self._mock.client()
            client.request(
                "POST", f"/__mock__/reset?world={WORLDS[self.resets % len(WORLDS)]}", headers={"X-Mock-Control": "1"}
            )
            status = client.getresponse().status
            with self._lock:
                self.responses += 1
                self.right += status in (200, 204)
                self.resets += 1

    def change_the_spec(self) -> None:
        """Write the spec again with another description; every third time, with an error in it."""
        text = self._spec.read_text(encoding="utf-8")
        while self._goes_on(RELOAD_EVERY_S):
            self.reloads += 1
            broken = "\n  :" if self.reloads % 3 == 0 else ""
            self._spec.write_text(f"{text}{broken}\n# {self.reloads}\n", encoding="utf-8")
        self._spec.write_text(text, encoding="utf-8")

    def follow(self, lasting_s: float) -> None:
        """Read event streams, one after the other, each for some seconds."""
        while time.monotonic() < self._until_s:
            ends_s = min(time.monotonic() + lasting_s, self._until_s)
            client = HTTPConnection("127.0.0.1", self._mock.port, timeout=20)
            client.request("GET", "/__mock__/events")
            stream = client.getresponse()
            with self._lock:
                self.streams += 1
            while time.monotonic() < ends_s:
                if stream.readline().startswith(b"data:"):
                    with self._lock:
                        self.events += 1
                        self.last_event_s = time.monotonic()
            client.close()


def soak(seconds: float) -> Iterator[Row]:
    """Measure what is left after minutes of use."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(shutil.copytree(ROOT / "spec", Path(folder) / "spec"))
        with target("--spec", str(spec), "--reload") as mock:
            time.sleep(1)  # until --reload watches the folder
            before = _descriptors(mock)
            run = Soak(mock, spec / "openapi.yaml", seconds)
            jobs: list[Callable[[], None]] = [run.create] * 3 + [run.reset, run.change_the_spec]
            jobs += [lambda: run.follow(seconds), lambda: run.follow(3.0), lambda: run.follow(0.5)]
            sizes_mib: list[float] = []
            with ThreadPoolExecutor(len(jobs)) as pool:
                working = [pool.submit(job) for job in jobs]
                while not all(each.done() for each in working):
                    sizes_mib.append(mock.memory_mib())
                    time.sleep(0.5)
                for each in working:
                    each.result()
            minutes = f"{seconds / 60:g} min"
            yield all_of(
                f"right responses in {minutes}, {run.reloads} reloads, {run.resets} resets", run.right, run.responses
            )
            yield at_most(
                f"since the last of {run.events:,} events in {run.streams} streams",
                5,
                time.monotonic() - run.last_event_s,
                "s",
                MARGIN_S,
            )
            settled = sizes_mib[int(len(sizes_mib) * SETTLED_SHARE) :]
            # In half a minute on a busy machine, the first fifth is too short for the usual size.
            growth_mib = max(settled[-10:]) - settled[0]
            yield at_most("growth of memory meanwhile", 16, growth_mib, "MiB", margin=8)
            deadline_s = time.monotonic() + 10
            while (left := _descriptors(mock) - before) > 0 and time.monotonic() < deadline_s:
                time.sleep(0.1)
            yield at_most("open files and connections left", 0, left, "")
            yield all_of("the server answers after it", int(mock.is_alive()), 1)


def _descriptors(mock: Target) -> int:
    return len(os.listdir(f"/proc/{mock.process.pid}/fd"))
