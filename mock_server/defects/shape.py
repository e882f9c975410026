"""Shape defects of a success: fields missing, mistyped, renamed or wrapped; wrong status, media type or encoding."""

from __future__ import annotations

import json
import re
from typing import Any

from mock_server.defects.changes import (
    Value,
    answered,
    body,
    dropped,
    field,
    field_is,
    header,
    renamed,
    sent,
    status,
    together,
)
from mock_server.defects.defect import Group
from mock_server.pipeline.responses import RenderedResponse

FIELDS = (
    ("id", "id"),
    ("icpId", "icp"),
    ("name", "name"),
    ("type", "type"),
    ("startDate", "start"),
    ("endDate", "end"),
    ("personIds", "people"),
    ("companyIds", "companies"),
    ("userIds", "users"),
    ("createdAt", "created"),
    ("updatedAt", "updated"),
)


def _without_nulls(value: Value) -> Value:
    return {key: each for key, each in value.items() if each is not None}


def _without_empties(value: Value) -> Value:
    return {key: each for key, each in value.items() if each != []}


def _snake_case(value: Value) -> Value:
    return {re.sub("[A-Z]", lambda match: "_" + match[0].lower(), key): each for key, each in value.items()}


def _empty(response: RenderedResponse) -> RenderedResponse:
    return RenderedResponse(response.status, {}, b"")


def _page(response: RenderedResponse) -> RenderedResponse:
    return RenderedResponse(response.status, {"content-type": "text/html"}, b"<!doctype html><title>Created</title>")


def _latin_1(raw: bytes) -> bytes:
    return raw.decode().encode("latin-1", "replace")


def _half_pairs(raw: bytes) -> bytes:
    """Encode each surrogate of a character beyond U+FFFF on its own (CESU-8)."""
    units = raw.decode().encode("utf-16-be")
    halves = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return b"".join(chr(half).encode("utf-8", "surrogatepass") for half in halves)


def _json_in_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


shape = Group("shape")

