"""Kraken Futures: perpetuals with several collaterals, in coins. Liquidations are trades of that type.

There is no stream of candles, and books are told level by level. Its inverse contracts are left out: their coins depend
on the price, and the market counts coins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import orjson

from tests.exchange_server.limits import Limits
from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import Coin, Listing, listing
from tests.exchange_server.market import Forced, Market
from tests.exchange_server.news import News
from tests.exchange_server.protocols.among import marked
from tests.exchange_server.protocols.base import Ask, Protocol, RefusalError, text, timeframe_ms
from tests.exchange_server.protocols.dydx import iso

_HOUR_MS = 3_600_000
_FEEDS = {"trade": "trades", "ticker": "ticker", "book": "order_book"}


class Kraken(Protocol):
    name = "kraken"
    hosts = ("futures.kraken.com",)
    limits = Limits(3000, messages_per_s=100)

    def __init__(self, market: Market) -> None:
        super().__init__(market)
        self._seqs: Counter[str] = Counter()  # of each book's levels

    def list(self, coins: Iterable[Coin]) -> list[Listing]:
        return [
            listing(
                self.name,
                f"PF_{'XBT' if coin.name == 'BTC' else coin.name}USD",
                coin,
                quote="USD",
                share=0.05,
            )
            for coin in coins
        ]

    def rest_paths(self) -> dict[str, Callable[[Ask], object]]:
        api = "/derivatives/api/v3"
        return {
            f"{api}/instruments": lambda ask: self._ok(
                {"instruments": [self._listed(i) for i in self._every()]}
            ),
            f"{api}/tickers": lambda ask: self._ok({"tickers": [self._ticker(i) for i in self._every()]}),
            f"{api}/historicalfundingrates": self._funding,
            "/derivatives/api/v4/historicalfundingrates": self._funding,
            "/api/charts/v1/*": self._chart,
        }

    def forced(self, news: News) -> list[Forced]:
        return list(marked(self.market, news.listing, news.from_ms + 1, news.to_ms + 1).values())

    # --- REST

    def _every(self) -> list[Listing]:
        return self.of_kind("linear")

    def _ok(self, told: dict[str, object]) -> dict[str, object]:
        return {"result": "success", "serverTime": iso(self.now_ms())} | told

    def _find(self, wire: str) -> Listing:
        found = self.find("linear", wire)
        if found is None:
            wrong = {"result": "error", "error": "contractNotFound", "serverTime": iso(self.now_ms())}
            raise RefusalError(400, wrong)
        return found

    def _listed(self, item: Listing) -> dict[str, object]:
        base = "XBT" if item.base == "BTC" else item.base
        levels = ((0, 0.02, 0.01), (500_000, 0.04, 0.02), (2_000_000, 0.1, 0.05))
        return {
            "symbol": item.wire, "type": "flexible_futures", "tickSize": float(item.tick), "contractSize": 1,
            "tradeable": item.status == "trading", "impactMidSize": 1, "maxPositionSize": 1_000_000,
            "openingDate": "2022-01-01T00:00:00.000Z", "fundingRateCoefficient": 8, "maxRelativeFundingRate": 0.0025,
            "contractValueTradePrecision": -item.lot.normalize().as_tuple().exponent, "postOnly": False,
            "base": base, "quote": "USD", "pair": f"{base}:USD", "category": "", "tags": [], "isin": "",
            "marginLevels": [
                {"numNonContractUnits": n, "initialMargin": initial, "maintenanceMargin": kept}
                for n, initial, kept in levels
            ],
        }  # fmt: skip

    def _now(self, item: Listing, now: int) -> tuple[float, float, float, float, float]:
        """Mark price, relative funding rate, open interest, coins and USD of a day."""
        mark, rate = self.market.mark_price(item, now), self._rate(item, (now // _HOUR_MS + 1) * _HOUR_MS)
        return (
            mark,
            rate,
            float(item.quantity(self.market.open_interest(item, now))),
            *self.market.turnover(item),
        )

    def _rate(self, item: Listing, time_ms: int) -> float:
        return self.market.funding_rate(item, time_ms) / 8

    def _ticker(self, item: Listing) -> dict[str, object]:
        now = self.now_ms()
        mark, rate, held, coins, quote = self._now(item, now)
        return {
            "symbol": item.wire, "last": float(item.price(self.market.price(item, now))), "lastTime": iso(now),
            "tag": "perpetual", "pair": item.wire.removeprefix("PF_"), "markPrice": mark, "indexPrice": mark,
            "vol24h": coins, "volumeQuote": quote, "openInterest": held, "fundingRate": rate * mark,
            "fundingRatePrediction": rate * mark, "suspended": False, "postOnly": False, "open24h": mark,
        }  # fmt: skip

    def _funding(self, ask: Ask) -> object:
        """All there is, at once; the absolute rate is USD per contract and hour."""
        item, now = self._find(ask.text("symbol")), self.now_ms()
        rows = []
        for t in self.funding_times(now - 40 * 24 * _HOUR_MS, now, _HOUR_MS):
            rate = self._rate(item, t)
            told = {"timestamp": iso(t), "relativeFundingRate": rate}
            rows.append(told | {"fundingRate": rate * self.market.mark_price(item, t)})
        return self._ok({"rates": rows})

    def _chart(self, ask: Ask) -> object:
        """``/api/charts/v1/trade/PF_XBTUSD/1m?from=seconds&to=seconds``, oldest first, at most 2,000."""
        *_, wire, interval = ask.path.split("/")
        item, frame, now = self._find(wire), timeframe_ms(interval), self.now_ms()
        end = min(ask.number("to", now // 1000) * 1000, now)
        start = ask.number("from", 0) * 1000 or end - 2000 * frame
        found = self.bars(item, frame, start, end + 1)
        told = [
            {
                "time": b.time_ms,
                "open": b.open,
                "high": b.high,
                "low": b.low,
                "close": b.close,
                "volume": float(b.coins),
            }
            for b in found[:2000]
        ]
        return {"candles": told, "more_candles": len(found) > 2000}

    # --- sockets

    def opened(self, line: Line) -> None:
        line.say([text({"event": "info", "version": 1})])

    def heard(self, line: Line, said: str) -> None:
        try:
            asked = orjson.loads(said)
            event, feed, names = asked["event"], asked.get("feed"), list(asked.get("product_ids") or [])
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            line.say([text({"event": "error", "message": "Json Error"})])
            return
        items = [self.find("linear", name) for name in names]
        if event not in ("subscribe", "unsubscribe") or feed not in _FEEDS:
            line.say([text({"event": "error", "message": "Invalid feed"})])
            return
        if not items or None in items:
            line.say([text({"event": "error", "message": "Invalid product id"})])
            return
        known = [Sub(f"{feed}:{item.wire}", _FEEDS[feed], item) for item in items if item is not None]
        if event == "unsubscribe":
            for sub in known:
                line.unsubscribe(sub.topic)
        elif not self.add(line, *known):
            return
        line.say([text({"event": f"{event}d", "feed": feed, "product_ids": names})])
        if event == "subscribe":
            line.say(frame for sub in known for frame in self._first(sub))

    def _first(self, sub: Sub) -> Iterator[str]:
        """What was before, or the whole of what changes."""
        item, told = sub.listing, self.market.told_ms
        assert item is not None
        if sub.what == "trades":
            rows = self._trades(News(self.market, item, told - 60_000, told))
            yield text({"feed": "trade_snapshot", "product_id": item.wire, "trades": rows[::-1][:100]})
        elif sub.what == "ticker":
            yield self._told(item, self.now_ms())
        else:
            sides = [
                [{"price": float(price), "qty": float(size)} for price, size in self.levels(item, side)]
                for side in self.whole_book(item).levels()
            ]
            head = {"feed": "book_snapshot", "product_id": item.wire, "timestamp": self.now_ms()}
            yield text(
                head | {"seq": self._seqs[item.wire], "tickSize": None, "bids": sides[0], "asks": sides[1]}
            )

    def _trades(self, news: News) -> list[dict[str, object]]:
        item = news.listing
        forced = marked(self.market, item, news.from_ms + 1, news.to_ms + 1)
        return [
            {"feed": "trade", "product_id": item.wire, "uid": f"{t.id:032x}", "side": "buy" if t.bought else "sell",
             "type": "liquidation" if t.id in forced else "fill", "seq": t.id, "time": t.time_ms,
             "qty": float(t.coins), "price": float(t.price)}
            for t in news.trades
        ]  # fmt: skip

    def _told(self, item: Listing, now: int) -> str:
        mark, rate, held, coins, quote = self._now(item, now)
        last = float(item.price(self.market.price(item, now)))
        return text({
            "feed": "ticker", "product_id": item.wire, "time": now, "tag": "perpetual", "pair": f"{item.base}:USD",
            "markPrice": mark, "index": mark, "last": last, "bid": last, "ask": last, "volume": coins,
            "volumeQuote": quote, "openInterest": held, "funding_rate": rate * mark, "relative_funding_rate": rate,
            "next_funding_rate_time": (now // _HOUR_MS + 1) * _HOUR_MS, "suspended": False, "post_only": False,
        })  # fmt: skip

    def tell_trades(self, sub: Sub, news: News) -> Iterator[str]:
        yield from map(text, self._trades(news))

    def tell_ticker(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(1000):
            yield self._told(news.listing, news.to_ms)

    def tell_order_book(self, sub: Sub, news: News) -> Iterator[str]:
        if (step := news.step) is None:
            return
        item = news.listing
        for side, changes in (("buy", step.bids), ("sell", step.asks)):
            for price, size in self.levels(item, changes):
                self._seqs[item.wire] += 1
                yield text({"feed": "book", "product_id": item.wire, "side": side, "seq": self._seqs[item.wire],
                            "price": float(price), "qty": float(size), "timestamp": step.time_ms})  # fmt: skip
