"""Hyperliquid: one address for every question, sockets by coin. It tells of no liquidations.

Open interest is told for both sides together, as those who read the chain itself say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

import orjson

from tests.exchange_server.limits import Limits
from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import Coin, Listing, listing
from tests.exchange_server.market import Forced
from tests.exchange_server.news import Bar, News
from tests.exchange_server.protocols.base import Ask, Protocol, RefusalError, Reply, text, timeframe_ms

_HOUR_MS = 3_600_000
_INTERVALS = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d")
_KEPT = 5000
_CHANNELS = {"trades": "trades", "candle": "candles", "activeAssetCtx": "context", "l2Book": "levels"}
_FIRST_TRADES = 20


class Hyperliquid(Protocol):
    name = "hyperliquid"
    hosts = ("api.hyperliquid.xyz",)
    limits = Limits(1200, weight=2, messages_per_s=33, streams_per_socket=1000)

    def list(self, coins: Iterable[Coin]) -> list[Listing]:
        """Prices have five significant figures, whatever other exchanges allow."""
        return [
            replace(
                listing(self.name, coin.name, coin, quote="USDC", share=0.2),
                tick=max(Decimal(coin.tick), Decimal(1).scaleb(math.floor(math.log10(coin.price)) - 4)),
            )
            for coin in coins
        ]

    def rest_paths(self) -> dict[str, Callable[[Ask], object]]:
        return {"/info": self._info}

    def forced(self, news: News) -> list[Forced]:
        return []

    # --- REST

    def _info(self, ask: Ask) -> object:
        answers: dict[str, Callable[[Ask], object]] = {
            "meta": lambda ask: self._meta(),
            "metaAndAssetCtxs": lambda ask: [
                self._meta(),
                [self._context(i, self.now_ms()) for i in self._every()],
            ],
            "candleSnapshot": self._candles,
            "fundingHistory": self._funding,
            "l2Book": lambda ask: self._whole(self._asked(ask.text("coin"))),
            "recentTrades": lambda ask: self._trades(self._asked(ask.text("coin")), self.now_ms())[::-1],
            "allMids": lambda ask: {
                i.wire: i.price(self.market.price(i, self.now_ms())) for i in self._every()
            },
            "exchangeStatus": lambda ask: {"time": self.now_ms(), "specialStatuses": None},
            "perpDexs": lambda ask: [None],
            "spotMeta": lambda ask: {"tokens": [], "universe": []},
            "spotMetaAndAssetCtxs": lambda ask: [{"tokens": [], "universe": []}, []],
        }
        answer = answers.get(ask.text("type")) if ask.method == "POST" else None
        if answer is None:
            return Reply(b"Failed to deserialize the JSON body into the target type", 422)
        return answer(ask)

    def _every(self) -> list[Listing]:
        return self.of_kind("linear")

    def _asked(self, coin: str) -> Listing:
        found = self.find("linear", coin)
        if found is None:
            raise RefusalError(500, None)
        return found

    def _meta(self) -> dict[str, object]:
        tiers = [{"lowerBound": "0.0", "maxLeverage": 40}, {"lowerBound": "150000000.0", "maxLeverage": 20}]
        universe = [
            {"szDecimals": max(0, -item.lot.normalize().as_tuple().exponent), "name": item.wire,
             "maxLeverage": 40 if item.wire == "BTC" else 20, "marginTableId": 56 if item.wire == "BTC" else 20}
            for item in self._every()
        ]  # fmt: skip
        single = [{"lowerBound": "0.0", "maxLeverage": 20}]
        tables = [
            [20, {"description": "", "marginTiers": single}],
            [56, {"description": "tiered", "marginTiers": tiers}],
        ]
        return {"universe": universe, "marginTables": tables, "collateralToken": 0}

    def _context(self, item: Listing, now: int) -> dict[str, object]:
        coins, quote = self.market.turnover(item)
        mark, price = self.market.mark_price(item, now), item.price(self.market.price(item, now))
        return {
            "funding": f"{self.market.funding_rate(item, (now // _HOUR_MS + 1) * _HOUR_MS):.10f}",
            "openInterest": item.quantity(2 * self.market.open_interest(item, now)), "prevDayPx": price,
            "dayNtlVlm": f"{quote:.6f}", "premium": "0.0", "oraclePx": f"{mark * 1.0001:.6f}",
            "markPx": f"{mark:.6f}", "midPx": price, "impactPxs": [price, price], "dayBaseVlm": f"{coins:.6f}",
        }  # fmt: skip

    def _candles(self, ask: Ask) -> object:
        """Oldest first, and no more than the newest 5,000 there are."""
        req = ask.params.get("req")
        asked = req if isinstance(req, dict) else {}
        item, interval = self._asked(str(asked.get("coin"))), str(asked.get("interval"))
        if interval not in _INTERVALS:
            return Reply(b"Failed to deserialize the JSON body into the target type", 422)
        frame, now = timeframe_ms(interval), self.now_ms()
        end = min(int(asked.get("endTime") or now), now)
        start = max(int(asked["startTime"]), now - _KEPT * frame)
        return [
            self._candle(item, interval, bar)
            for bar in self.bars(item, frame, start // frame * frame, end + 1)
        ]

    @staticmethod
    def _candle(item: Listing, interval: str, bar: Bar) -> dict[str, object]:
        return {
            "t": bar.time_ms, "T": bar.end_ms - 1, "s": item.wire, "i": interval, "o": bar.open, "c": bar.close,
            "h": bar.high, "l": bar.low, "v": bar.coins, "n": bar.count,
        }  # fmt: skip

    def _funding(self, ask: Ask) -> object:
        item, start = self._asked(ask.text("coin")), ask.number("startTime", 0)
        end = min(ask.number("endTime", self.now_ms()), self.now_ms())
        times = list(self.funding_times(max(start, end - 3000 * _HOUR_MS), end, _HOUR_MS))[:500]
        return [
            {
                "coin": item.wire,
                "fundingRate": f"{self.market.funding_rate(item, t):.10f}",
                "premium": "0.0",
                "time": t,
            }
            for t in times
        ]

    def _whole(self, item: Listing) -> dict[str, object]:
        sides = self.whole_book(item).levels(20)
        told = [
            [{"px": price, "sz": size, "n": 1} for price, size in self.levels(item, side)] for side in sides
        ]
        return {"coin": item.wire, "time": self.now_ms(), "levels": told}

    def _trades(self, item: Listing, until_ms: int) -> list[dict[str, object]]:
        found = News(self.market, item, until_ms - 60_000, until_ms).trades
        return [self._trade(item, t) for t in found][-_FIRST_TRADES:]

    @staticmethod
    def _trade(item: Listing, t: object) -> dict[str, object]:
        return {
            "coin": item.wire, "side": "B" if t.bought else "A", "px": t.price, "sz": t.coins,  # type: ignore[attr-defined]
            "hash": f"0x{t.id:064x}", "time": t.time_ms, "tid": t.id % (1 << 50),  # type: ignore[attr-defined]
            "users": [f"0x{1:040x}", f"0x{2:040x}"],
        }  # fmt: skip

    # --- sockets

    def heard(self, line: Line, said: str) -> None:
        try:
            asked = orjson.loads(said)
            method, about = asked["method"], asked.get("subscription") or {}
            sub = self._sub(about) if about else None
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            line.say(
                [
                    text(
                        {
                            "channel": "error",
                            "data": f"Error parsing JSON into valid websocket request: {said}",
                        }
                    )
                ]
            )
            return
        if method == "ping":
            line.say([text({"channel": "pong"})])
            return
        told = text(about)
        if method not in ("subscribe", "unsubscribe") or sub is None:
            line.say([text({"channel": "error", "data": f"Invalid subscription {told}"})])
            return
        if method == "unsubscribe":
            if not line.unsubscribe(sub.topic):
                line.say([text({"channel": "error", "data": f"Already unsubscribed: {told}"})])
                return
        elif sub.topic in line.subs:
            line.say([text({"channel": "error", "data": f"Already subscribed: {told}"})])
            return
        elif not self.add(line, sub):
            return
        data = {"method": method, "subscription": about}
        line.say([text({"channel": "subscriptionResponse", "data": data})])
        if method == "subscribe":
            line.say(self._first(sub))

    def _sub(self, about: dict[str, str]) -> Sub | None:
        kind, coin, interval = about["type"], about.get("coin", ""), about.get("interval", "")
        item = self.find("linear", coin)
        if kind not in _CHANNELS or item is None or (kind == "candle" and interval not in _INTERVALS):
            return None
        return Sub(f"{kind}:{coin}:{interval}", _CHANNELS[kind], item, words={"interval": interval})

    def _first(self, sub: Sub) -> Iterator[str]:
        """What stands is told at once."""
        item = sub.listing
        assert item is not None
        if sub.what == "trades":
            yield text({"channel": "trades", "data": self._trades(item, self.market.told_ms)})
        elif sub.what == "context":
            yield self._contexts(item, self.now_ms())
        elif sub.what == "levels":
            yield text({"channel": "l2Book", "data": self._whole(item)})

    def _contexts(self, item: Listing, now: int) -> str:
        return text(
            {"channel": "activeAssetCtx", "data": {"coin": item.wire, "ctx": self._context(item, now)}}
        )

    def tell_trades(self, sub: Sub, news: News) -> Iterator[str]:
        data = [self._trade(news.listing, t) for t in news.trades]
        for first in range(0, len(data), 500):
            yield text({"channel": "trades", "data": data[first : first + 500]})

    def tell_candles(self, sub: Sub, news: News) -> Iterator[str]:
        interval = sub.words["interval"]
        for bar in news.bars(timeframe_ms(interval)):
            yield text({"channel": "candle", "data": self._candle(news.listing, interval, bar)})

    def tell_context(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(1000):
            yield self._contexts(news.listing, news.to_ms)

    def tell_levels(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(500):
            yield text({"channel": "l2Book", "data": self._whole(news.listing)})
