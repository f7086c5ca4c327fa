"""The development detour: every exchange's host leads to one loopback address, names and certificates still checked."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from heatdesk.errors import MachineError, UsageError

SERVER: Final = "HEATDESK_EXCHANGE_SERVER"
CA: Final = "HEATDESK_EXCHANGE_CA"


@dataclass(frozen=True, slots=True)
class Detour:
    """An address of this machine that stands for every exchange, and the authority that signs for them there."""

    host: str
    port: int
    ca: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self | None:
        """What the two variables ask for, None where neither is set.

        Raises UsageError for one without the other or an address that is not this machine's, MachineError in a
        packaged program and for an authority's file that is not there.
        """
        server, ca = environment.get(SERVER, ""), environment.get(CA, "")
        if not server and not ca:
            return None
        if getattr(sys, "frozen", False):
            raise MachineError(
                f"{SERVER} and {CA} are for development: a packaged heatdesk reaches the real exchanges only."
            )
        if not server or not ca:
            missing = CA if server else SERVER
            raise UsageError(f"{SERVER} and {CA} belong together: {missing} is not set.")
        host, port = _loopback(server)
        path = Path(ca)
        if not path.is_file():
            raise MachineError(f"{CA}: there is no file {path}.")
        return cls(host, port, path)


def _loopback(server: str) -> tuple[str, int]:
    """The address and port of ``127.0.0.1:8443``; raises UsageError unless they are this machine's own."""
    host, _, port = server.rpartition(":")
    host = host.strip("[]")
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = False
    if not own or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise UsageError(
            f"{SERVER} must be an address of this machine such as 127.0.0.1:8443, not {server[:60]!r}."
        )
    return host, int(port)
