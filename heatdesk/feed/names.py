"""Finding a host's addresses without waiting for a name server that does not answer.

The system's call cannot be interrupted; in the loop's pool of threads it would hold up the end of the program for as
long as it hangs. Here every question has a thread of its own that nobody waits for.
"""

from __future__ import annotations

import asyncio
import socket
import threading

from aiohttp.abc import ResolveResult


async def addresses(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    """Every address of a host, as the system finds them; raises OSError."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[ResolveResult]] = loop.create_future()

    def ask() -> None:
        found: list[ResolveResult] = []
        failure: OSError | None = None
        try:
            found = _ask(host, port, family)
        except OSError as error:
            failure = error
        except UnicodeError as error:  # a name that is none
            failure = OSError(str(error))
        try:
            loop.call_soon_threadsafe(_settle, answer, found, failure)
        except RuntimeError:
            return  # the loop has ended meanwhile, and with it whoever asked

    threading.Thread(target=ask, name=f"name of {host}", daemon=True).start()
    return await answer


def _settle(
    answer: asyncio.Future[list[ResolveResult]], found: list[ResolveResult], failure: OSError | None
) -> None:
    if answer.done():
        return  # given up
    if failure is not None:
        answer.set_exception(failure)
    else:
        answer.set_result(found)


def _ask(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]),
            port=int(address[1]),
            family=kind,
            proto=proto,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _, proto, _, address in socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    ]
