"""Binance: USDⓈ-M futures and spot, REST and sockets.

Futures sockets are split by route: what belongs to ``/market`` is acknowledged on any other route and stays mute there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import orjson

from tests.exchange_server.limits import Limits
from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import Coin, Listing, listing
from tests.exchange_server.market import SAMPLE_MS
from tests.exchange_server.news import Bar, News
from tests.exchange_server.path import DAY_MS
from tests.exchange_server.protocols.base import Ask, Protocol, RefusalError, Reply, text, timeframe_ms

_FUTURES, _SPOT = "fstream.binance.com", "stream.binance.com"
_PUBLIC = ("trade", "depth", "bookTicker")  # what the /public route carries; all else is on /market
_BRACKETS = (
    (0, 300_000, 0.004, 150), (300_000, 800_000, 0.005, 100), (800_000, 3_000_000, 0.0065, 75),
    (3_000_000, 12_000_000, 0.01, 50), (12_000_000, 70_000_000, 0.02, 25), (70_000_000, 1_800_000_000, 0.05, 10),
)  # fmt: skip


class Binance(Protocol):
    name = "binance"
    hosts = (
        "fapi.binance.com", "api.binance.com", "dapi.binance.com", "www.binance.com",
        _FUTURES, _SPOT, "dstream.binance.com", "data-api.binance.vision",
    )  # fmt: skip
    limits = Limits(
        2400,
        {"/fapi/v1/klines": 5, "/fapi/v1/depth": 20, "/fapi/v1/ticker/24hr": 1, "/fapi/v1/aggTrades": 20},
        used_header="X-MBX-USED-WEIGHT-1M",
        messages_per_s=10,
        message_bytes=4096,
        streams_per_socket=1024,
        connects_per_s=5,
    )
    slot_ms = 1000
    latest_only = True
    cut_after_s = 86_400.0

    def list(self, coins: Iterable[Coin]) -> list[Listing]:
        found = []
        for coin in coins:
            found.append(listing(self.name, f"{coin.name}USDT", coin))
            if coin.name in ("BTC", "ETH"):
                found.append(listing(self.name, f"{coin.name}USDC", coin, quote="USDC", share=0.15))
            if coin.trades > 5:
                found.append(listing(self.name, f"{coin.name}USDT", coin, kind="spot", share=0.3))
        return found

    def rest_paths(self) -> dict[str, Callable[[Ask], object]]:
        return {
            "/fapi/v1/ping": lambda ask: {},
            "/fapi/v1/time": lambda ask: {"serverTime": self.now_ms()},
            "/api/v3/time": lambda ask: {"serverTime": self.now_ms()},
            "/fapi/v1/exchangeInfo": self._futures,
            "/api/v3/exchangeInfo": self._pairs,
            "/dapi/v1/exchangeInfo": lambda ask: {"symbols": [], "serverTime": self.now_ms()},
            "/fapi/v1/klines": self._klines,
            "/api/v3/klines": self._klines,
            "/fapi/v1/aggTrades": self._agg_trades,
            "/api/v3/aggTrades": self._agg_trades,
            "/fapi/v1/depth": self._depth,
            "/api/v3/depth": self._depth,
            "/fapi/v1/openInterest": self._open_interest,
            "/futures/data/openInterestHist": self._open_interest_history,
            "/futures/data/globalLongShortAccountRatio": self._long_short,
            "/fapi/v1/premiumIndex": self._premium,
            "/fapi/v1/fundingRate": self._funding,
            "/fapi/v1/ticker/24hr": self._day,
            "/api/v3/ticker/24hr": self._day,
            "/bapi/futures/v1/friendly/future/common/brackets": self._brackets,
        }

    def banned(self, status: int, seconds: float) -> Reply:
        until = self.now_ms() + int(seconds * 1000)
        said = f"Way too much request weight used; IP banned until {until}."
        body = orjson.dumps({"code": -1003, "msg": said if status == 418 else "Too many requests."})
        return Reply(
            body, status, {"Retry-After": str(max(1, round(seconds))), "Content-Type": "application/json"}
        )

    # --- REST

    def _asked(self, ask: Ask) -> Listing:
        kind = "linear" if ask.path.startswith(("/fapi", "/futures")) else "spot"
        found = self.find(kind, ask.text("symbol").upper())
        if found is None:
            raise RefusalError(400, {"code": -1121, "msg": "Invalid symbol."})
        return found

    def _futures(self, ask: Ask) -> object:
        return {"timezone": "UTC", "serverTime": self.now_ms(), "rateLimits": [], "exchangeFilters": [],
                "symbols": [self._symbol(item) for item in self.of_kind("linear")]}  # fmt: skip

    def _pairs(self, ask: Ask) -> object:
        return {"timezone": "UTC", "serverTime": self.now_ms(), "rateLimits": [], "exchangeFilters": [],
                "symbols": [self._symbol(item) for item in self.of_kind("spot")]}  # fmt: skip

    def _symbol(self, item: Listing) -> dict[str, object]:
        lot, tick = str(item.lot), str(item.tick)
        told: dict[str, object] = {
            "symbol": item.wire,
            "status": {"trading": "TRADING", "delisted": "SETTLING"}[item.status],
            "baseAsset": item.base, "quoteAsset": item.quote, "baseAssetPrecision": 8, "quotePrecision": 8,
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "9000000", "tickSize": tick},
                {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "10000000", "stepSize": lot},
                {"filterType": "MARKET_LOT_SIZE", "minQty": lot, "maxQty": "100000", "stepSize": lot},
                {"filterType": "MIN_NOTIONAL", "notional": "5"},
            ],
        }  # fmt: skip
        if item.kind == "spot":
            return told | {
                "isSpotTradingAllowed": True,
                "isMarginTradingAllowed": True,
                "permissions": [],
                "permissionSets": [["SPOT"]],
            }
        return told | {
            "pair": item.wire, "contractType": "PERPETUAL", "deliveryDate": 4133404800000, "onboardDate": 1569398400000,
            "marginAsset": item.quote, "maintMarginPercent": "2.5000", "requiredMarginPercent": "5.0000",
            "pricePrecision": -item.tick.as_tuple().exponent,
            "quantityPrecision": max(0, -item.lot.as_tuple().exponent),
            "underlyingType": "COIN", "liquidationFee": "0.012500", "orderTypes": ["LIMIT", "MARKET"],
        }  # fmt: skip

    def _klines(self, ask: Ask) -> object:
        limit = min(ask.number("limit", 500), 1500 if ask.path.startswith("/fapi") else 1000)
        frame = timeframe_ms(ask.text("interval", "1m"))
        found = self.page(
            self._asked(ask), frame, ask.number("startTime", 0), ask.number("endTime", 0), limit
        )
        return [
            [
                b.time_ms,
                b.open,
                b.high,
                b.low,
                b.close,
                b.volume,
                b.end_ms - 1,
                b.quote,
                b.count,
                b.taker_buy,
                b.taker_buy_quote,
                "0",
            ]
            for b in found
        ]

    def _agg_trades(self, ask: Ask) -> object:
        item, now = self._asked(ask), self.now_ms()
        start, end = ask.number("startTime", now - 60_000), ask.number("endTime", now)
        found = News(self.market, item, start - 1, min(end, now)).trades
        first = ask.number("fromId", 0)
        return [
            {"a": t.id, "p": t.price, "q": t.quantity, "f": t.id, "l": t.id, "T": t.time_ms, "m": not t.bought}
            for t in found if t.id >= first
        ][: min(1000, ask.number("limit", 500))]  # fmt: skip

    def _depth(self, ask: Ask) -> object:
        item = self._asked(ask)
        book = self.whole_book(item)
        bids, asks = book.levels(ask.number("limit", 500))
        told = {"lastUpdateId": book.last, "bids": self.levels(item, bids), "asks": self.levels(item, asks)}
        return told if item.kind == "spot" else told | {"E": book.time_ms, "T": book.time_ms}

    def _open_interest(self, ask: Ask) -> object:
        item = self._asked(ask)
        return {
            "symbol": item.wire,
            "openInterest": item.quantity(self.market.open_interest(item)),
            "time": self.now_ms(),
        }

    def _samples(self, ask: Ask) -> tuple[Listing, range]:
        """The instrument and the times of the samples asked for: at most 500, and none older than 30 days."""
        item, now = self._asked(ask), self.now_ms()
        every = max(SAMPLE_MS, timeframe_ms(ask.text("period", "5m")))
        limit = min(500, ask.number("limit", 30))
        start, end = ask.number("startTime", 0), min(ask.number("endTime", now), now)
        if start and start < now - 30 * DAY_MS:
            raise RefusalError(400, {"code": -1130, "msg": "parameter 'startTime' is invalid."})
        first = -(-(start or (end // every - limit + 1) * every) // every) * every
        return item, range(first, min(end + 1, first + limit * every), every)

    def _open_interest_history(self, ask: Ask) -> object:
        item, times = self._samples(ask)
        history = dict(self.market.open_interest_history(item, times.start, times.stop)) if times else {}
        return [
            {
                "symbol": item.wire, "sumOpenInterest": f"{item.coins(history[t]):.8f}", "timestamp": t,
                "sumOpenInterestValue": f"{item.coins(history[t]) * self.market.mark_price(item, t):.8f}",
            }
            for t in times if t in history
        ]  # fmt: skip

    def _long_short(self, ask: Ask) -> object:
        item, times = self._samples(ask)
        found = []
        for t in times:
            ratio = self.market.long_short(item, t)
            long = ratio / (1 + ratio)
            found.append({"symbol": item.wire, "longShortRatio": f"{ratio:.4f}", "longAccount": f"{long:.4f}",
                          "shortAccount": f"{1 - long:.4f}", "timestamp": t})  # fmt: skip
        return found

    def _premium(self, ask: Ask) -> object:
        if not ask.text("symbol"):
            return [self._premium_of(item) for item in self.of_kind("linear")]
        return self._premium_of(self._asked(ask))

    def _premium_of(self, item: Listing) -> dict[str, object]:
        mark, now = self.market.mark_price(item), self.now_ms()
        due = (now // 28_800_000 + 1) * 28_800_000
        return {"symbol": item.wire, "markPrice": f"{mark:.8f}", "indexPrice": f"{mark * 0.9999:.8f}",
                "estimatedSettlePrice": f"{mark:.8f}", "lastFundingRate": f"{self.market.funding_rate(item, due):.8f}",
                "interestRate": "0.00010000", "nextFundingTime": due, "time": now}  # fmt: skip

    def _funding(self, ask: Ask) -> object:
        item, now = self._asked(ask), self.now_ms()
        limit = min(1000, ask.number("limit", 100))
        times = list(
            self.funding_times(ask.number("startTime", now - 30 * DAY_MS), ask.number("endTime", now))
        )
        times = times[:limit] if ask.text("startTime") else times[-limit:]
        return [
            {"symbol": item.wire, "fundingTime": t, "fundingRate": f"{self.market.funding_rate(item, t):.8f}",
             "markPrice": f"{self.market.mark_price(item, t):.8f}"}
            for t in times
        ]  # fmt: skip

    def _day(self, ask: Ask) -> object:
        item, now = self._asked(ask), self.now_ms()
        coins, quote = self.market.turnover(item)
        last = item.price(self.market.price(item))
        return {"symbol": item.wire, "lastPrice": last, "volume": f"{coins:.8f}", "quoteVolume": f"{quote:.8f}",
                "openTime": now - DAY_MS, "closeTime": now, "count": 1}  # fmt: skip

    def _brackets(self, ask: Ask) -> object:
        rows = [
            {"bracketSeq": i + 1, "bracketNotionalFloor": floor, "bracketNotionalCap": cap,
             "bracketMaintenanceMarginRate": rate, "cumFastMaintenanceAmount": 0,
             "minOpenPosLeverage": 1, "maxOpenPosLeverage": leverage}
            for i, (floor, cap, rate, leverage) in enumerate(_BRACKETS)
        ]  # fmt: skip
        brackets = [{"symbol": item.wire, "riskBrackets": rows} for item in self.of_kind("linear")]
        return {"code": "000000", "message": None, "data": {"brackets": brackets}, "success": True}

    # --- sockets

    def opened(self, line: Line) -> None:
        named = line.query.get("streams", "") or line.path.partition("/ws/")[2]
        if named:
            self.add(line, *(self._sub(line, topic) for topic in named.split("/")))

    def heard(self, line: Line, said: str) -> None:
        try:
            asked = orjson.loads(said)
            method, topics, number = asked["method"], asked.get("params") or [], asked.get("id")
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            line.say([text({"error": {"code": 2, "msg": "Invalid request: malformed"}, "id": None})])
            return
        if method == "SUBSCRIBE" and not self.add(line, *(self._sub(line, topic) for topic in topics)):
            return
        if method == "UNSUBSCRIBE":
            for topic in topics:
                line.unsubscribe(topic)
        result = sorted(line.subs) if method == "LIST_SUBSCRIPTIONS" else None
        line.say([text({"result": result, "id": number})])

    def _sub(self, line: Line, topic: str) -> Sub:
        form = "combined" if line.path.endswith("/stream") else ""
        head, _, rest = topic.partition("@")
        kind = "spot" if line.host == _SPOT else "linear"
        item = self.find(kind, head.upper())
        name = rest.partition("@")[0]
        what = {
            "aggTrade": "agg_trades",
            "trade": "raw_trades",
            "markPrice": "mark",
            "forceOrder": "forced",
        }.get(name, "")
        words: dict[str, object] = {}
        if name.startswith("kline_"):
            what, words = "candles", {"interval": name[6:]}
        elif name.startswith("depth"):
            what = "depth"
        if head in ("!forceOrder", "!markPrice"):
            what, item = ("forced" if head == "!forceOrder" else "marks"), None
        public = name.startswith(_PUBLIC)
        strayed = kind == "linear" and (public if line.path.startswith("/market") else not public)
        known = what and (item is not None or head.startswith("!"))
        return Sub(topic, what or "nothing", item, bool(strayed or not known), f"{kind} {form}", words)

    def covers(self, sub: Sub, listing: Listing) -> bool:
        return listing.kind == "linear"

    def _framed(self, sub: Sub, data: object) -> str:
        return text({"stream": sub.topic, "data": data}) if sub.form.endswith("combined") else text(data)

    def tell_agg_trades(self, sub: Sub, news: News) -> Iterator[str]:
        for t in news.trades:
            yield self._framed(sub, {
                "e": "aggTrade", "E": news.to_ms, "a": t.id, "s": news.listing.wire, "p": t.price, "q": t.quantity,
                "f": t.id, "l": t.id, "T": t.time_ms, "m": not t.bought,
            })  # fmt: skip

    def tell_raw_trades(self, sub: Sub, news: News) -> Iterator[str]:
        for t in news.trades:
            yield self._framed(sub, {
                "e": "trade", "E": news.to_ms, "T": t.time_ms, "s": news.listing.wire, "t": t.id, "p": t.price,
                "q": t.quantity, "X": "MARKET", "m": not t.bought,
            })  # fmt: skip

    def tell_candles(self, sub: Sub, news: News) -> Iterator[str]:
        interval = sub.words["interval"]
        for bar in news.bars(timeframe_ms(interval)):
            yield self._framed(sub, {
                "e": "kline", "E": news.to_ms, "s": news.listing.wire, "k": _kline(news.listing.wire, interval, bar),
            })  # fmt: skip

    def tell_mark(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(1000 if sub.topic.endswith("@1s") else 3000):
            yield self._framed(sub, self._mark(news))

    def tell_marks(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(1000 if sub.topic.endswith("@1s") else 3000):
            yield self._framed(sub, [self._mark(news)])

    def _mark(self, news: News) -> dict[str, object]:
        now = self._premium_of(news.listing)
        return {"e": "markPriceUpdate", "E": news.to_ms, "s": news.listing.wire,
                "p": now["markPrice"], "i": now["indexPrice"],
                "P": now["estimatedSettlePrice"], "r": now["lastFundingRate"], "T": now["nextFundingTime"]}  # fmt: skip

    def tell_forced(self, sub: Sub, news: News) -> Iterator[str]:
        for f in self.forced(news):
            price, quantity = news.listing.price(f.ticks), news.listing.quantity(f.lots)
            yield self._framed(sub, {"e": "forceOrder", "E": news.to_ms, "o": {
                "s": news.listing.wire, "S": "SELL" if f.side > 0 else "BUY", "o": "LIMIT", "f": "IOC", "q": quantity,
                "p": price, "ap": news.listing.price(self.market.price(news.listing, f.time_ms)), "X": "FILLED",
                "l": quantity, "z": quantity, "T": f.time_ms,
            }})  # fmt: skip

    def tell_depth(self, sub: Sub, news: News) -> Iterator[str]:
        step, item = news.step, news.listing
        if step is not None:
            told = {"e": "depthUpdate", "E": news.to_ms, "s": item.wire, "U": step.first, "u": step.last,
                    "b": self.levels(item, step.bids), "a": self.levels(item, step.asks)}  # fmt: skip
            if item.kind != "spot":
                told |= {"T": step.time_ms, "pu": step.previous}
            yield self._framed(sub, told)


def _kline(wire: str, interval: str, bar: Bar) -> dict[str, object]:
    return {
        "t": bar.time_ms, "T": bar.end_ms - 1, "s": wire, "i": interval, "f": -1, "L": -1,
        "o": bar.open, "c": bar.close,
        "h": bar.high, "l": bar.low, "v": bar.volume, "n": bar.count, "x": bar.closed, "q": bar.quote,
        "V": bar.taker_buy, "Q": bar.taker_buy_quote, "B": "0",
    }  # fmt: skip
