"""TLS: the certificate of --tls, from files or generated at the start."""

from __future__ import annotations

import ssl
from pathlib import Path

from mock_server.connections.listening import own_addresses
from mock_server.settings.values import SettingError, Settings

LOOPBACK_NAMES = ("localhost", "*.localhost", "127.0.0.1", "::1")


def context_of(settings: Settings) -> ssl.SSLContext | None:
    """Return the server's TLS context, or None for plain http; raise SettingError for unusable files."""
    if not settings.serves_https:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
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
