"""The faster event loop where there is one, mended where it would harm the rest of the program."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the feed's loop: uvloop's, or Python's own where that is not installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop

    class CarefulLoop(uvloop.Loop):  # type: ignore[misc]  # it comes without types
        """uvloop, which closes the socket of a connection that fails, and leaves it to be closed once more.

        By the second time its number may belong to anything: to another connection, to a file of the history. (uvloop
        issue 738; up to 0.22.1.)
        """

        async def create_connection(
            self, *args: Any, sock: socket.socket | None = None, **more: Any
        ) -> tuple[Any, Any]:
            """See `asyncio.loop.create_connection`; a socket that is handed over belongs to the loop from then on."""
            try:
                made: tuple[Any, Any] = await super().create_connection(*args, sock=sock, **more)
            except BaseException:
                if sock is not None:
                    sock.detach()
                raise
            return made

    return CarefulLoop
