"""Test the responses to valid requests, over real sockets."""

from __future__ import annotations

import dataclasses
import json
import re
import socket
import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from mock_server import create_app, running_mock
from mock_server.contract.openapi import load
from mock_server.contract.schema import Components, Validator
from mock_server.contract.spec_files import find_spec_dir
from mock_server.lead_lists.record import FIELDS
from mock_server.pipeline.stages import Stages
from mock_server.tests.conftest import FROZEN, LOGIN, PATH, Ask, Running, StartMock

PAGE_ANSWER = (
    b'{"id":"cd613e30-d8f1-4adf-91b7-584a2265b1f5","icpId":"660e8400-e29b-41d4-a716-446655440001",'
    b'"name":"Q1 2024 Tech Startups","type":"person","startDate":"2024-01-01T00:00:00.000Z",'
    b'"endDate":"2024-03-31T23:59:59.000Z","personIds":["lead_abc123","lead_def456"],"companyIds":[],'
    b'"userIds":["user_xyz789"],"createdAt":"2024-01-02T10:30:00.000Z","updatedAt":"2024-01-02T10:30:00.000Z"}'
)


def test_the_request_example_gives_the_response_example_byte_for_byte(
    start_mock: StartMock, page_request: dict[str, Any]
) -> None:
    answer = start_mock(*FROZEN).post(json=page_request)
    assert answer.status_code == 201
    assert answer.content == PAGE_ANSWER
    assert answer.headers["content-type"] == "application/json"


def test_two_starts_with_seed_and_now_return_the_same_bytes(
    start_mock: StartMock, page_request: dict[str, Any]
) -> None:
    def session(**process: bool) -> list[bytes]:
        running = start_mock(*FROZEN, **process)
        body = json.dumps(page_request).encode()
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        signed = f"{head}Authorization: Bearer abc123-session\r\n\r\n".encode()
        return [running.send_raw(signed, body), running.send_raw(signed, b"x" * len(body)), running.send_raw(b"?\r\n")]

    first, second = session(), session(new_interpreter=True)
    assert first == second
    assert all(b"date: Tue, 02 Jan 2024 10:30:00 GMT" in answer for answer in first)


def test_a_success_keeps_the_schema_of_the_spec(mock: Running, page_request: dict[str, Any]) -> None:
    document = load(find_spec_dir(), formats={}).document
    validator = Validator(document["components"]["schemas"]["LeadList"], Components(document, {}))
    for changes in ({}, {"icpId": None}, {"type": "company"}, {"startDate": "2024-01-01"}):
        answer = mock.post(json=page_request | changes)
        assert not list(validator.breaches(answer.json()))


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"type": ...}, "type", "person"),
        ({"companyIds": ...}, "companyIds", []),
        ({"icpId": None}, "icpId", None),
        ({"icpId": "AAAAAAAA-e29b-41d4-a716-446655440001"}, "icpId", "aaaaaaaa-e29b-41d4-a716-446655440001"),
        ({"startDate": "2024-01-01"}, "startDate", "2024-01-01T00:00:00.000Z"),
        ({"startDate": "2024-01-01T01:00:00.9999+02:00"}, "startDate", "2023-12-31T23:00:00.999Z"),
        ({"name": "\u0000 <b>e\u0301\u200d\U0001f600 "}, "name", "\u0000 <b>e\u0301\u200d\U0001f600 "),
        ({"name": ""}, "name", ""),
        ({"personIds": []}, "personIds", []),
        ({"userIds": ["user_evil"]}, "userIds", ["user_xyz789"]),
    ],
    ids=str,
)
def test_sent_values_come_back_as_documented(
    changes: dict[str, Any], field: str, value: Any, mock: Running, page_request: dict[str, Any]
) -> None:
    body = {name: each for name, each in (page_request | changes).items() if each is not ...}
    answer = mock.post(content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code == 201, answer.text
    assert answer.json()[field] == value


def test_generated_fields_are_never_taken_from_the_client(mock: Running, page_request: dict[str, Any]) -> None:
    wish = {"id": "550e8400-e29b-41d4-a716-446655440000", "createdAt": "1999-01-01T00:00:00.000Z"}
    made = mock.post(json=page_request | wish | {"updatedAt": wish["createdAt"], "extra": 1}).json()
    assert made["id"] != wish["id"]
    assert made["createdAt"] == made["updatedAt"] > "2024"
    assert made.keys() == FIELDS
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", made["id"])


def test_concurrent_creates_get_unique_ids(mock: Running, page_request: dict[str, Any]) -> None:
    made: list[str] = []
    barrier = threading.Barrier(16)

    def create() -> None:
        with httpx2.Client(headers={"authorization": "Bearer xyz789-session"}) as client:
            barrier.wait()
            made.extend(client.post(mock.endpoint, json=page_request).json()["id"] for _ in range(5))

    threads = [threading.Thread(target=create) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 80


def test_created_at_never_decreases(page_request: dict[str, Any], ask: Ask) -> None:
    hours = [12, 11, 13]
    app = create_app(clock=lambda: datetime(2024, 1, 2, hours[0], tzinfo=UTC))
    made = []
    while hours:
        made.append(ask(app, json=page_request).json()["createdAt"][11:13])
        hours.pop(0)
    assert made == ["12", "12", "13"]


def test_the_journal_reads_the_same_clock(page_request: dict[str, Any]) -> None:
    with running_mock(clock=lambda: datetime(2001, 2, 3, tzinfo=UTC)) as mock:
        for headers in ({}, {"origin": mock.url}):  # at once, and through the middleware
            httpx2.post(mock.endpoint, json=page_request, headers={**LOGIN, **headers})
        with socket.create_connection((urlsplit(mock.url).hostname, urlsplit(mock.url).port)) as connection:
            connection.sendall(b"no request\r\n\r\n")
            connection.recv(1)
        assert [each["at"] for each in mock.requests()] == ["2001-02-03T00:00:00.000Z"] * 3


def test_a_stage_can_be_replaced(page_request: dict[str, Any], ask: Ask) -> None:
    def forgetful(stages: Stages) -> Stages:
        def build(*given: Any) -> Any:
            return stages.build(*given) | {"userIds": []}

        return dataclasses.replace(stages, build=build)

    assert ask(create_app(stages=forgetful), json=page_request).json()["userIds"] == []
