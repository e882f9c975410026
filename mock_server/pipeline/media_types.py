"""Refuse what Content-Type, Content-Encoding and Accept rule out."""

from __future__ import annotations

import re

from starlette.datastructures import Headers

from mock_server.contract.openapi import OperationSpec, is_json
from mock_server.contract.readings import Readings
from mock_server.pipeline.decompression import WINDOW_BITS
from mock_server.pipeline.errors import refused
from mock_server.pipeline.problems import shorten


class Negotiator:
    """Refuses requests whose headers say that the body is not JSON.

    It reads only Content-Type, Content-Encoding and Accept, and ignores all others.
    """

    def __init__(self, readings: Readings) -> None:
        self._honours_accept = readings.follows("accept-header", "406")
        self._missing = readings["content-type-missing"]
        self._other = readings["other-media-types"]
        self._any_case = readings.follows("media-type-case", "accepted")
        self._compressed = readings["compressed-body"]

    def __call__(self, headers: Headers, operation: OperationSpec) -> None:
        # http.request.unknown-headers: it reads no others. http.request.accept: only the option 406 reads Accept.
        if self._honours_accept and "accept" in headers:
            _check_accept(headers.getlist("accept"), operation)
        if operation.body is None:
            return
        self._check_coding(headers)
        self._check_type(headers.getlist("content-type"), operation)

    def _check_coding(self, headers: Headers) -> None:
        if "content-encoding" not in headers:
            return
        coding = ", ".join(headers.getlist("content-encoding")).strip().lower()
        if coding in ("", "identity") or (self._compressed == "decoded" and coding in WINDOW_BITS):
            return
        status = 415 if self._compressed == "415" else 400
        raise refused("content_encoding", status=status, got=shorten(coding))

    def _check_type(self, values: list[str], operation: OperationSpec) -> None:
        want = operation.media_types[0]
        if not values:
            if self._missing != "accepted":
                raise refused("media_type", status=int(self._missing), got="missing", want=want)
            return
        if values == [want]:
            return
        media_type, charset = _media_type(values)
        if not self._any_case and media_type != media_type.lower():
            raise refused("media_type", got=shorten(values[0]), want=want)
        # http.request.charset, http.request.media-type: JSON is UTF-8 (RFC 8259 §8.1), another charset is an error.
        if charset in ("", "utf-8", "utf8") and media_type.lower() in operation.media_types:
            return
        if self._other != "parsed":  # http.request.media-type
            raise refused("media_type", status=int(self._other), got=shorten(", ".join(values)), want=want)


def _check_accept(values: list[str], operation: OperationSpec) -> None:
    if not _accepts_json(values) and all(is_json(each.media_type) for each in operation.responses.values()):
        raise refused("accept", status=406, got=shorten(", ".join(values)))


def _media_type(values: list[str]) -> tuple[str, str]:
    """Return media type and charset from the Content-Type header lines; empty if there are several lines."""
    media_type, *parameters = ", ".join(values).split(";")
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return media_type.strip(), charset


def _accepts_json(values: list[str]) -> bool:
    ranges = [entry.split(";") for value in values for entry in value.split(",") if entry.strip()]
    for media_range, *parameters in ranges:
        refuses = any(re.fullmatch(r"q=0(\.0*)?", parameter.strip().lower()) for parameter in parameters)
        if media_range.strip().lower() in ("*/*", "application/*", "application/json") and not refuses:
            return True
    return not ranges
