"""A server of raw bytes: it records what it receives and sends given bytes, HTTP or not."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
Answer = Callable[[socket.socket, int], None]  # the connection and the number of the request, from 0


@dataclass
class Received:
    """A request as it came over the wire."""

    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n")[0].decode("latin-1")

    @property
    def headers(self) -> dict[str, str]:
        pairs = [line.decode("latin-1").partition(":") for line in self.head.split(b"\r\n")[1:] if line]
        return {name.lower(): value.strip() for name, _, value in pairs}


@dataclass
class RawServer:
    url: str
    received: list[Received] = field(default_factory=list)
    connections: int = 0


@contextmanager
def raw_server(answer: Answer = lambda connection, _: connection.sendall(OK)) -> Iterator[RawServer]:
    """Serve on a free port and read each connection until either side closes it."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = RawServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
    lock = threading.Lock()

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            connection.settimeout(10)
            try:
                while received := _read_request(stream):
                    with lock:
                        number = len(server.received)
                        server.received.append(received)
                    answer(connection, number)
            except (OSError, ValueError):
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def _read_request(stream: object) -> Received | None:
    readline, read = stream.readline, stream.read  # type: ignore[attr-defined]
    head = b""
    while (line := readline()) not in (b"\r\n", b""):
        head += line
    if not head:
        return None
    if re.search(rb"(?im)^transfer-encoding:\s*chunked", head):
        body = b""
        while size := int(readline().split(b";")[0], 16):
            body += read(size)
            readline()
        readline()
        return Received(head, body)
    length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    return Received(head, read(int(length[1])) if length else b"")