# fmt: off
DEFECTS = (
    *(
        shape.easy(f"{word}-missing", f"response.{name}.required", f"The response has no {name}.", dropped(name))
        for name, word in FIELDS
    ),
    shape.medium("icp-null-missing", "response.icpId.required", "A null icpId is omitted.",
        answered(_without_nulls)),
    shape.medium("empty-missing", "response.companyIds.required", "Empty arrays are omitted.",
        answered(_without_empties)),
    shape.easy("id-renamed", "response.id.required", "The id is named _id, as in a database.",
        renamed("id", "_id")),
    shape.easy("icp-renamed", "response.icpId.required", "icpId is named icpID.", renamed("icpId", "icpID")),
    shape.easy("snake-case", "response.createdAt.required", "Field names are in snake_case.", answered(_snake_case)),
    shape.easy("id-number", "response.id.format", "The id is a number.", field_is("id", 4711)),
    shape.easy("id-null", "response.id.format", "The id is null.", field_is("id", None)),
    shape.easy("icp-as-object", "response.icpId.type", "icpId is an object with the ID.",
        field("icpId", lambda icp: {"id": icp})),
    shape.easy("name-as-array", "response.name.type", "The name is in an array.",
        field("name", lambda name: [name])),
    shape.easy("name-null", "response.name.type", "The name is null.", field_is("name", None)),
    shape.easy("type-upper-case", "response.type.enum", "The type is in upper case.", field("type", str.upper)),
    shape.easy("type-plural", "response.type.enum", "The type is in the plural.",
        field("type", lambda kind: kind + "s")),
    shape.easy("type-index", "response.type.enum", "The type is a number, as enums are stored.",
        field("type", ["person", "company"].index)),
    shape.easy("start-number", "response.startDate.format", "startDate is a Unix time.",
        field_is("startDate", 1704067200000)),
    shape.easy("end-null", "response.endDate.format", "endDate is null.", field_is("endDate", None)),
    shape.easy("start-day-only", "response.startDate.format", "startDate is a day without a time.",
        field("startDate", lambda text: text[:10])),
    shape.easy("end-without-zone", "response.endDate.format", "endDate has no offset from UTC.",
        field("endDate", lambda text: text[:-1])),
    shape.easy("people-as-text", "response.personIds.type", "personIds is one string with commas.",
        field("personIds", ",".join)),
    shape.medium("people-as-objects", "response.personIds.type", "Each person ID is in an object.",
        field("personIds", lambda ids: [{"id": each} for each in ids])),
    shape.medium("people-one-bare", "response.personIds.type", "An array of one person ID becomes that ID.",
        field("personIds", lambda ids: ids[0] if len(ids) == 1 else ids)),
    shape.medium("people-empty-null", "response.personIds.type", "An empty personIds becomes null.",
        field("personIds", lambda ids: ids or None)),
    shape.medium("companies-empty-null", "response.companyIds.type", "An empty companyIds becomes null.",
        field("companyIds", lambda ids: ids or None)),
    shape.easy("companies-as-object", "response.companyIds.type", "companyIds is an object keyed by position.",
        field("companyIds", lambda ids: dict(zip(map(str, range(len(ids))), ids, strict=True)))),
    shape.medium("companies-bare-digits", "response.companyIds.type", "Company IDs lose their hyphens.",
        field("companyIds", lambda ids: [each.replace("-", "") for each in ids])),
    shape.easy("users-as-text", "response.userIds.type", "userIds is the creator's ID without an array.",
        field("userIds", lambda ids: ids[0])),
    shape.easy("users-as-objects", "response.userIds.type", "Each user ID is in an object.",
        field("userIds", lambda ids: [{"id": each} for each in ids])),
    shape.easy("users-with-empty", "response.userIds.type", "userIds also holds an empty string.",
        field("userIds", lambda ids: [*ids, ""])),
    shape.easy("wrapped-in-data", "success.bare", "The lead list is in an object named data.",
        answered(lambda value: {"data": value})),
    shape.easy("wrapped-in-array", "success.bare", "The lead list is in an array.",
        answered(lambda value: [value])),
    shape.easy("wrapped-by-name", "success.bare", "The lead list is in an object named leadList.",
        answered(lambda value: {"leadList": value, "success": True})),
    shape.easy("json-in-json", "success.bare", "The body is a JSON string with the JSON.",
        answered(_json_in_json)),
    shape.easy("status-202", "success.status", "The status of a success is 202.", status(202)),
    shape.easy("status-204", "success.status", "The status of a success is 204, without a body.",
        together(sent(_empty), status(204))),
    shape.easy("body-empty", "http.answer.json", "A success has no body.", body(lambda _: b"")),
    shape.easy("body-html", "http.answer.media-type", "A success is an HTML page.", sent(_page)),
    shape.easy("label-html", "http.answer.media-type", "The Content-Type of a JSON success is text/html.",
        header("content-type", "text/html; charset=utf-8")),
    shape.easy("label-plain", "http.answer.media-type", "The Content-Type of a JSON success is text/plain.",
        header("content-type", "text/plain")),
    shape.easy("label-missing", "http.answer.media-type", "A success has no Content-Type.",
        sent(lambda response: RenderedResponse(response.status, {}, response.body))),
    shape.easy("json-guarded", "http.answer.json", "The JSON has a prefix against script inclusion.",
        body(lambda raw: b")]}',\n" + raw)),
    shape.easy("json-callback", "http.answer.json", "The JSON is the argument of a function call (JSONP).",
        body(lambda raw: b"callback(" + raw + b");")),
    shape.easy("json-last-comma", "http.answer.json", "The JSON has a trailing comma.",
        body(lambda raw: raw[:-1] + b",}")),
    shape.easy("json-twice", "http.answer.json", "The JSON is sent twice.", body(lambda raw: raw + raw)),
    shape.easy("json-nan", "http.answer.json", "An additional field has the value NaN.",
        body(lambda raw: raw[:-1] + b',"score":NaN}')),
    shape.easy("json-single-quotes", "http.answer.json", "The body has single quotes, as Python prints it.",
        body(lambda raw: raw.replace(b'"', b"'"))),
    shape.easy("byte-order-mark", "http.answer.utf-8", "The body starts with a byte order mark.",
        body(lambda raw: b"\xef\xbb\xbf" + raw)),
    shape.easy("encoded-utf-16", "http.answer.utf-8", "The body is encoded in UTF-16.",
        body(lambda raw: raw.decode().encode("utf-16-le"))),
    shape.medium("encoded-latin-1", "http.answer.utf-8", "The body is encoded in Latin-1.", body(_latin_1)),
    shape.medium("encoded-cesu-8", "http.answer.utf-8",
        "Emoji are encoded as two surrogates (CESU-8).", body(_half_pairs)),
    shape.easy("location-words", "http.answer.location", "Location holds words instead of a URI reference.",
        header("location", "lead list created")),
)
# fmt: on
