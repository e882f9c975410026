"""TLS: the certificate of --tls, from files or generated at the start, and a response to clients that speak http."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mock_server.connections.listening import own_addresses
from mock_server.settings.values import SettingError, Settings

HTTP_HEAD_BYTES = 64 * 1024  # of a request over plain http; more is dropped
LOOPBACK_NAMES = ("localhost", "*.localhost", "127.0.0.1", "::1")


class TlsContext(ssl.SSLContext):
    """A context for servers that respond to a request over plain http, which nginx and Go do as well."""

    respond_to_http: Callable[[bytes], bytes]  # the start of the request -> the response

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *more: Any, **options: Any) -> ssl.SSLObject:
        made = super().wrap_bio(incoming, outgoing, *more, **options)
        if isinstance(made, _TlsObject):
            made.watch(incoming, outgoing, self.respond_to_http)
        return made


class _TlsObject(ssl.SSLObject):
    """The TLS of one connection. Plain http instead of a handshake gets a response; the event loop ends the rest."""

    def watch(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, respond: Callable[[bytes], bytes]) -> None:
        self._incoming, self._outgoing, self._respond = incoming, outgoing, respond
        self._is_tls = self._has_responded = False
        self._http = b""

    def do_handshake(self) -> None:
        if not self._is_tls:
            received = self._incoming.read()
            if self._http or received[:1].isalpha():  # a method; a handshake begins with 0x16, RFC 8446 §5.1
                self._receive_http(received)
                raise ssl.SSLWantReadError
            self._incoming.write(received)
            self._is_tls = bool(received)
        super().do_handshake()

    def _receive_http(self, received: bytes) -> None:
        if self._has_responded:
            return
        self._http += received
        if b"\r\n\r\n" in self._http or len(self._http) > HTTP_HEAD_BYTES:
            self._has_responded = True
            self._outgoing.write(self._respond(self._http))


def context_of(settings: Settings) -> TlsContext | None:
    """Return the server's TLS context, or None for plain http; raise SettingError for unusable files."""
    if not settings.serves_https:
        return None
    context = TlsContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslobject_class = _TlsObject
    context.set_alpn_protocols(["http/1.1"])
    if settings.tls_cert is not None:
        _load(context, Path(settings.tls_cert), Path(settings.tls_key or settings.tls_cert))
    else:
        _make(context, settings)
    return context


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    for flag, path in (("--tls-cert", certificate), ("--tls-key", key)):
        if not path.is_file():
            raise SettingError(f"{flag}: the file {path} does not exist")
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")  # "": do not ask on the terminal
    except (ssl.SSLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise SettingError(
            f"--tls-cert: {certificate} with the key in {key} cannot be used ({reason}); both must be PEM files, and "
            "the key must be unencrypted and belong to the certificate"
        ) from None


def _make(context: ssl.SSLContext, settings: Settings) -> None:
    """Load a new certificate of a throwaway authority, for all host names of this mock."""
    import trustme  # imported on use: it loads `cryptography`, and few starts need it

    addresses = own_addresses(with_ipv6=True) if settings.host in ("0.0.0.0", "::") else [settings.host]
    names = dict.fromkeys([*LOOPBACK_NAMES, *addresses, *settings.allow_host])
    authority = trustme.CA(organization_name="leadlists-mock")
    authority.issue_cert(*names, common_name="leadlists-mock").configure_cert(context)
