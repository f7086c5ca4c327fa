"""The feed's loop: a connection that fails takes its socket with it, once."""

from __future__ import annotations

import asyncio
import socket
import ssl

import pytest

from heatdesk.feed.fast_loop import loop_factory


def test_a_connection_that_is_given_up_leaves_no_socket_to_be_closed_a_second_time() -> None:
    """By then its number may be that of a file of the history."""
    with socket.create_server(("127.0.0.1", 0)) as server:  # it takes calls, and never answers

        async def give_up() -> socket.socket:
            sock = socket.create_connection(server.getsockname())
            sock.setblocking(False)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    loop = asyncio.get_running_loop()
                    await loop.create_connection(
                        asyncio.Protocol,
                        sock=sock,
                        ssl=ssl.create_default_context(),
                        server_hostname="localhost",
                    )
            return sock

        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            assert runner.run(give_up()).fileno() == -1


def test_a_connection_that_succeeds_is_as_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        async def greet() -> bytes:
            reader, writer = await asyncio.open_connection(
                sock=socket.create_connection(server.getsockname())
            )
            there, _ = server.accept()
            with there:
                there.sendall(b"hello")
            said = await reader.read()
            writer.close()
            await writer.wait_closed()
            return said

        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            assert runner.run(greet()) == b"hello"
