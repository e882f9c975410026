"""Unusual messages of HTTP and bytes of JSON: what a campaign writes, and how it judges the responses."""

from __future__ import annotations

import gzip
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from contract_tests.campaign.cells import Cell
from contract_tests.campaign.corpus import Corpus
from contract_tests.campaign.json_bytes import json_bytes
from contract_tests.campaign.messages import POLITE, RUDE, _Message, unusual_message
from contract_tests.campaign.strategies import Ground, requests_of
from contract_tests.campaign.variation import marked, mutated, sent_like, signed_in_as
from contract_tests.composition.start import first_event
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.case_log import CaseLog
from contract_tests.engine.replay import replay
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.live.framing import Framing, Kind
from contract_tests.operation_suite import judge_with
from contract_tests.report.curl import as_curl
from contract_tests.report.failure import command, program
from contract_tests.report.python import as_python
from contract_tests.requests.plan import Plan, Sender, Step
from contract_tests.requests.transport import VARIATIONS
from contract_tests.results.bounded_record import BoundedRecord
from contract_tests.results.event_log import EventLog
from contract_tests.results.record_reading import read_result
from contract_tests.results.views import KEPT_BODY_BYTES, view_exchange
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Session, Settings
from contract_tests.target.client import Target
from contract_tests.target.exchange import NOT_HTTP, Exchange, Request, Wire, silent
from contract_tests.target.raw import WAIT_FOR_ANY_S, divided
from contract_tests.tests.campaign.small import small_campaign
from contract_tests.tests.conftest import mock_process
from contract_tests.tests.servers.right_core import Receive, RightCore, Scope
from contract_tests.tests.servers.right_core import Request as RightRequest
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.servers.sockets import OK, raw_server

BYTES_FIRST = 3  # a seed whose first cell sends bytes
BODY = {
    "name": "Köln",
    "type": "person",
    "icpId": None,
    "startDate": "2024-01-01T00:00:00.000Z",
    "endDate": "2024-03-31T23:59:59.000Z",
    "personIds": ["lead_1"],
}
TIMEOUT_S = 2.0
NC = """
import socket, sys
with socket.create_connection((sys.argv[-2], sys.argv[-1]), 10) as connection:
    connection.sendall(sys.stdin.buffer.read())
    sys.stdout.buffer.write(connection.recv(65536))
"""  # of netcat as much as the command needs


