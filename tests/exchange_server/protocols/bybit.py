"""Bybit v5: linear perpetuals and spot. Open interest is told for both sides together, as the exchange does."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator

import orjson

from tests.exchange_server.limits import Limits
from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import Coin, Listing, listing
from tests.exchange_server.news import News
from tests.exchange_server.path import DAY_MS
from tests.exchange_server.protocols.base import Ask, Protocol, RefusalError, Reply, text, timeframe_ms

_FRAMES = {"D": "1d", "W": "7d", "M": "30d"}
_MINUTES = {"5min": 5, "15min": 15, "30min": 30, "1h": 60, "4h": 240, "1d": 1440}


class Bybit(Protocol):
    name = "bybit"
    hosts = ("api.bybit.com", "stream.bybit.com", "api.bytick.com")
    limits = Limits(7200, messages_per_s=20, message_bytes=21_000, connects_per_s=5)
    slot_ms = 500

    def list(self, coins: Iterable[Coin]) -> list[Listing]:
        found = []
        for coin in coins:
            found.append(listing(self.name, f"{coin.name}USDT", coin, share=0.6))
            if coin.name in ("BTC", "ETH"):
                found.append(listing(self.name, f"{coin.name}PERP", coin, quote="USDC", share=0.05))
            if coin.trades > 5:
                found.append(listing(self.name, f"{coin.name}USDT", coin, kind="spot", share=0.15))
        return found

    def rest_paths(self) -> dict[str, Callable[[Ask], object]]:
        return {
            "/v5/market/time": lambda ask: self._ok({"timeSecond": str(self.now_ms() // 1000)}),
            "/v5/market/instruments-info": self._instruments,
            "/v5/market/kline": self._kline,
            "/v5/market/open-interest": self._open_interest,
            "/v5/market/account-ratio": self._ratio,
            "/v5/market/funding/history": self._funding,
            "/v5/market/tickers": self._tickers,
            "/v5/market/risk-limit": self._risk_limit,
            "/v5/market/orderbook": self._order_book,
            "/v5/market/recent-trade": self._recent,
        }

    def banned(self, status: int, seconds: float) -> Reply:
        body = orjson.dumps(
            {"retCode": 10018, "retMsg": "Out of IP limit", "result": {}, "time": self.now_ms()}
        )
        return Reply(
            body, status, {"Retry-After": str(max(1, round(seconds))), "Content-Type": "application/json"}
        )

    def _ok(self, result: object) -> dict[str, object]:
        return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": self.now_ms()}

    # --- REST

    def _asked(self, ask: Ask) -> Listing:
        found = self.find(ask.text("category", "linear"), ask.text("symbol"))
        if found is None:
            raise RefusalError(
                200, {"retCode": 10001, "retMsg": "params error: symbol invalid", "result": {}}
            )
        return found

    def _instruments(self, ask: Ask) -> object:
        category = ask.text("category")
        every = self.of_kind(category) if ask.text("status") != "PreLaunch" else []
        if symbol := ask.text("symbol"):
            every = [item for item in every if item.wire == symbol]
        first = ask.number("cursor", 0)
        limit = ask.number("limit", 500) if category != "spot" else len(every)
        page = every[first : first + limit]
        more = str(first + limit) if first + limit < len(every) else ""
        told = {"category": category, "list": [self._instrument(item) for item in page]}
        return self._ok(told if category == "spot" else told | {"nextPageCursor": more})

    def _instrument(self, item: Listing) -> dict[str, object]:
        lot, tick = str(item.lot), str(item.tick)
        told: dict[str, object] = {
            "symbol": item.wire, "status": "Trading" if item.status == "trading" else "Closed",
            "baseCoin": item.base, "quoteCoin": item.quote, "priceFilter": {"tickSize": tick},
        }  # fmt: skip
        if item.kind == "spot":
            sizes = {"basePrecision": lot, "quotePrecision": "0.0000001", "minOrderQty": lot, "maxOrderQty": "100000",
                     "minOrderAmt": "5", "maxOrderAmt": "4000000"}  # fmt: skip
            return told | {"innovation": "0", "marginTrading": "utaOnly", "lotSizeFilter": sizes}
        return told | {
            "contractType": "LinearPerpetual", "settleCoin": item.quote, "launchTime": "1585526400000",
            "deliveryTime": "0", "deliveryFeeRate": "", "priceScale": str(-item.tick.as_tuple().exponent),
            "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
            "priceFilter": {"minPrice": tick, "maxPrice": "1999999.80", "tickSize": tick},
            "lotSizeFilter": {"maxOrderQty": "1190.000", "minOrderQty": lot, "qtyStep": lot, "minNotionalValue": "5",
                              "postOnlyMaxOrderQty": "1190.000", "maxMktOrderQty": "500.0"},
            "unifiedMarginTrade": True, "fundingInterval": 480, "copyTrading": "both", "isPreListing": False,
        }  # fmt: skip

    def _kline(self, ask: Ask) -> object:
        item, limit = self._asked(ask), min(ask.number("limit", 200), 1000)
        interval = ask.text("interval")
        frame = timeframe_ms(_FRAMES.get(interval, f"{interval}m"))
        start, end = ask.number("start", 0), ask.number("end", 0)
        if start and end:  # of a long stretch it gives the newest part
            found = self.bars(item, frame, start, end + 1)[-limit:]
        else:
            found = self.page(item, frame, start, end, limit)
        rows = [[str(b.time_ms), b.open, b.high, b.low, b.close, b.volume, b.quote] for b in reversed(found)]
        return self._ok({"category": ask.text("category", "linear"), "symbol": item.wire, "list": rows})

    def _times(self, ask: Ask, every: int, limit: int) -> list[int]:
        """Sample times of a page, newest first; `cursor` is the last one before it."""
        now = self.now_ms()
        end = min(ask.number("endTime", now), now)
        if cursor := ask.number("cursor", 0):
            end = cursor - 1
        start = ask.number("startTime", 0)
        newest = end // every * every
        count = limit if not start else min(limit, max(0, (newest - start) // every + 1))
        return [newest - i * every for i in range(count) if newest - i * every >= now - 500 * DAY_MS]

    def _open_interest(self, ask: Ask) -> object:
        item, limit = self._asked(ask), min(200, ask.number("limit", 50))
        every = _MINUTES.get(ask.text("intervalTime"), 5) * 60_000
        times = self._times(ask, every, limit)
        history = dict(self.market.open_interest_history(item, times[-1], times[0])) if times else {}
        rows = [
            {"openInterest": item.quantity(2 * history[t]), "singleOpenInterest": item.quantity(history[t]),
             "timestamp": str(t)}
            for t in times
        ]  # fmt: skip
        more = str(times[-1]) if len(times) == limit else ""
        return self._ok({"symbol": item.wire, "category": "linear", "list": rows, "nextPageCursor": more})

    def _ratio(self, ask: Ask) -> object:
        item = self._asked(ask)
        if (period := ask.text("period")) not in _MINUTES:
            raise RefusalError(
                200, {"retCode": 10001, "retMsg": "params error: period invalid", "result": {}}
            )
        limit = min(500, ask.number("limit", 50))
        rows = []
        for t in self._times(ask, _MINUTES[period] * 60_000, limit):
            ratio = self.market.long_short(item, t)
            long = ratio / (1 + ratio)
            rows.append({"symbol": item.wire, "buyRatio": f"{long:.4f}", "sellRatio": f"{1 - long:.4f}",
                         "timestamp": str(t)})  # fmt: skip
        return self._ok({"list": rows, "nextPageCursor": ""})

    def _funding(self, ask: Ask) -> object:
        item, now = self._asked(ask), self.now_ms()
        if ask.text("startTime") and not ask.text("endTime"):
            raise RefusalError(
                200, {"retCode": 10001, "retMsg": "params error: end time is missing", "result": {}}
            )
        end = min(ask.number("endTime", now), now)
        times = list(self.funding_times(ask.number("startTime", end - 70 * DAY_MS), end))
        times = times[-min(200, ask.number("limit", 200)) :]
        rows = [
            {"symbol": item.wire, "fundingRate": f"{self.market.funding_rate(item, t):.8f}",
             "fundingRateTimestamp": str(t)}
            for t in reversed(times)
        ]  # fmt: skip
        return self._ok({"category": "linear", "list": rows})

    def _tickers(self, ask: Ask) -> object:
        category = ask.text("category")
        every = [self._asked(ask)] if ask.text("symbol") else self.of_kind(category)
        return self._ok({"category": category, "list": [self._ticker(item, self.now_ms()) for item in every]})

    def _ticker(self, item: Listing, now: int) -> dict[str, object]:
        coins, quote = self.market.turnover(item)
        told: dict[str, object] = {
            "symbol": item.wire, "lastPrice": item.price(self.market.price(item, now)),
            "turnover24h": f"{quote:.4f}", "volume24h": f"{coins:.4f}",
        }  # fmt: skip
        return told if item.kind == "spot" else told | self._contract(item, now)

    def _contract(self, item: Listing, now: int) -> dict[str, object]:
        mark, held = self.market.mark_price(item, now), self.market.open_interest(item, now)
        due = (now // 28_800_000 + 1) * 28_800_000
        value = item.coins(held) * mark
        return {
            "markPrice": f"{mark:.6f}", "indexPrice": f"{mark * 0.9999:.6f}",
            "openInterest": item.quantity(2 * held), "openInterestValue": f"{2 * value:.4f}",
            "singleOpenInterest": item.quantity(held), "singleOpenInterestValue": f"{value:.4f}",
            "nextFundingTime": str(due), "fundingRate": f"{self.market.funding_rate(item, due):.8f}",
            "fundingIntervalHour": "8",
        }  # fmt: skip

    def _risk_limit(self, ask: Ask) -> object:
        every = [self._asked(ask)] if ask.text("symbol") else self.of_kind("linear")
        tiers = ((2e6, 0.005, 100), (1e7, 0.01, 50), (5e7, 0.02, 25), (2e8, 0.05, 10))
        rows = [
            {"id": i + 1, "symbol": item.wire, "riskLimitValue": f"{limit:.0f}", "maintenanceMargin": str(rate),
             "initialMargin": str(1 / leverage), "isLowestRisk": int(i == 0), "maxLeverage": f"{leverage}.00",
             "mmDeduction": ""}
            for item in every for i, (limit, rate, leverage) in enumerate(tiers)
        ]  # fmt: skip
        return self._ok({"category": "linear", "list": rows, "nextPageCursor": ""})

    def _order_book(self, ask: Ask) -> object:
        item = self._asked(ask)
        return self._ok(self._whole(item, ask.number("limit", 25)) | {"ts": self.now_ms()})

    def _whole(self, item: Listing, depth: int) -> dict[str, object]:
        book = self.whole_book(item)
        bids, asks = book.levels(depth)
        return {"s": item.wire, "b": self.levels(item, bids), "a": self.levels(item, asks), "u": book.moves,
                "seq": book.last * 7}  # fmt: skip

    def _recent(self, ask: Ask) -> object:
        item, now = self._asked(ask), self.now_ms()
        found = News(self.market, item, now - 300_000, now).trades[-min(1000, ask.number("limit", 500)) :]
        rows = [
            {"execId": _execution(item, t.id), "symbol": item.wire, "price": t.price, "size": t.quantity,
             "side": "Buy" if t.bought else "Sell", "time": str(t.time_ms), "isBlockTrade": False}
            for t in reversed(found)
        ]  # fmt: skip
        return self._ok({"category": ask.text("category"), "list": rows})

    # --- sockets

    def heard(self, line: Line, said: str) -> None:
        try:
            asked = orjson.loads(said)
            op, topics, number = asked["op"], asked.get("args") or [], asked.get("req_id", "")
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            line.say([text({"success": False, "ret_msg": "error:parse request", "op": ""})])
            return
        told = {"success": True, "ret_msg": "", "conn_id": f"loop-{id(line):x}", "req_id": number, "op": op}
        if op == "ping":
            line.say([text(told | {"ret_msg": "pong"})])
            return
        category = line.path.rpartition("/")[2]
        subs = [self._sub(category, topic) for topic in topics]
        unknown = [topic for topic, sub in zip(topics, subs, strict=True) if sub is None]
        if unknown or (category == "spot" and len(topics) > 10):
            why = f"error:handler not found,topic:{unknown[0]}" if unknown else "args size >10"
            line.say([text(told | {"success": False, "ret_msg": why})])
            return
        known = [sub for sub in subs if sub is not None]
        if op == "unsubscribe":
            for sub in known:
                line.unsubscribe(sub.topic)
        elif not self.add(line, *known):
            return
        line.say([text(told)])
        if op == "subscribe":
            line.say(frame for sub in known for frame in self._first(sub))

    def _sub(self, category: str, topic: str) -> Sub | None:
        name, _, rest = topic.partition(".")
        middle, _, wire = rest.rpartition(".")
        item = self.find(category, wire)
        whats = {"publicTrade": "trades", "kline": "candles", "tickers": "ticker", "allLiquidation": "forced",
                 "orderbook": "order_book"}  # fmt: skip
        if item is None or name not in whats or (name == "allLiquidation" and category == "spot"):
            return None
        return Sub(topic, whats[name], item, form=category, words={"of": middle})

    def _first(self, sub: Sub) -> Iterator[str]:
        """The snapshot that a subscription begins with."""
        now, item = self.now_ms(), sub.listing
        assert item is not None
        if sub.what == "order_book":
            data = self._whole(item, int(sub.words["of"]))
            yield text({"topic": sub.topic, "type": "snapshot", "ts": now, "data": data, "cts": now})
        if sub.what == "ticker":
            data = self._ticker(item, now)
            yield text({"topic": sub.topic, "type": "snapshot", "data": data, "cs": now, "ts": now})

    def _frame(self, sub: Sub, news: News, kind: str, data: object) -> str:
        return text({"topic": sub.topic, "type": kind, "ts": news.to_ms, "data": data})

    def tell_trades(self, sub: Sub, news: News) -> Iterator[str]:
        data = [
            {"T": t.time_ms, "s": news.listing.wire, "S": "Buy" if t.bought else "Sell", "v": t.quantity, "p": t.price,
             "L": "ZeroPlusTick", "i": _execution(news.listing, t.id), "BT": False, "RPI": False, "seq": t.id}
            for t in news.trades
        ]  # fmt: skip
        for first in range(0, len(data), 1024):
            yield self._frame(sub, news, "snapshot", data[first : first + 1024])

    def tell_candles(self, sub: Sub, news: News) -> Iterator[str]:
        interval = sub.words["of"]
        for b in news.bars(timeframe_ms(_FRAMES.get(interval, f"{interval}m"))):
            yield self._frame(sub, news, "snapshot", [{
                "start": b.time_ms, "end": b.end_ms - 1, "interval": interval, "open": b.open, "close": b.close,
                "high": b.high, "low": b.low, "volume": b.volume, "turnover": b.quote, "confirm": b.closed,
                "timestamp": news.to_ms,
            }])  # fmt: skip

    def tell_ticker(self, sub: Sub, news: News) -> Iterator[str]:
        item, now = news.listing, news.to_ms
        if item.kind == "spot":
            if news.crossed(1000):
                yield self._frame(sub, news, "snapshot", self._ticker(item, now))
        elif news.crossed(5000):
            yield self._frame(sub, news, "delta", {"symbol": item.wire, **self._contract(item, now)})
        elif news.crossed(1000):
            mark = f"{self.market.mark_price(item, now):.6f}"
            yield self._frame(sub, news, "delta", {"symbol": item.wire, "markPrice": mark})
        elif news.trades:
            yield self._frame(sub, news, "delta", {"symbol": item.wire, "lastPrice": news.trades[-1].price})

    def tell_forced(self, sub: Sub, news: News) -> Iterator[str]:
        data = [
            {"T": f.time_ms, "s": news.listing.wire, "S": "Buy" if f.side > 0 else "Sell",
             "v": news.listing.quantity(f.lots), "p": news.listing.price(f.ticks)}
            for f in self.forced(news)
        ]  # fmt: skip
        if data:
            yield self._frame(sub, news, "snapshot", data)

    def tell_order_book(self, sub: Sub, news: News) -> Iterator[str]:
        step, item = news.step, news.listing
        if step is not None:
            bids, asks = step.within(int(sub.words["of"]), self.market.book(item))
            data = {"s": item.wire, "b": self.levels(item, bids), "a": self.levels(item, asks), "u": step.move,
                    "seq": step.last * 7}  # fmt: skip
            yield text(
                {"topic": sub.topic, "type": "delta", "ts": news.to_ms, "data": data, "cts": step.time_ms}
            )


def _execution(item: Listing, number: int) -> str:
    """The id of a trade: a UUID that says nothing about order."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{item.key} {number}"))
