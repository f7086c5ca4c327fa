"""Why a line could not be opened or broke, as one plain sentence."""

from __future__ import annotations

import socket
import ssl
from typing import Final

import aiohttp

from heatdesk.feed.plain_text import plain as plain

_CERTIFICATE: Final = {  # OpenSSL's verify codes
    9: "is not valid yet: check this machine's clock",
    10: "has expired: check this machine's clock",
    18: "is signed by nobody this machine trusts",
    19: "is signed by nobody this machine trusts",
    20: "is signed by nobody this machine trusts",
    21: "is signed by nobody this machine trusts",
    23: "has been revoked",
    62: "belongs to another host",
    64: "belongs to another host",
}


def reason(error: BaseException, host: str) -> str:
    """What went wrong on the way to a host."""
    certificate = _certificate_error(error)
    if certificate is not None:
        why = _CERTIFICATE.get(certificate.verify_code, f"is refused ({plain(certificate.verify_message)})")
        return f"{host} is not who it says it is: its certificate {why}. Nothing was sent."
    if isinstance(error, aiohttp.ClientConnectorDNSError | socket.gaierror):
        return f"{host} has no address here: no network, or a name server that does not know it."
    if isinstance(error, aiohttp.ClientConnectorSSLError | ssl.SSLError):
        return (
            f"something between here and {host} answers without encryption, such as a network's sign-in page."
        )
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return "the proxy named in the environment does not answer."
    if isinstance(error, TimeoutError):
        return f"{host} did not answer in time."
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return f"{host} refused the connection: {answered(error.status)}."
    if isinstance(_innermost(error), ConnectionRefusedError):
        return f"{host} refused the connection."
    if isinstance(error, aiohttp.ClientConnectionError | OSError):
        return f"the connection to {host} broke ({plain(_innermost(error))})."
    return f"{host} answered what cannot be used ({plain(error)})."


def answered(status: int) -> str:
    """An HTTP status in words."""
    known = {
        401: "it wants a key",
        403: "not offered here",
        404: "it knows no such address",
        418: "it has banned this address for a while",
        429: "too many requests",
        451: "not offered here, for legal reasons",
        502: "it is down",
        503: "it is down",
        504: "it is down",
    }
    if status in known:
        return f"{known[status]} (HTTP {status})"
    return f"HTTP {status}, an error of its own" if status >= 500 else f"HTTP {status}"


def _certificate_error(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """The certificate's own error, wherever in the chain it stands."""
    for _ in range(8):
        if isinstance(
            error, aiohttp.ClientConnectorCertificateError
        ):  # one of OpenSSL's by kind, without its codes
            error = error.certificate_error
        if error is None or isinstance(error, ssl.SSLCertVerificationError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _innermost(error: BaseException) -> BaseException:
    return getattr(error, "os_error", None) or error
