"""Serve any correct or faulty server as a separate process, or list them all.

`python -m contract_tests.tests.servers.known_servers NAME --port 0` prints one line of JSON when it is ready.
"""

import argparse
import json
import os
import socket
import sys
from collections.abc import Mapping
from typing import Any

import uvicorn

from contract_tests.tests.servers.breach import FaultyServer
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.foreign_servers import FOREIGN_SERVERS, set_of
from contract_tests.tests.servers.right_servers import RIGHT_SERVERS
from contract_tests.tests.servers.trait import App

USERS = {"session-of-first": "user_first", "session-of-second": "user_second"}
EXPIRED = {"expired": "user_first"}


def listed() -> list[dict[str, Any]]:
    """Print every server with its name, its defect if it has one, and the settings to judge it with."""
    faulty = [_faulty(server, "foreign" if server.source else "faulty") for server in _FAULTY.values()]
    right = [
        {"id": server.name, "kind": "correct", "clause": None, "description": server.description}
        | {"carriers": list(server.carriers), "readings": {name: list(of) for name, of in server.accepted.items()}}
        for server in RIGHT_SERVERS
    ]
    return faulty + right


_FAULTY = {server.name: server for server in (*FAULTY_SERVERS, *FOREIGN_SERVERS)}


def _faulty(server: FaultyServer, kind: str) -> dict[str, Any]:
    named = {"id": server.name, "kind": kind, "clause": server.clause, "description": server.description}
    found = {"also": list(server.also), "source": server.source, "difficulty": server.difficulty}
    found |= {"set": set_of(server)} if kind == "foreign" else {}
    return named | found | {"carriers": ["bearer", "cookie"], "readings": {}}


def serve(app: App, port: int, options: dict[str, Any], sessions: Mapping[str, str] = USERS) -> None:
    """Serve until SIGTERM or SIGINT, and print a line when the server is ready."""
    listener = socket.create_server(("127.0.0.1", port))
    users = [{"id": user, "token": token} for token, user in sessions.items()]
    ready = {"url": f"http://127.0.0.1:{listener.getsockname()[1]}", "pid": os.getpid(), "users": users}
    config = uvicorn.Config(
        app, lifespan="off", ws="none", log_config=None, log_level="critical", timeout_graceful_shutdown=1, **options
    )
    print(json.dumps(ready), flush=True)  # an early client waits in the listener's queue
    uvicorn.Server(config).run(sockets=[listener])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("name", nargs="?", help="the id of a server")
    arguments.add_argument("--port", type=int, default=0, help="0 takes a free one")
    arguments.add_argument("--json", action="store_true", help="list all servers and stop")
    given = arguments.parse_args()
    if given.json:
        json.dump(listed(), sys.stdout)
        return
    right = {server.name: server for server in RIGHT_SERVERS}
    if given.name in _FAULTY:
        faulty = _FAULTY[given.name].app
        sessions = faulty.sessions or USERS
        serve(faulty(sessions, EXPIRED), given.port, {}, sessions)
    elif given.name in right:
        serve(right[given.name].app(USERS, EXPIRED), given.port, right[given.name].options)
    else:
        arguments.error(f"no server is called {given.name}; --json lists them")


if __name__ == "__main__":
    main()
