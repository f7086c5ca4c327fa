"""dYdX v4, its indexer: everything in coins, times as ISO 8601, liquidations among the trades."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import count

import orjson

from tests.exchange_server.limits import Limits
from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import Coin, Listing, listing
from tests.exchange_server.market import Forced
from tests.exchange_server.news import Bar, News
from tests.exchange_server.protocols.among import marked
from tests.exchange_server.protocols.base import Ask, Protocol, RefusalError, text

_RESOLUTIONS = {
    "1MIN": 60_000, "5MINS": 300_000, "15MINS": 900_000, "30MINS": 1_800_000, "1HOUR": 3_600_000,
    "4HOURS": 14_400_000, "1DAY": 86_400_000,
}  # fmt: skip
_HOUR_MS = 3_600_000
_CHANNELS = {
    "v4_trades": "trades",
    "v4_candles": "candles",
    "v4_orderbook": "order_book",
    "v4_markets": "markets",
}
_FIRST_TRADES = 20


def iso(time_ms: int) -> str:
    """As the indexer writes times."""
    return (
        datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time_ms % 1000:03d}Z"
    )


def millis(told: str) -> int:
    """The other way round; raises RefusalError."""
    try:
        return round(datetime.fromisoformat(told.replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:
        error = {"msg": "must be a valid ISO 8601 string", "param": "fromISO", "location": "query"}
        raise RefusalError(400, {"errors": [error]}) from None


class Dydx(Protocol):
    name = "dydx"
    hosts = ("indexer.dydx.trade",)
    limits = Limits(weight_per_minute=600, messages_per_s=20)

    def __init__(self, market: object) -> None:
        super().__init__(market)  # type: ignore[arg-type]
        self._numbers = count(1)

    def list(self, coins: Iterable[Coin]) -> list[Listing]:
        return [listing(self.name, f"{coin.name}-USD", coin, quote="USDC", share=0.05) for coin in coins]

    def rest_paths(self) -> dict[str, Callable[[Ask], object]]:
        return {
            "/v4/time": lambda ask: {"iso": iso(self.now_ms()), "epoch": self.now_ms() / 1000},
            "/v4/height": lambda ask: {
                "height": str(self._height(self.now_ms())),
                "time": iso(self.now_ms()),
            },
            "/v4/perpetualMarkets": self._perpetual_markets,
            "/v4/candles/perpetualMarkets/*": self._candles,
            "/v4/trades/perpetualMarket/*": self._recent,
            "/v4/orderbooks/perpetualMarket/*": self._order_book,
            "/v4/historicalFunding/*": self._funding,
        }

    def forced(self, news: News) -> list[Forced]:
        return list(marked(self.market, news.listing, news.from_ms + 1, news.to_ms + 1).values())

    # --- REST

    def _asked(self, ask: Ask) -> Listing:
        found = self.find("linear", ask.path.rpartition("/")[2])
        if found is None:
            error = {
                "msg": "ticker must be a valid ticker (BTC-USD, etc)",
                "param": "ticker",
                "location": "params",
            }
            raise RefusalError(400, {"errors": [error]})
        return found

    @staticmethod
    def _height(time_ms: int) -> int:
        return time_ms // 1000

    def _perpetual_markets(self, ask: Ask) -> object:
        every = self.of_kind("linear")
        if ticker := ask.text("ticker"):
            every = [item for item in every if item.wire == ticker]
            if not every:
                raise RefusalError(400, {"errors": [{"msg": "ticker must be a valid ticker (BTC-USD, etc)"}]})
        return {"markets": {item.wire: self._market(item) for item in every}}

    def _market(self, item: Listing) -> dict[str, object]:
        now = self.now_ms()
        coins, quote = self.market.turnover(item)
        places = -item.lot.normalize().as_tuple().exponent
        return {
            "clobPairId": str(list(self.listings).index(("linear", item.wire))), "ticker": item.wire,
            "status": "ACTIVE" if item.status == "trading" else "FINAL_SETTLEMENT",
            "oraclePrice": f"{self.market.mark_price(item, now):.6f}", "priceChange24H": "0",
            "volume24H": f"{quote:.4f}", "trades24H": round(coins), "marketType": "CROSS",
            "nextFundingRate": f"{self._rate(item, now):.10f}", "initialMarginFraction": "0.02",
            "maintenanceMarginFraction": "0.012", "openInterest": self._held(item, now),
            "atomicResolution": -10, "quantumConversionExponent": -9, "tickSize": str(item.tick),
            "stepSize": str(item.lot), "stepBaseQuantums": 10 ** max(0, 10 - places), "subticksPerTick": 100_000,
            "openInterestLowerCap": "0", "openInterestUpperCap": "0", "baseOpenInterest": self._held(item, now),
            "defaultFundingRate1H": "0",
        }  # fmt: skip

    def _held(self, item: Listing, time_ms: int) -> str:
        return item.quantity(self.market.open_interest(item, time_ms))

    def _rate(self, item: Listing, time_ms: int) -> float:
        """Of the running hour."""
        return self.market.funding_rate(item, (time_ms // _HOUR_MS + 1) * _HOUR_MS)

    def _candles(self, ask: Ask) -> object:
        """Newest first; of a long stretch its newest part. Other spellings of the bounds are not read."""
        item, resolution = self._asked(ask), ask.text("resolution")
        if resolution not in _RESOLUTIONS:
            error = {"msg": "resolution must be a valid Candle Resolution", "param": "resolution"}
            raise RefusalError(400, {"errors": [error]})
        frame = _RESOLUTIONS[resolution]
        limit = min(1000, ask.number("limit", 100))
        end = millis(ask.text("toISO")) if ask.text("toISO") else self.now_ms() + 1
        end = min(end, self.now_ms() + 1)
        start = millis(ask.text("fromISO")) if ask.text("fromISO") else end - limit * frame
        found = self.bars(item, frame, max(start, end - (limit + 1) * frame), end)[-limit:]
        return {"candles": [self._candle(item, resolution, bar) for bar in reversed(found)]}

    def _candle(self, item: Listing, resolution: str, bar: Bar) -> dict[str, object]:
        return {
            "startedAt": iso(bar.time_ms), "ticker": item.wire, "resolution": resolution, "low": bar.low,
            "high": bar.high, "open": bar.open, "close": bar.close, "baseTokenVolume": bar.coins,
            "usdVolume": bar.quote, "trades": bar.count, "startingOpenInterest": self._held(item, bar.time_ms),
            "orderbookMidPriceOpen": bar.open, "orderbookMidPriceClose": bar.close,
        }  # fmt: skip

    def _recent(self, ask: Ask) -> object:
        now = self.now_ms()
        found = self._trades(self._asked(ask), now - 600_000, now)
        return {"trades": found[::-1][: min(1000, ask.number("limit", 100))]}

    def _order_book(self, ask: Ask) -> object:
        return self._whole(self._asked(ask))

    def _whole(self, item: Listing) -> dict[str, object]:
        bids, asks = self.whole_book(item).levels(100)
        return {
            side: [{"price": price, "size": size} for price, size in self.levels(item, told)]
            for side, told in (("bids", bids), ("asks", asks))
        }

    def _funding(self, ask: Ask) -> object:
        item, limit = self._asked(ask), min(1000, ask.number("limit", 1000))
        end = self.now_ms()
        if told := ask.text("effectiveBeforeOrAt"):
            end = min(end, millis(told))
        times = list(self.funding_times(end - limit * _HOUR_MS, end, _HOUR_MS))[-limit:]
        rows = [
            {"ticker": item.wire, "rate": f"{self.market.funding_rate(item, t):.10f}",
             "price": f"{self.market.mark_price(item, t):.6f}", "effectiveAtHeight": str(self._height(t)),
             "effectiveAt": iso(t)}
            for t in reversed(times)
        ]  # fmt: skip
        return {"historicalFunding": rows}

    # --- sockets

    def opened(self, line: Line) -> None:
        line.say([text({"type": "connected", "connection_id": f"{id(line):x}", "message_id": 0})])

    def heard(self, line: Line, said: str) -> None:
        try:
            asked = orjson.loads(said)
            kind, channel, name = asked["type"], asked.get("channel", ""), asked.get("id", "")
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            self._refuse(line, "Invalid message: could not parse")
            return
        if kind == "ping":
            line.say(
                [text({"type": "pong", "connection_id": f"{id(line):x}", "message_id": next(self._numbers)})]
            )
            return
        sub = self._sub(channel, name)
        if kind not in ("subscribe", "unsubscribe") or sub is None:
            self._refuse(line, f"Invalid subscription: channel '{channel}' with id '{name}' not found")
            return
        answer = {"type": f"{kind}d", "connection_id": f"{id(line):x}", "message_id": next(self._numbers),
                  "channel": channel} | ({"id": name} if name else {})  # fmt: skip
        if kind == "unsubscribe":
            line.unsubscribe(sub.topic)
        elif sub.topic in line.subs:
            self._refuse(line, f"Invalid subscription: already subscribed to ({channel}-{name})")
            return
        elif self.add(line, sub):
            answer["contents"] = self._first(sub)
        line.say([text(answer)])

    def _refuse(self, line: Line, why: str) -> None:
        told = {
            "type": "error",
            "message": why,
            "connection_id": f"{id(line):x}",
            "message_id": next(self._numbers),
        }
        line.say([text(told)])

    def _sub(self, channel: str, name: str) -> Sub | None:
        if channel not in _CHANNELS:
            return None
        if channel == "v4_markets":
            return Sub(channel, "markets")
        wire, _, resolution = name.partition("/")
        item = self.find("linear", wire)
        if item is None or (resolution not in _RESOLUTIONS if channel == "v4_candles" else resolution):
            return None
        return Sub(
            f"{channel}:{name}", _CHANNELS[channel], item, words={"id": name, "resolution": resolution}
        )

    def _first(self, sub: Sub) -> object:
        """What a subscription is answered with."""
        if sub.listing is None:
            return {"markets": {item.wire: self._market(item) for item in self.of_kind("linear")}}
        if sub.what == "trades":
            told = self.market.told_ms
            return {"trades": self._trades(sub.listing, told - 120_000, told)[::-1][:_FIRST_TRADES]}
        if sub.what == "candles":
            frame = _RESOLUTIONS[sub.words["resolution"]]
            found = self.newest_bars(sub.listing, frame, 100, self.market.told_ms + 1)
            return {
                "candles": [
                    self._candle(sub.listing, sub.words["resolution"], bar) for bar in reversed(found)
                ]
            }
        return self._whole(sub.listing)

    def _frame(self, channel: str, name: str, contents: object) -> str:
        told = {"type": "channel_data", "connection_id": "loop", "message_id": next(self._numbers)}
        return text(
            told
            | ({"id": name} if name else {})
            | {"channel": channel, "version": "2.1.0", "contents": contents}
        )

    def _trades(self, item: Listing, after_ms: int, until_ms: int) -> list[dict[str, object]]:
        """Oldest first; those that closed a liquidated position say so."""
        forced = marked(self.market, item, after_ms + 1, until_ms + 1)
        return [
            {"id": f"{t.id:024x}", "side": "BUY" if t.bought else "SELL", "size": t.coins, "price": t.price,
             "type": "LIQUIDATED" if t.id in forced else "LIMIT", "createdAt": iso(t.time_ms),
             "createdAtHeight": str(self._height(t.time_ms))}
            for t in News(self.market, item, after_ms, until_ms).trades
        ]  # fmt: skip

    def tell_trades(self, sub: Sub, news: News) -> Iterator[str]:
        found = self._trades(news.listing, news.from_ms, news.to_ms)
        for first in range(0, len(found), 500):
            yield self._frame("v4_trades", sub.words["id"], {"trades": found[first : first + 500]})

    def tell_candles(self, sub: Sub, news: News) -> Iterator[str]:
        resolution = sub.words["resolution"]
        for bar in news.bars(_RESOLUTIONS[resolution]):
            yield self._frame("v4_candles", sub.words["id"], self._candle(news.listing, resolution, bar))

    def tell_order_book(self, sub: Sub, news: News) -> Iterator[str]:
        if (step := news.step) is not None:
            item = news.listing
            contents = {"bids": self.levels(item, step.bids), "asks": self.levels(item, step.asks)}
            yield self._frame("v4_orderbook", sub.words["id"], contents)

    def tell_markets(self, sub: Sub, news: News) -> Iterator[str]:
        item, now = news.listing, news.to_ms
        if news.crossed(1000):
            price = {"oraclePrice": f"{self.market.mark_price(item, now):.6f}", "effectiveAt": iso(now),
                     "effectiveAtHeight": str(self._height(now)), "marketId": 0}  # fmt: skip
            yield self._frame("v4_markets", "", {"oraclePrices": {item.wire: price}})
        if news.crossed(5000):
            told = {"openInterest": self._held(item, now), "nextFundingRate": f"{self._rate(item, now):.10f}"}
            yield self._frame("v4_markets", "", {"trading": {item.wire: told}})
