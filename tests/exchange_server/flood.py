"""Load: as many trades a second as wanted, told to every subscriber, and counted in the market like all others.

Frames are written from ready-made pieces and sent past the turn of the pump, so that the server is not what is slow.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from tests.exchange_server.line import Line, Sub, frame
from tests.exchange_server.listings import Listing

if TYPE_CHECKING:
    from tests.exchange_server.server import ExchangeServer

_TURN_S = 0.01
_LONGEST_TURN_S = 0.25  # after a stop of the machine it does not catch up more than this


def _binance(sub: Sub, listing: Listing) -> Callable[[int, int, str, bool], str]:
    symbol = listing.wire

    def write(number: int, time_ms: int, price: str, maker: bool) -> str:
        return (
            f'{{"e":"aggTrade","E":{time_ms},"a":{number},"s":"{symbol}","p":"{price}","q":"{quantity}",'
            f'"f":{number},"l":{number},"T":{time_ms},"m":{"true" if maker else "false"}}}'
        )

    quantity = listing.quantity(1)
    return write


def _bybit(sub: Sub, listing: Listing) -> Callable[[int, int, str, bool], str]:
    head = f'{{"topic":"{sub.topic}","type":"snapshot","ts":'
    quantity = listing.quantity(1)

    def write(number: int, time_ms: int, price: str, maker: bool) -> str:
        return (
            f'{head}{time_ms},"data":[{{"T":{time_ms},"s":"{listing.wire}","S":"{"Sell" if maker else "Buy"}",'
            f'"v":"{quantity}","p":"{price}","L":"ZeroPlusTick","i":"{number:032x}","BT":false,"seq":{number}}}]}}'
        )

    return write


def _okx(sub: Sub, listing: Listing) -> Callable[[int, int, str, bool], str]:
    quantity, wire = listing.quantity(1), listing.wire
    head = f'{{"arg":{{"channel":"trades","instId":"{wire}"}},"data":[{{"instId":"{wire}","tradeId":"'

    def write(number: int, time_ms: int, price: str, maker: bool) -> str:
        return (
            f'{head}{number}","px":"{price}","sz":"{quantity}","side":"{"sell" if maker else "buy"}",'
            f'"ts":"{time_ms}","count":"1"}}]}}'
        )

    return write


_WRITERS = {"binance": _binance, "bybit": _bybit, "okx": _okx}
_WHATS = ("agg_trades", "trades")


class Flood:
    """`rate` trades of one lot per second on one exchange, in turn over its perpetuals of some coins.

    `sent` counts them by symbol. `rate` may be changed while it runs; 0 pauses.
    """

    def __init__(
        self, server: ExchangeServer, exchange: str, rate: float, wanted: Collection[str] | None = None
    ) -> None:
        self._server, self.exchange, self.rate = server, exchange, rate
        protocol = server.protocols[exchange]
        self._listings = [
            item
            for item in protocol.of_kind("linear")
            if item.quote == "USDT" and (wanted is None or item.base in wanted)
        ][:50]
        self._numbers = {item.key: 10**12 for item in self._listings}
        self.sent: dict[str, int] = defaultdict(int)
        self._owed = 0.0

    async def run(self, seconds: float | None = None) -> None:
        """Trade until cancelled, or so many machine seconds long."""
        began = last = time.monotonic()
        while seconds is None or last - began < seconds:
            await asyncio.sleep(_TURN_S)
            now = time.monotonic()
            self._owed += self.rate * min(now - last, _LONGEST_TURN_S)
            last = now
            self._turn()

    def _turn(self) -> None:
        each = int(self._owed) // len(self._listings)
        if each < 1:
            return
        self._owed -= each * len(self._listings)
        now = self._server.market.now_ms()
        subs = defaultdict(list)
        for line in self._server.lines:
            if line.exchange == self.exchange and not line.stalled:
                for sub in line.subs.values():
                    if sub.what in _WHATS and sub.listing is not None and not sub.mute:
                        subs[sub.listing.key].append((line, sub))
        for item in self._listings:
            if subs[item.key]:
                self._trade(item, each, now, subs[item.key])

    def _trade(self, item: Listing, count: int, now: int, subs: list[tuple[Line, Sub]]) -> None:
        first = self._numbers[item.key]
        self._numbers[item.key] = first + count
        ticks = self._server.market.price(item, now)
        price = item.price(ticks)
        self._server.market.tape(item).add_told(now, ticks, count // 2, count - count // 2)
        self.sent[item.symbol] += count
        # The first of a turn was sold, the next bought, and so on.
        written: dict[tuple[str, str], bytes] = {}
        for line, sub in subs:
            raw = written.get((sub.topic, sub.form))
            if raw is None:
                write = _WRITERS[self.exchange](sub, item)
                frames = (frame(write(first + i, now, price, i % 2 == 0).encode()) for i in range(count))
                raw = written[sub.topic, sub.form] = b"".join(frames)
            line.write(raw, count)
