"""Deribit's USDC perpetuals over JSON-RPC, in coins; numbers are numbers, and liquidations stand among the trades.

Its inverse contracts are left out: their coins depend on the price, and the market counts coins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import orjson

from tests.exchange_server.limits import Limits
from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import Coin, Listing, listing
from tests.exchange_server.market import Forced
from tests.exchange_server.news import News
from tests.exchange_server.protocols.among import marked
from tests.exchange_server.protocols.base import Ask, Protocol, RefusalError, text

_HOUR_MS = 3_600_000
_RESOLUTIONS = {"1": 1, "3": 3, "5": 5, "10": 10, "15": 15, "30": 30, "60": 60, "120": 120, "180": 180, "360": 360,
                "720": 720, "1D": 1440}  # fmt: skip
_CHANNELS = {"trades": "trades", "chart": "candles", "ticker": "ticker", "book": "order_book"}


class Deribit(Protocol):
    name = "deribit"
    hosts = ("www.deribit.com",)
    limits = Limits(1200, messages_per_s=20, streams_per_socket=500)

    def list(self, coins: Iterable[Coin]) -> list[Listing]:
        return [
            listing(self.name, f"{coin.name}_USDC-PERPETUAL", coin, quote="USDC", share=0.05)
            for coin in coins
        ]

    def rest_paths(self) -> dict[str, Callable[[Ask], object]]:
        answers: dict[str, Callable[[Ask], object]] = {
            "get_time": lambda ask: self.now_ms(),
            "get_currencies": lambda ask: [
                {"currency": "USDC", "currency_long": "USD Coin", "coin_type": "ETHER"}
            ],
            "get_instruments": lambda ask: [self._instrument(item) for item in self.of_kind("linear")],
            "get_tradingview_chart_data": self._chart,
            "ticker": lambda ask: self._ticker(self._asked(ask), self.now_ms()),
            "get_funding_rate_history": self._funding,
        }
        return {f"/api/v2/public/{name}": self._enveloped(answer) for name, answer in answers.items()}

    def forced(self, news: News) -> list[Forced]:
        return list(marked(self.market, news.listing, news.from_ms + 1, news.to_ms + 1).values())

    def _enveloped(self, answer: Callable[[Ask], object]) -> Callable[[Ask], object]:
        return lambda ask: {"jsonrpc": "2.0", "result": answer(ask), "testnet": False, "usDiff": 100}

    # --- REST

    def _asked(self, ask: Ask) -> Listing:
        found = self.find("linear", ask.text("instrument_name"))
        if found is None:
            wrong = {"message": "Invalid params", "code": -32602, "data": {"param": "instrument_name"}}
            raise RefusalError(400, {"jsonrpc": "2.0", "error": wrong, "testnet": False})
        return found

    def _instrument(self, item: Listing) -> dict[str, object]:
        return {
            "instrument_name": item.wire, "kind": "future", "base_currency": item.base, "counter_currency": "USDC",
            "quote_currency": "USDC", "settlement_currency": "USDC", "settlement_period": "perpetual",
            "instrument_type": "linear", "future_type": "linear", "is_active": item.status == "trading",
            "expiration_timestamp": 32_503_708_800_000, "creation_timestamp": 1_534_167_754_000,
            "tick_size": float(item.tick), "min_trade_amount": float(item.lot), "contract_size": float(item.lot),
            "maker_commission": 0.0, "taker_commission": 0.0005, "max_leverage": 50, "state": "open",
            "price_index": f"{item.base.lower()}_usdc", "rfq": False, "block_trade_commission": 0.0,
        }  # fmt: skip

    def _chart(self, ask: Ask) -> object:
        """Columns; both bounds are included, and 5,000 candles the most."""
        item, resolution = self._asked(ask), ask.text("resolution")
        if resolution not in _RESOLUTIONS:
            wrong = {"message": "Invalid params", "code": -32602, "data": {"param": "resolution"}}
            raise RefusalError(400, {"jsonrpc": "2.0", "error": wrong, "testnet": False})
        frame = _RESOLUTIONS[resolution] * 60_000
        start, end = ask.number("start_timestamp", 0), min(ask.number("end_timestamp", 0), self.now_ms())
        found = self.bars(item, frame, max(start, end - 5000 * frame), end + 1)
        return {
            "ticks": [b.time_ms for b in found], "open": [float(b.open) for b in found],
            "high": [float(b.high) for b in found], "low": [float(b.low) for b in found],
            "close": [float(b.close) for b in found], "volume": [float(b.coins) for b in found],
            "cost": [float(b.quote) for b in found], "status": "ok" if found else "no_data",
        }  # fmt: skip

    def _ticker(self, item: Listing, now: int) -> dict[str, object]:
        coins, quote = self.market.turnover(item)
        mark = self.market.mark_price(item, now)
        rate = self.market.funding_rate(item, (now // _HOUR_MS + 1) * _HOUR_MS)
        return {
            "instrument_name": item.wire, "timestamp": now, "state": "open", "mark_price": mark, "index_price": mark,
            "last_price": float(item.price(self.market.price(item, now))), "funding_8h": rate,
            "current_funding": rate / 8, "max_price": mark * 1.02,
            "open_interest": float(item.quantity(self.market.open_interest(item, now))),
            "min_price": mark * 0.98, "estimated_delivery_price": mark, "settlement_price": mark,
            "stats": {"volume": coins, "volume_usd": quote, "volume_notional": quote, "price_change": 0.0},
        }  # fmt: skip

    def _funding(self, ask: Ask) -> object:
        item = self._asked(ask)
        times = self.funding_times(ask.number("start_timestamp", 0), ask.number("end_timestamp", 0), _HOUR_MS)
        rows = []
        for t in list(times)[-744:]:
            mark, rate = self.market.mark_price(item, t), self.market.funding_rate(item, t)
            rows.append({"timestamp": t, "index_price": mark, "prev_index_price": mark, "interest_8h": rate,
                         "interest_1h": rate / 8})  # fmt: skip
        return rows

    # --- sockets

    def heard(self, line: Line, said: str) -> None:
        try:
            asked = orjson.loads(said)
            number, method, params = asked.get("id"), asked["method"], asked.get("params") or {}
            channels = list(params.get("channels") or [])
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            line.say([text({"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}})])
            return
        told = {"jsonrpc": "2.0", "id": number, "usDiff": 100, "testnet": False}
        subs = [
            sub for sub in map(self._sub, channels) if sub is not None
        ]  # what it does not know it passes over
        if method == "public/test":
            line.say([text(told | {"result": {"version": "1.2.26"}})])
        elif method == "public/unsubscribe":
            gone = [sub.topic for sub in subs if line.unsubscribe(sub.topic)]
            line.say([text(told | {"result": gone})])
        elif method == "public/subscribe":
            if self.add(line, *subs):
                line.say([text(told | {"result": [sub.topic for sub in subs]})])
                line.say(frame for sub in subs for frame in self._first(sub))
        else:
            line.say([text(told | {"error": {"code": -32601, "message": "Method not found"}})])

    def _sub(self, channel: str) -> Sub | None:
        kind, _, rest = channel.partition(".")
        name, _, how = (rest.removeprefix("trades.") if kind == "chart" else rest).partition(".")
        item = self.find("linear", name)
        good = how in _RESOLUTIONS if kind == "chart" else how in ("100ms", "agg2")
        if kind not in _CHANNELS or item is None or not good:
            return None
        return Sub(channel, _CHANNELS[kind], item, words={"of": how})

    @staticmethod
    def _frame(sub: Sub, data: object) -> str:
        params = {"channel": sub.topic, "data": data}
        return text({"jsonrpc": "2.0", "method": "subscription", "params": params})

    def _first(self, sub: Sub) -> Iterator[str]:
        item, now = sub.listing, self.now_ms()
        assert item is not None
        if sub.what == "ticker":
            yield self._frame(sub, self._ticker(item, now))
        elif sub.what == "order_book":
            book = self.whole_book(item)
            sides = [
                [["new", float(price), float(size)] for price, size in self.levels(item, side)]
                for side in book.levels()
            ]
            yield self._frame(sub, {
                "type": "snapshot", "timestamp": now, "instrument_name": item.wire, "change_id": book.last,
                "bids": sides[0], "asks": sides[1],
            })  # fmt: skip

    def tell_trades(self, sub: Sub, news: News) -> Iterator[str]:
        item = news.listing
        forced = marked(self.market, item, news.from_ms + 1, news.to_ms + 1)
        rows = []
        for t in news.trades:
            amount, price = float(t.coins), float(t.price)
            row = {
                "trade_seq": t.id, "trade_id": f"{item.base}-{t.id}", "timestamp": t.time_ms, "tick_direction": 0,
                "price": price, "mark_price": price, "index_price": price, "instrument_name": item.wire,
                "direction": "buy" if t.bought else "sell", "amount": amount, "contracts": amount / float(item.lot),
            }  # fmt: skip
            rows.append(row | ({"liquidation": "T"} if t.id in forced else {}))
        for first in range(0, len(rows), 500):
            yield self._frame(sub, rows[first : first + 500])

    def tell_candles(self, sub: Sub, news: News) -> Iterator[str]:
        for bar in news.bars(_RESOLUTIONS[sub.words["of"]] * 60_000):
            yield self._frame(sub, {
                "tick": bar.time_ms, "open": float(bar.open), "high": float(bar.high), "low": float(bar.low),
                "close": float(bar.close), "volume": float(bar.coins), "cost": float(bar.quote),
            })  # fmt: skip

    def tell_ticker(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(1000):
            yield self._frame(sub, self._ticker(news.listing, news.to_ms))

    def tell_order_book(self, sub: Sub, news: News) -> Iterator[str]:
        if (step := news.step) is None:
            return
        item = news.listing
        sides = []
        for before, changes in zip(step.before, (step.bids, step.asks), strict=True):
            told = zip(changes, self.levels(item, changes), strict=True)
            sides.append([
                ["delete" if not lots else "change" if ticks in before else "new", float(price), float(size)]
                for (ticks, lots), (price, size) in told
            ])  # fmt: skip
        yield self._frame(sub, {
            "type": "change", "timestamp": step.time_ms, "instrument_name": item.wire, "change_id": step.last,
            "prev_change_id": step.previous, "bids": sides[0], "asks": sides[1],
        })  # fmt: skip
