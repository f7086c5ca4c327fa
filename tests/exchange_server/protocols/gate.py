"""Gate's USDT perpetuals: everything counts in contracts, REST tells times in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import orjson

from tests.exchange_server.limits import Limits
from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import Coin, Listing, listing
from tests.exchange_server.news import Bar, News
from tests.exchange_server.protocols.base import Ask, Protocol, RefusalError, text, timeframe_ms

_SIZES = {"BTC": "0.0001", "ETH": "0.01", "SOL": "1", "XRP": "10", "DOGE": "10", "AVAX": "1"}
_EIGHT_HOURS_S = 28_800
_CHANNELS = {
    "futures.trades": "trades", "futures.candlesticks": "candles", "futures.tickers": "ticker",
    "futures.public_liquidates": "forced", "futures.order_book_update": "order_book",
}  # fmt: skip
_MOST_FORCED = 20  # after so many it does not wait for the second to end


class Gate(Protocol):
    name = "gate"
    hosts = ("api.gateio.ws", "fx-ws.gateio.ws")
    limits = Limits(12_000, messages_per_s=50)
    slot_ms = 1000

    def list(self, coins: Iterable[Coin]) -> list[Listing]:
        return [
            listing(self.name, f"{coin.name}_USDT", coin, share=0.2, lot="1",
                    contract_size=_SIZES.get(coin.name, coin.lot))
            for coin in coins
        ]  # fmt: skip

    def rest_paths(self) -> dict[str, Callable[[Ask], object]]:
        futures = "/api/v4/futures/usdt"
        return {
            "/api/v4/spot/time": lambda ask: {"server_time": self.now_ms()},
            f"{futures}/contracts": lambda ask: [self._contract(item) for item in self.of_kind("linear")],
            f"{futures}/contracts/*": lambda ask: self._contract(self._find(ask.path.rpartition("/")[2])),
            f"{futures}/candlesticks": self._candlesticks,
            f"{futures}/contract_stats": self._stats,
            f"{futures}/funding_rate": self._funding,
            f"{futures}/order_book": self._order_book,
            f"{futures}/tickers": self._tickers,
            f"{futures}/trades": self._recent,
            f"{futures}/risk_limit_tiers": self._tiers,
        }

    # --- REST

    def _find(self, wire: str) -> Listing:
        found = self.find("linear", wire)
        if found is None:
            raise RefusalError(400, {"label": "CONTRACT_NOT_FOUND", "message": "contract not found"})
        return found

    def _asked(self, ask: Ask) -> Listing:
        return self._find(ask.text("contract"))

    def _contract(self, item: Listing) -> dict[str, object]:
        now = self.now_ms()
        mark = f"{self.market.mark_price(item, now):.6f}"
        return {
            "name": item.wire, "type": "direct", "quanto_multiplier": str(item.told_contract_size),
            "leverage_min": "1", "leverage_max": "125", "maintenance_rate": "0.004", "mark_type": "index",
            "mark_price": mark, "index_price": mark, "last_price": item.price(self.market.price(item, now)),
            "order_price_round": str(item.tick), "mark_price_round": "0.01", "order_size_min": 1,
            "order_size_max": 1_000_000, "order_price_deviate": "0.2", "funding_rate": self._rate(item, now),
            "funding_interval": _EIGHT_HOURS_S, "in_delisting": item.status != "trading", "create_time": 1_546_905_600,
            "funding_next_apply": (now // 1000 // _EIGHT_HOURS_S + 1) * _EIGHT_HOURS_S, "status": "trading",
            "position_size": self.market.open_interest(item, now), "maker_fee_rate": "-0.0001",
            "taker_fee_rate": "0.00075", "enable_decimal": False,
        }  # fmt: skip

    def _rate(self, item: Listing, now: int) -> str:
        return f"{self.market.funding_rate(item, (now // 28_800_000 + 1) * 28_800_000):.8f}"

    def _candlesticks(self, ask: Ask) -> object:
        """Oldest first; bounds are seconds, both included, and go with no limit."""
        item, frame = self._asked(ask), timeframe_ms(ask.text("interval", "5m"))
        start, end = ask.number("from", 0) * 1000, ask.number("to", self.now_ms() // 1000) * 1000
        if start and ask.text("limit"):
            wrong = {"label": "INVALID_PARAM_VALUE", "message": "limit is not allowed with from and to"}
            raise RefusalError(400, wrong)
        if not start:
            found = self.newest_bars(item, frame, min(2000, ask.number("limit", 100)), end + 1)
        else:
            found = self.bars(item, frame, start, min(end + 1, self.now_ms() + 1))
        if len(found) > 2000:
            raise RefusalError(400, {"label": "INVALID_PARAM_VALUE", "message": "Candlestick too long ago"})
        return [self._candle(bar) | {"sum": bar.quote} for bar in found]

    @staticmethod
    def _candle(bar: Bar) -> dict[str, object]:
        return {"t": bar.time_ms // 1000, "v": int(bar.volume), "c": bar.close, "h": bar.high, "l": bar.low,
                "o": bar.open}  # fmt: skip

    def _stats(self, ask: Ask) -> object:
        item, limit = self._asked(ask), min(100, ask.number("limit", 30))
        every, now = timeframe_ms(ask.text("interval", "5m")), self.now_ms()
        first = (
            -(-ask.number("from", 0) * 1000 // every) * every or now // every * every - (limit - 1) * every
        )
        held = dict(self.market.open_interest_history(item, first, now))
        rows = []
        for t in [t for t in range(first, now + 1, every) if t in held][:limit]:
            mark = self.market.mark_price(item, t)
            rows.append({
                "time": t // 1000, "lsr_taker": 1.0, "lsr_account": self.market.long_short(item, t),
                "long_liq_size": "0", "short_liq_size": "0", "long_liq_usd": 0, "short_liq_usd": 0,
                "open_interest": str(held[t]), "open_interest_usd": item.coins(held[t]) * mark, "mark_price": mark,
            })  # fmt: skip
        return rows

    def _funding(self, ask: Ask) -> object:
        item, now = self._asked(ask), self.now_ms()
        end = min(ask.number("to", now // 1000) * 1000, now)
        start = ask.number("from", 0) * 1000 or end - 100 * 28_800_000
        times = list(self.funding_times(start, end))[-min(1000, ask.number("limit", 100)) :]
        return [{"t": t // 1000, "r": f"{self.market.funding_rate(item, t):.8f}"} for t in reversed(times)]

    def _order_book(self, ask: Ask) -> object:
        item, now = self._asked(ask), self.now_ms()
        book = self.whole_book(item)
        bids, asks = book.levels(min(300, ask.number("limit", 10)))
        told = {"current": now / 1000, "update": book.time_ms / 1000, "asks": self._levels(item, asks),
                "bids": self._levels(item, bids)}  # fmt: skip
        return told | ({"id": book.last} if ask.text("with_id") == "true" else {})

    def _levels(self, item: Listing, levels: Iterable[tuple[int, int]]) -> list[dict[str, object]]:
        return [{"p": price, "s": int(size)} for price, size in self.levels(item, levels)]

    def _tickers(self, ask: Ask) -> object:
        every = [self._asked(ask)] if ask.text("contract") else self.of_kind("linear")
        return [self._ticker(item, self.now_ms()) for item in every]

    def _ticker(self, item: Listing, now: int) -> dict[str, object]:
        coins, quote = self.market.turnover(item)
        mark = f"{self.market.mark_price(item, now):.6f}"
        return {
            "contract": item.wire, "last": item.price(self.market.price(item, now)), "mark_price": mark,
            "index_price": mark, "funding_rate": self._rate(item, now),
            "quanto_multiplier": str(item.told_contract_size),
            "total_size": str(self.market.open_interest(item, now)), "volume_24h_quote": f"{quote:.0f}",
            "volume_24h_settle": f"{quote:.0f}", "volume_24h_base": f"{coins:.0f}", "change_percentage": "0",
            "volume_24h": f"{coins / float(item.contract_size):.0f}",
        }  # fmt: skip

    def _recent(self, ask: Ask) -> object:
        item, now = self._asked(ask), self.now_ms()
        found = News(self.market, item, now - 300_000, now).trades[-min(1000, ask.number("limit", 100)) :]
        return [self._trade(item, t) | {"create_time_ms": t.time_ms / 1000} for t in reversed(found)]

    @staticmethod
    def _trade(item: Listing, t: object) -> dict[str, object]:
        size = int(t.quantity)  # type: ignore[attr-defined]
        return {
            "id": t.id, "contract": item.wire, "create_time": t.time_ms // 1000, "create_time_ms": t.time_ms,  # type: ignore[attr-defined]
            "size": size if t.bought else -size, "price": t.price, "is_internal": False,  # type: ignore[attr-defined]
        }  # fmt: skip

    def _tiers(self, ask: Ask) -> object:
        item = self._asked(ask)
        tiers = ((1e6, "0.004", "125"), (5e6, "0.01", "50"), (2e7, "0.02", "25"))
        return [
            {"tier": n + 1, "risk_limit": f"{top:.0f}", "initial_rate": f"{1 / float(most):.4f}",
             "maintenance_rate": rate, "leverage_max": most, "contract": item.wire, "deduction": "0"}
            for n, (top, rate, most) in enumerate(tiers)
        ]  # fmt: skip

    # --- sockets

    def heard(self, line: Line, said: str) -> None:
        try:
            asked = orjson.loads(said)
            channel, event, payload = (
                asked["channel"],
                asked.get("event", ""),
                list(asked.get("payload") or []),
            )
            sub = self._sub(channel, payload)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            line.say([text({"error": {"code": 1, "message": "invalid argument struct"}, "result": None})])
            return
        told = self._head(channel, event) | ({"id": asked["id"]} if "id" in asked else {})
        if channel == "futures.ping":
            line.say([text(self._head("futures.pong", "") | {"result": None})])
            return
        if "time" not in asked or event not in ("subscribe", "unsubscribe") or sub is None:
            why = {"code": 2, "message": f"unknown contract {payload[-1]}" if payload else "invalid argument"}
            line.say([text(told | {"error": why, "result": None})])
            return
        if event == "unsubscribe":
            line.unsubscribe(sub.topic)
        elif not self.add(line, sub):
            return
        line.say([text(told | {"payload": payload, "result": {"status": "success"}})])

    def _head(self, channel: str, event: str) -> dict[str, object]:
        now = self.now_ms()
        return {"time": now // 1000, "time_ms": now, "channel": channel, "event": event}

    def _sub(self, channel: str, payload: list[str]) -> Sub | None:
        if channel not in _CHANNELS or not payload:
            return None
        name, words = payload[0], {}
        if channel == "futures.candlesticks":
            name, words = payload[1], {"interval": payload[0]}
        elif channel == "futures.order_book_update":
            words = {"depth": int(payload[2]) if len(payload) > 2 else 100}
        item = self.find("linear", name)
        if item is None and not (channel == "futures.public_liquidates" and name == "!all"):
            return None
        return Sub(f"{channel}:{':'.join(payload)}", _CHANNELS[channel], item, words=words)

    def _update(self, channel: str, news: News, result: object) -> str:
        head = {"time": news.to_ms // 1000, "time_ms": news.to_ms, "channel": channel, "event": "update"}
        return text(head | {"result": result})

    def tell_trades(self, sub: Sub, news: News) -> Iterator[str]:
        rows = [self._trade(news.listing, t) for t in news.trades]
        for first in range(0, len(rows), 200):
            yield self._update("futures.trades", news, rows[first : first + 200])

    def tell_candles(self, sub: Sub, news: News) -> Iterator[str]:
        name = f"{sub.words['interval']}_{news.listing.wire}"
        found = news.bars(timeframe_ms(sub.words["interval"]))
        if found:
            rows = [self._candle(bar) | {"n": name, "a": bar.coins, "w": bar.closed} for bar in found]
            yield self._update("futures.candlesticks", news, rows)

    def tell_ticker(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(1000):
            yield self._update("futures.tickers", news, [self._ticker(news.listing, news.to_ms)])

    def tell_forced(self, sub: Sub, news: News) -> Iterator[str]:
        """The size is the closing order's: negative where it sells a long position."""
        item = news.listing
        rows = [
            {
                "price": float(item.price(f.ticks)),
                "size": str(-f.side * f.lots),
                "time_ms": f.time_ms,
                "contract": item.wire,
            }
            for f in self.forced(news)
        ]
        for first in range(0, len(rows), _MOST_FORCED):
            yield self._update("futures.public_liquidates", news, rows[first : first + _MOST_FORCED])

    def tell_order_book(self, sub: Sub, news: News) -> Iterator[str]:
        if (step := news.step) is None:
            return
        item = news.listing
        bids, asks = step.within(sub.words["depth"], self.market.book(item))
        yield self._update("futures.order_book_update", news, {
            "t": step.time_ms, "l": str(sub.words["depth"]), "s": item.wire, "U": step.first, "u": step.last,
            "b": self._levels(item, bids), "a": self._levels(item, asks),
        })  # fmt: skip
