"""The text that the mock prints when it starts: for people, or one line of JSON for programs."""

from __future__ import annotations

import json
import os
import shlex

from mock_server.app import LEAD_LISTS, Mock
from mock_server.connections.listening import Listener
from mock_server.contract.openapi import OperationSpec
from mock_server.control.pages import DASHBOARD
from mock_server.settings.parsers import EXPIRED_TOKEN
from mock_server.settings.values import Settings

NO_USER = "(no user)"
CERTIFICATE_MADE = (
    "The certificate is new at every start: open the dashboard and accept it before your web pages call the mock."
)


def ready_line(mock: Mock, chosen: Settings, listener: Listener) -> str:
    """Return the line that --ready-json prints."""
    url = listener.url(chosen.scheme)
    users = [{"id": user, "token": token} for user, token in chosen.user]
    ready = {"url": url, "pid": os.getpid(), "users": users, "endpoint": url + _path(mock)}
    return json.dumps(ready | ({"controlToken": mock.control_token} if mock.control_token else {}))


def welcome(mock: Mock, chosen: Settings, listener: Listener) -> str:
    """Return the addresses, the users, the dashboard, and a curl command to paste."""
    url, path = listener.url(chosen.scheme), _path(mock)
    has_made_certificate = chosen.tls and not chosen.tls_cert
    width = max(len(user) for user in (NO_USER, *dict(chosen.user)))
    lines = [
        f"Serving {url}{path}  (Ctrl-C stops)",
        *(f"On the network: {each}{path}" for each in listener.lan_urls(chosen.scheme)),
        "Users you can sign in as:",
        *(f"  {user:{width}}  {token}" for user, token in chosen.user),
        f"  {NO_USER:{width}}  {EXPIRED_TOKEN}  (a session that has expired)",
        f"Send the token as Authorization: Bearer TOKEN, or as the cookie {chosen.cookie_name}=TOKEN.",
    ]
    if mock.control_token:
        lines.append(f"Control API token, for the header X-Mock-Control: {mock.control_token}")
    # The token is a fragment: browsers do not send fragments to servers, so no log has it.
    lines.append(f"Dashboard: {url}{DASHBOARD}" + (f"#token={mock.control_token}" if mock.control_token else ""))
    if has_made_certificate:
        lines.append(CERTIFICATE_MADE)
    if operation := _operation(mock):
        curl = ["curl", "-i", *(["--insecure"] if has_made_certificate else []), url + path]
        needs_key = bool(operation.login.keys) and not operation.login.is_session_enough
        curl += [] if needs_key else ["-H", f"Authorization: Bearer {chosen.user[0][1]}"]
        curl += ["-H", "Content-Type: application/json"]
        curl += ["-d", json.dumps(operation.example, ensure_ascii=False)]
        also = f" with {' and '.join(operation.login.keys)}, of any value" if needs_key else ""
        lines += [f"Try{also}:", f"  {shlex.join(curl)}"]
    return "\n".join(lines)


def _operation(mock: Mock) -> OperationSpec | None:
    """Return the operation to show: creating a lead list, else the first one with a request example."""
    operations = mock.contract.operations
    shown = operations.get(LEAD_LISTS) or next((each for each in operations.values() if each.example), None)
    return shown if shown and shown.example else None


def _path(mock: Mock) -> str:
    operation = _operation(mock)
    return operation.path if operation else ""
