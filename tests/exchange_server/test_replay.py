"""Recorded frames come back over the socket exactly as they were."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.exchange_server import ExchangeServer
from tests.exchange_server.clients import session
from tests.exchange_server.replay import Replay, read
from tests.exchange_server.tls import Certificates


def test_recordings_are_played_to_who_subscribed(certificates: Certificates, shared: Path) -> None:
    folder = shared / "data" / "frames" / "bybit"
    recorded = [frame.text for frame in read(folder) if frame.topic == "tickers.BTCUSDT"]

    async def run() -> list[str]:
        server = ExchangeServer(certificates=certificates, exchanges=["bybit"])
        replay = Replay(server, folder)
        async with (
            server,
            session(server) as client,
            asyncio.timeout(20),
            client.ws_connect("wss://stream.bybit.com/v5/public/linear", max_msg_size=0) as socket,
        ):
            await socket.send_str(json.dumps({"op": "subscribe", "args": ["tickers.BTCUSDT"]}))
            for _ in range(2):  # the answer, and the market's own first frame
                await socket.receive()
            await replay.run(speed=1000.0)
            return [(await socket.receive()).data for _ in recorded]

    assert asyncio.run(run()) == recorded
    assert len(recorded) > 10