@contextmanager
def any_answer(response: bytes | None) -> Iterator[str]:
    """Serve one response to whatever comes, and close; None: keep silent."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve_all() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                held.append(connection)
                connection.recv(1 << 20)
                if response is not None:
                    connection.sendall(response)
                    connection.shutdown(socket.SHUT_WR)

    held: list[socket.socket] = []
    thread = Thread(target=serve_all, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in held:
            connection.close()


class FailingOnLongHeaders(RightCore):
    async def receive(self, scope: Scope, receive: Receive) -> RightRequest:
        request = await super().receive(scope, receive)
        if any(len(value) > 2000 for value in request.headers.values()):
            raise RuntimeError("a long header")
        return request


@cache
def terms_of(url: str) -> Terms:
    return Terms.of(load_specification(), Settings(url, Session("first", bearer="xyz789-session")))


def request_to(url: str) -> Request:
    terms = terms_of(url)
    return Sender(terms, terms.specification.operations[0]).request(BODY)


def in_form(name: str, url: str, seed: int = 0) -> Request:
    return {**POLITE, **RUDE}[name](_Message(request_to(url)), Random(seed))


def broken_by(exchange: Exchange, url: str) -> set[str]:
    judge = judge_with(terms_of(url), (LEAD_LISTS,))
    judgements = judge.judge(judge.case(exchange))
    return {each.clause for each in judgements if isinstance(each, Verdict) and each.outcome is Outcome.BROKEN}


@pytest.mark.parametrize("name", POLITE)
def test_a_legal_message_has_the_whole_body_and_the_login(name: str) -> None:
    for seed in range(20):
        request = in_form(name, "http://127.0.0.1:8080", seed)
        assert request.wire is not None
        pieces = list(Framing().feed(request.wire.data))
        assert pieces[0].head is not None
        assert pieces[0].head.start[0] == "POST"
        assert pieces[0].head.all("authorization") == ["Bearer xyz789-session"]
        assert b"".join(piece.payload for piece in pieces) == request.body
        assert [piece.kind for piece in pieces].count(Kind.END) == 1
        assert pieces[-1].kind is Kind.END


def test_messages_are_a_function_of_the_random_source_and_only_rude_ones_are_malformed() -> None:
    plain = request_to("http://127.0.0.1:8080")
    for is_rude, names in ((False, set(POLITE)), (True, {*POLITE, *RUDE})):
        one, two = ([unusual_message(plain, Random(seed), is_rude=is_rude) for seed in range(300)] for _ in range(2))
        assert one == two
        assert {name for name, _ in one} == names


def test_each_message_names_its_campaign() -> None:
    for name in (*POLITE, *RUDE):
        sent = marked(in_form(name, "http://127.0.0.1:8080"), "run 7").wire
        assert sent is not None
        assert re.search(rb"(?i)user-agent:\s*leadlists-contract \(run 7\)", sent.data), name
    lower = Request("POST", "http://127.0.0.1:8080", (("user-agent", "leadlists-contract"),))
    assert marked(lower, "run 7").headers == (("user-agent", "leadlists-contract (run 7)"),)


def test_a_changed_request_is_not_sent_with_the_bytes_of_the_message_it_was() -> None:
    found = in_form("with chunk extensions", url := "http://127.0.0.1:8080")
    session = Session("first", bearer="xyz789-session")
    changed = [mutated(found, (), Random(1)), signed_in_as(found, session, [session])]
    changed += [sent_like(found, name) for name in VARIATIONS]
    assert {request.wire for request in changed} == {None}
    terms = terms_of(url)
    corpus = Corpus({("a way",): found})
    plan = Plan(Step("the first", request_to(url)))
    groups = {group: LEAD_LISTS.groups[group] for group in sorted(LEAD_LISTS.groups)[:1]}
    ground = Ground(
        Sender(terms, terms.specification.operations[0]), plan, groups, (session,), writes_messages=False, corpus=corpus
    )
    for (step,) in islice(requests_of(Cell(0, "bytes", 1, 100), ground), 60):
        assert step.request.wire is None or step.request == found


@pytest.mark.parametrize("name", ["without its end", "with two lengths", "with a wrong size of a chunk"])
def test_a_success_for_half_a_message_breaks_a_clause(name: str) -> None:
    with raw_server(lambda connection, _: None) as server, Target(timeout_s=TIMEOUT_S, connections=1) as target:
        exchange = target.send(in_form(name, server.url))
        assert exchange.response is None
        assert broken_by(exchange, server.url) == set()
    with any_answer(OK) as url, Target(timeout_s=TIMEOUT_S, connections=1) as target:
        assert broken_by(target.send(in_form(name, url)), url) == {"request.body.json"}


@pytest.mark.parametrize(
    ("status", "clauses"),
    [("400 Bad Request", set()), ("500 No", {"http.answer.no-server-error"}), ("501 No", set()), ("505 No", set())],
)
def test_any_refusal_is_right_but_no_server_error(status: str, clauses: set[str]) -> None:
    response = f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nno".encode()
    with any_answer(response) as url, Target(timeout_s=TIMEOUT_S, connections=1) as target:
        for name in ("with trailers", "with a folded header", "with two lengths"):
            assert broken_by(target.send(in_form(name, url)), url) == clauses


def test_a_gateway_may_give_up_on_a_message_without_its_end() -> None:
    with (
        any_answer(b"HTTP/1.1 504 No\r\nContent-Length: 0\r\n\r\n") as url,
        Target(timeout_s=TIMEOUT_S, connections=1) as target,
    ):
        assert broken_by(target.send(in_form("with bare line feeds", url)), url) == set()
        assert broken_by(target.send(in_form("in small chunks", url)), url) == {"http.answer.no-server-error"}


PLAIN_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PACKED = gzip.compress(b"ok", mtime=0)


@pytest.mark.parametrize(
    ("method", "response"),
    [
        ("POST", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + PLAIN_OK),
        ("POST", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED),
        ("HEAD", PLAIN_OK.removesuffix(b"ok")),
    ],
)
def test_the_response_to_a_message_is_read_as_a_usual_client_reads_it(method: str, response: bytes) -> None:
    with any_answer(response) as url, Target(timeout_s=TIMEOUT_S, connections=1) as target:
        exchange = target.send(replace(in_form("in small chunks", url), method=method))
    assert exchange.response is not None, exchange.failure
    assert (exchange.response.status, exchange.response.body) == (200, b"" if method == "HEAD" else b"ok")


def test_a_body_that_is_not_in_its_content_coding_is_no_response() -> None:
    response = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok"
    with any_answer(response) as url, Target(timeout_s=TIMEOUT_S, connections=1) as target:
        assert (target.send(in_form("in small chunks", url)).failure or "").startswith(NOT_HTTP)


@pytest.mark.parametrize("piece", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\n\r\n", b"X"])
def test_a_head_without_end_ends_at_the_timeout(piece: bytes) -> None:
    def drip(connection: socket.socket, _: int) -> None:
        for _ in range(200):
            connection.sendall(piece)
            time.sleep(0.05)

    with raw_server(drip) as server, Target(timeout_s=0.3, connections=1) as target:
        exchange = target.send(in_form("in small chunks", server.url))
    assert exchange.failure == silent(0.3, 1)
    assert exchange.elapsed_s < 3


def test_the_response_to_a_whole_message_may_take_its_time() -> None:
    def answer(connection: socket.socket, _: int) -> None:
        time.sleep(WAIT_FOR_ANY_S + 0.2)
        connection.sendall(OK)

    with raw_server(answer) as server, Target(timeout_s=10, connections=1) as target:
        assert target.send(in_form("with a folded header", server.url)).response is not None


def test_a_server_that_reads_nothing_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, Target(timeout_s=0.2, connections=1) as target:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        wire = Wire(b"x" * (16 << 20), "the head does not end", is_complete=False, is_last=True)
        assert target.send(replace(request_to(url), wire=wire)).failure == "no complete response within 0.2 s"


def test_each_body_is_sent_whole_and_the_two_lengths_differ() -> None:
    for body in (b"", b"1", b"{}", "é".encode(), b'{"a":1}'):
        assert b"".join(divided(body)) == body
        sent = RUDE["with two lengths"](_Message(replace(request_to("http://127.0.0.1"), body=body)), Random(1)).wire
        assert sent is not None
        lengths = re.findall(rb"(?:Content-Length:|,) (\d+)", sent.data)
        assert len(set(lengths)) == 2, (body, lengths)


def test_silence_breaks_a_clause_only_after_a_whole_message() -> None:
    with any_answer(None) as url, Target(timeout_s=0.5, connections=1) as target:
        assert broken_by(target.send(in_form("with chunk extensions", url)), url) == {"http.answer.complete"}
        assert broken_by(target.send(in_form("with bare line feeds", url)), url) == set()


def test_the_printed_command_sends_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "nc").write_text(f"#!{sys.executable}\n{NC}")
    (tmp_path / "nc").chmod(0o755)

    def answer(connection: socket.socket, _: int) -> None:
        connection.sendall(OK)
        connection.shutdown(socket.SHUT_WR)

    with raw_server(answer) as server:
        request = in_form("with chunk extensions", server.url)
        view = view_exchange(Exchange(request, None, None, 0.0, 0.0), 1, lambda text: text).request
        command = as_curl(view).replace("sleep 1", "sleep 0")
        variables = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=20, check=False, env=variables)
        program = subprocess.run([sys.executable, "-c", as_python(view)], capture_output=True, timeout=20, check=False)
    assert b"201 Created" in done.stdout, (command, done)
    assert b"201 Created" in program.stdout, program
    assert [received.body for received in server.received] == [request.body, request.body]


def test_a_long_message_is_cut_in_the_record_and_sent_again_whole(tmp_path: Path) -> None:
    def fail(connection: socket.socket, _: int) -> None:
        connection.sendall(OK.replace(b"201 Created", b"500 Oh"))
        connection.shutdown(socket.SHUT_WR)

    with raw_server(fail) as server, Target(timeout_s=10, connections=1) as target:
        terms, request = terms_of(server.url), request_to(server.url)
        judge, secrets = judge_with(terms, (LEAD_LISTS,)), terms.settings.secrets
        message = _Message(replace(request, body=b" " * 100_000))
        record = BoundedRecord(tmp_path)
        log = EventLog(record)
        log.emit(first_event(terms))
        chosen = frozenset({"http.answer.no-server-error"})
        cases = CaseLog(judge, log, chosen=chosen, secrets=Masker(secrets))
        case = judge.case(target.send(message.whole(), number=1))
        cases.add(case, judge.judge(case))
        record.close()
        result = read_result(tmp_path)
        (verdict,) = [found.worst for found in result.broken if found.worst is not None]
        (view,) = verdict.exchanges
        assert view.request.wire is not None
        sent = view.request.wire.sent
        assert (len(sent.data), sent.size_bytes > 100_000, len(sent.sha256)) == (KEPT_BODY_BYTES, True, 64)
        plain = Step("", request)
        assert replay(verdict, target, judge, plain=plain, secrets=secrets, folder=tmp_path).is_broken
        variables = {**os.environ, "LEADLISTS_BEARER": "xyz789-session"}
        text = program(result, view, tmp_path)
        subprocess.run([sys.executable, "-c", text], capture_output=True, timeout=20, check=True, env=variables)
    assert command(result, view, tmp_path) == f"leadlists-contract replay {tmp_path}"
    assert [(each.head, len(each.body)) for each in server.received] == [(server.received[0].head, 100_000)] * 3
    assert server.received[0].headers["authorization"] == "Bearer xyz789-session"


@pytest.mark.parametrize("from_file", [False, True])
def test_the_printed_command_sends_a_body_in_two_parts(from_file: bool, tmp_path: Path) -> None:
    (tmp_path / "nc").write_text(f"#!{sys.executable}\n{NC}")
    (tmp_path / "nc").chmod(0o755)
    body = '{"name": "ééé"}'.encode()
    (tmp_path / "it's.bin").write_bytes(body)

    def answer(connection: socket.socket, _: int) -> None:
        connection.sendall(OK)
        connection.shutdown(socket.SHUT_WR)

    with raw_server(answer) as server:
        request = Request("POST", f"{server.url}/p?a=%20", (("X", "1"),), body, in_parts=True)
        view = view_exchange(Exchange(request, None, None, 0.0, 0.0), 1, lambda text: text).request
        command = as_curl(view, body_file=str(tmp_path / "it's.bin") if from_file else None)
        variables = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=20, check=False, env=variables)
    assert b"201 Created" in done.stdout, (command, done)
    (got,) = server.received
    assert (got.line, got.body, got.headers["x"]) == ("POST /p?a=%20 HTTP/1.1", body, "1")
    assert "sleep 0.03" in command


def test_the_printed_command_names_an_ipv6_host_as_openssl_reads_it() -> None:
    request = replace(in_form("with chunk extensions", "http://[::1]:8443"), url="https://[::1]:8443/")
    view = view_exchange(Exchange(request, None, None, 0.0, 0.0), 1, lambda text: text).request
    assert as_curl(view).endswith("openssl s_client -quiet -connect '[::1]:8443'")


def test_bytes_of_json_stay_small_and_differ() -> None:
    body = request_to("http://127.0.0.1:8080").body
    written = [json_bytes(body, Random(seed)) for seed in range(500)]
    assert len({kind for kind, _ in written}) == 9
    assert len({data for _, data in written}) > 250
    assert max(len(data) for _, data in written) < 80_000
    assert any(data.startswith(b"\xef\xbb\xbf") for _, data in written)
    extensions = re.compile(rb"0x1F|undefined|:\[?(\.5|1\.)[],}]|\\x41|\\'|\x0b|[^\"]\xc2\xa0|.\xef\xbb\xbf")
    assert [data for _, data in written if extensions.search(data)] == []


@pytest.mark.parametrize("kind", ["mock", "right"])
def test_a_right_server_breaks_no_clause_with_its_responses_to_rude_messages(kind: str, tmp_path: Path) -> None:
    right = mock_process() if kind == "mock" else serve(RightCore({"xyz789-session": "user_1"}))
    with right as url:
        settings = Settings(url, Session("first", bearer="xyz789-session"), seed=BYTES_FIRST, rude=True)
        result = small_campaign(settings, tmp_path / "run", requests=230)
    assert (result.broken, result.started.depth) == ((), "campaign of 230 requests, rude")
    assert result == read_result(tmp_path / "run")
    record = (tmp_path / "run" / "run.ndjson").read_text()
    assert '"is_complete":false' in record
    assert "bytes of JSON" in record


def test_what_a_message_has_shown_is_sent_again(tmp_path: Path) -> None:
    with serve(FailingOnLongHeaders({"xyz789-session": "user_1"})) as url:
        settings = Settings(url, Session("first", bearer="xyz789-session"), seed=BYTES_FIRST, rude=True)
        result = small_campaign(settings, tmp_path / "run", requests=230)
    assert [found.clause.id for found in result.broken] == ["http.answer.no-server-error"]
    assert result.discovered is not None
    assert [(found.main.same, found.main.times) for found in result.discovered.findings] == [(3, 3)]
    shown = result.discovered.findings[0].main.smallest.exchanges[0].request
    assert shown.wire is not None
    assert "nc 127.0.0.1" in as_curl(shown)
