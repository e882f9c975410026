"""How to reach the target: certificates, and the proxy that the environment names for its host."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from contract_tests.settings.values import UsageError


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy. variable: the environment variable that names it."""

    url: str
    variable: str

    @property
    def shown(self) -> str:
        """The proxy and its variable without a password."""
        parts = urlsplit(self.url)
        return f"the proxy {parts.hostname}:{parts.port or 80} of ${self.variable}"


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy for this URL, as the environment says; None if there is none or NO_PROXY names the host.

    Raises UsageError that names the variable if the proxy cannot be used.
    """
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies_environment, proxy_bypass  # takes long to import

    parts = urlsplit(url)
    proxies: Mapping[str, str] = getproxies_environment()
    if proxy_bypass(parts.netloc) or proxy_bypass(parts.hostname or ""):
        return None
    scheme = parts.scheme if parts.scheme in proxies else "all"
    if scheme not in proxies:
        return None
    text = proxies[scheme]
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    variable = next((name for name in names if os.environ.get(name)), names[1])
    try:
        found = urlsplit(text if "://" in text else f"http://{text}")
        is_right = found.scheme in {"http", "https"} and bool(found.hostname) and found.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise UsageError(
            f"${variable}: {_without_login(text)!r} is not a proxy that can be used; only http and https proxies are. "
            f"Correct it, unset it, or name {parts.hostname} in NO_PROXY"
        )
    return Proxy(found.geturl(), variable)


def _without_login(text: str) -> str:
    head, at, tail = text.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else text


def tls_context(
    ca_file: str | None, client_cert: str | None, client_key: str | None, *, usual: Callable[[], ssl.SSLContext]
) -> ssl.SSLContext:
    """Return what TLS trusts and presents, for every way to reach the target.

    Without ca_file, SSL_CERT_FILE counts. usual: makes the context if there is neither. Raises UsageError that names
    the option or the variable.
    """
    variable = os.environ.get("SSL_CERT_FILE") if not ca_file else None
    try:
        file = ca_file or variable
        context = ssl.create_default_context(cafile=file) if file else usual()
    except OSError as error:
        why = f"there are no certificates in PEM form in {ca_file or variable} ({error.strerror or error})"
        if ca_file:
            raise UsageError(f"--ca-file: {why}") from None
        raise UsageError(f"$SSL_CERT_FILE: {why}; name a file of certificates, or unset it") from None
    if client_cert:
        try:
            context.load_cert_chain(client_cert, client_key, password=lambda: "")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(
                f"--client-cert: {client_cert} and its key cannot be used ({reason}); give both in PEM form, the key "
                "without a passphrase"
            ) from None
    return context
