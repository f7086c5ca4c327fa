"""Bitget's USDT perpetuals, in coins: REST and trades of its second interface, the rest of the third.

A liquidation names the position's side and what it was worth in the quote currency.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

import orjson

from tests.exchange_server.limits import Limits
from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import Coin, Listing, listing
from tests.exchange_server.news import Bar, News
from tests.exchange_server.protocols.base import Ask, Protocol, RefusalError, text, timeframe_ms

_FAMILY = "USDT-FUTURES"
_SECOND = {"trade": "trades", "candle1m": "candles", "candle5m": "candles", "ticker": "old_ticker",
           "books": "old_book"}  # fmt: skip
_THIRD = {"ticker": "ticker", "books": "order_book", "liquidation": "forced", "publicTrade": "new_trades"}
_EIGHT_HOURS_MS = 28_800_000


class Bitget(Protocol):
    name = "bitget"
    hosts = ("api.bitget.com", "ws.bitget.com")
    limits = Limits(6000, messages_per_s=10, streams_per_socket=1000)
    slot_ms = 1000

    def list(self, coins: Iterable[Coin]) -> list[Listing]:
        return [listing(self.name, f"{coin.name}USDT", coin, share=0.25) for coin in coins]

    def rest_paths(self) -> dict[str, Callable[[Ask], object]]:
        mix = "/api/v2/mix/market"
        return {
            "/api/v2/public/time": lambda ask: self._ok({"serverTime": str(self.now_ms())}),
            f"{mix}/contracts": self._contracts,
            f"{mix}/candles": lambda ask: self._candles(ask, 1000),
            f"{mix}/history-candles": lambda ask: self._candles(ask, 200),
            f"{mix}/open-interest": self._open_interest,
            f"{mix}/current-fund-rate": self._rate_now,
            f"{mix}/history-fund-rate": self._rates,
            f"{mix}/account-long-short": self._ratio,
            f"{mix}/ticker": lambda ask: self._ok([self._old_ticker(self._asked(ask), self.now_ms())]),
            f"{mix}/query-position-lever": self._tiers,
        }

    # --- REST

    def _ok(self, data: object) -> dict[str, object]:
        return {"code": "00000", "msg": "success", "requestTime": self.now_ms(), "data": data}

    def _asked(self, ask: Ask) -> Listing:
        found = self.find("linear", ask.text("symbol"))
        if found is None or ask.text("productType").upper() != _FAMILY:
            wrong = {"code": "40034", "msg": f"Parameter {ask.text('symbol')} does not exist", "data": None}
            raise RefusalError(400, wrong | {"requestTime": self.now_ms()})
        return found

    def _contracts(self, ask: Ask) -> object:
        every = self.of_kind("linear") if ask.text("productType").upper() == _FAMILY else []
        return self._ok([self._contract(item) for item in every])

    def _contract(self, item: Listing) -> dict[str, object]:
        places, lots = (-step.normalize().as_tuple().exponent for step in (item.tick, item.lot))
        return {
            "symbol": item.wire, "baseCoin": item.base, "quoteCoin": "USDT", "supportMarginCoins": ["USDT"],
            "minTradeNum": str(item.lot), "priceEndStep": "1", "volumePlace": str(max(0, lots)),
            "pricePlace": str(max(0, places)), "sizeMultiplier": str(item.lot), "symbolType": "perpetual",
            "minTradeUSDT": "5", "symbolStatus": "normal" if item.status == "trading" else "off",
            "offTime": "-1", "limitOpenTime": "-1", "deliveryTime": "", "deliveryPeriod": "", "fundInterval": "8",
            "minLever": "1", "maxLever": "125", "posLimit": "0.1", "maintainTime": "", "makerFeeRate": "0.0002",
            "takerFeeRate": "0.0006", "feeRateUpRatio": "0.005", "buyLimitPriceRatio": "0.05",
            "sellLimitPriceRatio": "0.05", "openCostUpRatio": "0.01", "maxMarketOrderQty": "220",
            "maxOrderQty": "1200", "launchTime": "", "openTime": "",
        }  # fmt: skip

    def _candles(self, ask: Ask, most: int) -> object:
        """Oldest first, of a long stretch its newest part."""
        item, frame = self._asked(ask), timeframe_ms(ask.text("granularity"))
        limit, now = min(most, ask.number("limit", 100)), self.now_ms()
        end = min(ask.number("endTime", now), now + 1)
        start = max(ask.number("startTime", 0), end - (limit + 1) * frame)
        return self._ok([self._candle(bar)[:7] for bar in self.bars(item, frame, start, end)[-limit:]])

    @staticmethod
    def _candle(bar: Bar) -> list[str]:
        return [str(bar.time_ms), bar.open, bar.high, bar.low, bar.close, bar.coins, bar.quote, bar.quote]

    def _held(self, item: Listing, now: int) -> str:
        return item.quantity(self.market.open_interest(item, now))

    def _open_interest(self, ask: Ask) -> object:
        item, now = self._asked(ask), self.now_ms()
        told = [{"symbol": item.wire, "size": self._held(item, now)}]
        return self._ok({"openInterestList": told, "ts": str(now)})

    def _rate(self, item: Listing, due: int) -> str:
        return f"{self.market.funding_rate(item, due):.6f}"

    def _rate_now(self, ask: Ask) -> object:
        item, due = self._asked(ask), (self.now_ms() // _EIGHT_HOURS_MS + 1) * _EIGHT_HOURS_MS
        told = {"symbol": item.wire, "fundingRate": self._rate(item, due), "fundingRateInterval": "8",
                "nextUpdate": str(due), "minFundingRate": "-0.003", "maxFundingRate": "0.003"}  # fmt: skip
        return self._ok([told])

    def _rates(self, ask: Ask) -> object:
        item, size, page = self._asked(ask), min(100, ask.number("pageSize", 20)), ask.number("pageNo", 1)
        newest = self.now_ms() // _EIGHT_HOURS_MS * _EIGHT_HOURS_MS
        times = [newest - n * _EIGHT_HOURS_MS for n in range((page - 1) * size, min(page * size, 270))]
        rows = [
            {"symbol": item.wire, "fundingRate": self._rate(item, t), "fundingTime": str(t)} for t in times
        ]
        return self._ok(rows)

    def _ratio(self, ask: Ask) -> object:
        item, every, now = self._asked(ask), timeframe_ms(ask.text("period", "5m")), self.now_ms()
        rows = []
        for t in range(now // every * every - 29 * every, now + 1, every):
            ratio = self.market.long_short(item, t)
            long, short = ratio / (1 + ratio), 1 / (1 + ratio)
            rows.append({"longAccountRatio": f"{long:.4f}", "shortAccountRatio": f"{short:.4f}",
                         "longShortAccountRatio": f"{ratio:.4f}", "ts": str(t)})  # fmt: skip
        return self._ok(rows)

    def _old_ticker(self, item: Listing, now: int) -> dict[str, object]:
        coins, quote = self.market.turnover(item)
        told = self._ticker(item, now)
        return {
            "symbol": item.wire, "instId": item.wire, "lastPr": told["lastPrice"], "markPrice": told["markPrice"],
            "indexPrice": told["indexPrice"], "holdingAmount": told["openInterest"], "baseVolume": f"{coins:.4f}",
            "fundingRate": told["fundingRate"], "nextFundingTime": told["nextFundingTime"],
            "quoteVolume": f"{quote:.4f}", "usdtVolume": f"{quote:.4f}", "ts": str(now),
        }  # fmt: skip

    def _ticker(self, item: Listing, now: int) -> dict[str, str]:
        mark, due = f"{self.market.mark_price(item, now):.6f}", (now // _EIGHT_HOURS_MS + 1) * _EIGHT_HOURS_MS
        return {
            "symbol": item.wire, "lastPrice": item.price(self.market.price(item, now)), "markPrice": mark,
            "indexPrice": mark, "openInterest": self._held(item, now), "fundingRate": self._rate(item, due),
            "nextFundingTime": str(due),
        }  # fmt: skip

    def _tiers(self, ask: Ask) -> object:
        item = self._asked(ask)
        tiers = (
            ("0", "150000", "125", "0.004"),
            ("150000", "900000", "100", "0.005"),
            ("900000", "5000000", "50", "0.01"),
        )
        return self._ok([
            {"symbol": item.wire, "level": str(n + 1), "startUnit": low, "endUnit": high, "leverage": most,
             "keepMarginRate": rate}
            for n, (low, high, most, rate) in enumerate(tiers)
        ])  # fmt: skip

    # --- sockets

    def heard(self, line: Line, said: str) -> None:
        if said == "ping":
            line.say(["pong"])
            return
        try:
            asked = orjson.loads(said)
            op, arguments = asked["op"], list(asked["args"])
            subs = [self._sub(line.path.startswith("/v3"), argument) for argument in arguments]
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            line.say([text({"event": "error", "code": 30003, "msg": "InvalidOp", "op": "subscribe"})])
            return
        for argument, sub in zip(arguments, subs, strict=True):
            if sub is None or op not in ("subscribe", "unsubscribe"):
                why = f"instType,channel or symbol doesn't exist: {text(argument)}"
                line.say([text({"event": "error", "arg": argument, "code": 30001, "msg": why, "op": op})])
                continue
            if op == "unsubscribe":
                line.unsubscribe(sub.topic)
            elif not self.add(line, sub):
                return
            line.say([text({"event": op, "arg": argument})])
            if op == "subscribe":
                line.say(self._first(sub))

    def _sub(self, third: bool, argument: dict[str, str]) -> Sub | None:
        channel = argument["topic" if third else "channel"]
        item = self.find("linear", argument.get("symbol" if third else "instId", ""))
        what = (_THIRD if third else _SECOND).get(channel)
        family = _FAMILY.lower() if third else _FAMILY
        if what is None or argument.get("instType") != family or (item is None and what != "forced"):
            return None
        return Sub(text(argument), what, item, words={"arg": argument})

    def _frame(self, sub: Sub, action: str, data: object, now: int) -> str:
        return text({"action": action, "arg": sub.words["arg"], "data": data, "ts": now})

    def _first(self, sub: Sub) -> Iterator[str]:
        """What was before."""
        item, now = sub.listing, self.now_ms()
        if item is None:
            return
        if sub.what in ("trades", "new_trades"):
            told = self.market.told_ms
            yield self._frame(
                sub, "snapshot", self._trades(News(self.market, item, told - 60_000, told)), now
            )
        elif sub.what == "candles":
            found = self.newest_bars(item, self._length(sub), 100)
            yield self._frame(sub, "snapshot", [self._candle(bar) for bar in found], now)
        elif sub.what == "old_book":
            book = self.whole_book(item)
            bids, asks = (self.levels(item, side) for side in book.levels())
            data = {"asks": asks, "bids": bids, "checksum": 0, "seq": book.last, "ts": str(now)}
            yield self._frame(sub, "snapshot", [data], now)
        elif sub.what == "order_book":
            book = self.whole_book(item)
            bids, asks = (self.levels(item, side) for side in book.levels())
            data = {"b": bids, "a": asks, "checksum": 0, "seq": book.last, "pseq": 0, "ts": str(now)}
            yield self._frame(sub, "snapshot", [data], now)

    @staticmethod
    def _length(sub: Sub) -> int:
        return timeframe_ms(sub.words["arg"]["channel"].removeprefix("candle"))

    @staticmethod
    def _trades(news: News) -> list[dict[str, str]]:
        """Newest first."""
        return [
            {"ts": str(t.time_ms), "price": t.price, "size": t.coins, "side": "buy" if t.bought else "sell",
             "tradeId": str(t.id)}
            for t in reversed(news.trades)
        ]  # fmt: skip

    def tell_trades(self, sub: Sub, news: News) -> Iterator[str]:
        if news.trades:
            yield self._frame(sub, "update", self._trades(news), news.to_ms)

    def tell_new_trades(self, sub: Sub, news: News) -> Iterator[str]:
        names = {"p": "price", "v": "size", "S": "side", "T": "ts", "i": "tradeId"}
        if news.trades:
            rows = [{short: row[long] for short, long in names.items()} for row in self._trades(news)]
            yield self._frame(sub, "update", rows, news.to_ms)

    def tell_candles(self, sub: Sub, news: News) -> Iterator[str]:
        if found := news.bars(self._length(sub)):
            yield self._frame(sub, "update", [self._candle(bar) for bar in found], news.to_ms)

    def tell_ticker(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(300):
            yield self._frame(sub, "snapshot", [self._ticker(news.listing, news.to_ms)], news.to_ms)

    def tell_old_ticker(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(300):
            yield self._frame(sub, "snapshot", [self._old_ticker(news.listing, news.to_ms)], news.to_ms)

    def tell_forced(self, sub: Sub, news: News) -> Iterator[str]:
        item = news.listing
        rows = []
        for f in self.forced(news):
            price = item.price(f.ticks)
            rows.append({"symbol": item.wire, "side": "buy" if f.side > 0 else "sell", "price": price,
                         "amount": f"{item.coins(f.lots) * float(price):.8f}", "ts": str(f.time_ms)})  # fmt: skip
        if rows:
            yield self._frame(sub, "update", rows, news.to_ms)

    def tell_old_book(self, sub: Sub, news: News) -> Iterator[str]:
        if (step := news.step) is not None:
            item = news.listing
            data = {"asks": self.levels(item, step.asks), "bids": self.levels(item, step.bids), "seq": step.last,
                    "checksum": self._checksum(item), "ts": str(step.time_ms)}  # fmt: skip
            yield self._frame(sub, "update", [data], news.to_ms)

    def _checksum(self, item: Listing) -> int:
        """Over the best 25 levels, a bid and an ask in turn, as a signed number."""
        bids, asks = (self.levels(item, side) for side in self.market.book(item).levels(25))
        told = ":".join(part for pair in zip(bids, asks, strict=True) for level in pair for part in level)
        crc = zlib.crc32(told.encode())
        return crc - (1 << 32) if crc >= 1 << 31 else crc

    def tell_order_book(self, sub: Sub, news: News) -> Iterator[str]:
        if (step := news.step) is not None:
            bids, asks = self.levels(news.listing, step.bids), self.levels(news.listing, step.asks)
            data = {"b": bids, "a": asks, "checksum": 0, "seq": step.last, "pseq": step.previous,
                    "ts": str(step.time_ms)}  # fmt: skip
            yield self._frame(sub, "update", [data], news.to_ms)
