"""What really happened, for tests to compare with: in the process, and over HTTPS on ``truth.localhost``."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from tests.exchange_server.counts import Counts
from tests.exchange_server.listings import Listing
from tests.exchange_server.market import Market
from tests.exchange_server.news import News
from tests.exchange_server.protocols.base import Protocol

HOST = "truth.localhost"
Row = tuple[int, float, float, float, float, float, float]


class Truth:
    """Numbers in coins, sides as positions: what a client ought to have in the end."""

    def __init__(self, market: Market, protocols: Mapping[str, Protocol], counts: Counts) -> None:
        self._market, self._protocols, self._counts = market, protocols, counts

    def listing(self, exchange: str, symbol: str) -> Listing:
        """An instrument by its unified symbol; raises KeyError."""
        for item in self._protocols[exchange].listings.values():
            if item.symbol == symbol:
                return item
        raise KeyError(f"{exchange} has no {symbol}")

    def candles(self, exchange: str, symbol: str, start_ms: int, end_ms: int) -> list[Row]:
        """Closed 1m candles that start in ``[start_ms, end_ms)``: time, OHLC, volume, taker bought."""
        item = self.listing(exchange, symbol)
        found = self._market.candles(item, start_ms, min(end_ms, self._market.now_ms() // 60_000 * 60_000))
        tick, per_lot = item.steps[0], float(item.coins_per_lot)
        columns = zip(*(column.tolist() for column in found[:7]), strict=True)
        return (
            [
                (
                    t,
                    float(item.price(o)),
                    float(item.price(h)),
                    float(item.price(low)),
                    float(item.price(c)),
                    v * per_lot,
                    b * per_lot,
                )
                for t, o, h, low, c, v, b in columns
            ]
            if tick
            else []
        )

    def trades(
        self, exchange: str, symbol: str, start_ms: int, end_ms: int
    ) -> list[tuple[int, int, float, float, int]]:
        """Trades in ``[start_ms, end_ms)``: number, time, price, coins, taker's side."""
        item = self.listing(exchange, symbol)
        found = self._market.trades(item, start_ms, end_ms)
        rows = zip(*(column.tolist() for column in found), strict=True)
        return [(i, t, float(item.price(p)), item.coins(q), side) for i, t, p, q, side in rows]

    def liquidations(
        self, exchange: str, symbol: str, start_ms: int, end_ms: int, told: bool = True
    ) -> list[tuple[int, int, float, float]]:
        """Liquidations: time, position's side, price, coins. With `told` only those that the exchange's feed tells."""
        item, protocol = self.listing(exchange, symbol), self._protocols[exchange]
        if told:
            news = News(self._market, item, start_ms - 1, end_ms - 1)
            found = [f for f in protocol.forced(news) if start_ms <= f.time_ms < end_ms]
        else:
            found = self._market.liquidations(item, start_ms, end_ms)
        return [(f.time_ms, f.side, float(item.price(f.ticks)), item.coins(f.lots)) for f in found]

    def open_interest(self, exchange: str, symbol: str, time_ms: float) -> float:
        """Coins, one-sided."""
        item = self.listing(exchange, symbol)
        return item.coins(self._market.open_interest(item, time_ms))

    def answer(self, path: str, query: Mapping[str, str]) -> bytes:
        """Over HTTP: ``/candles``, ``/trades``, ``/liquidations`` (exchange, symbol, start, end), ``/counts``."""
        if path == "/counts":
            return orjson.dumps(
                {name: vars(count) for name, count in self._counts.items()}, option=orjson.OPT_NON_STR_KEYS
            )
        ask = {"/candles": self.candles, "/trades": self.trades, "/liquidations": self.liquidations}[path]
        return orjson.dumps(ask(query["exchange"], query["symbol"], int(query["start"]), int(query["end"])))
