"""OKX v5: swaps in contracts, and spot. Candles live on the ``/business`` socket, everything else on ``/public``."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

import orjson

from tests.exchange_server.book import Book
from tests.exchange_server.limits import Limits
from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import Coin, Listing, listing
from tests.exchange_server.market import Forced
from tests.exchange_server.news import Bar, News
from tests.exchange_server.protocols.base import Ask, Protocol, RefusalError, Reply, text, timeframe_ms

_CONTRACTS = {"BTC": "0.01", "ETH": "0.1", "SOL": "1", "XRP": "100", "DOGE": "1000", "AVAX": "1"}
_KINDS = {"SWAP": "linear", "SPOT": "spot"}
_CHANNELS = {"trades": "trades", "tickers": "ticker", "open-interest": "interest", "mark-price": "mark",
             "funding-rate": "funding", "liquidation-orders": "forced", "books": "book"}  # fmt: skip


class Okx(Protocol):
    name = "okx"
    hosts = ("www.okx.com", "ws.okx.com", "openapi.okx.com", "aws.okx.com")
    limits = Limits(1200, messages_per_s=20, message_bytes=65_536, subscribes_per_hour=480, connects_per_s=3)
    slot_ms = 100

    def list(self, coins: Iterable[Coin]) -> list[Listing]:
        found = []
        for coin in coins:
            size, name = _CONTRACTS.get(coin.name, "1"), coin.name
            found.append(
                listing(self.name, f"{name}-USDT-SWAP", coin, share=0.5, contract_size=size, lot="0.1")
            )
            if name in ("BTC", "ETH"):
                usdc = {"quote": "USDC", "share": 0.03, "contract_size": size, "lot": "0.1"}
                found.append(listing(self.name, f"{name}-USDC-SWAP", coin, **usdc))
            if coin.trades > 5:
                found.append(listing(self.name, f"{name}-USDT", coin, kind="spot", share=0.15))
        return found

    def rest_paths(self) -> dict[str, Callable[[Ask], object]]:
        paths: dict[str, Callable[[Ask], object]] = {
            "public/time": lambda ask: self._ok([{"ts": str(self.now_ms())}]),
            "public/instruments": self._instruments,
            "market/candles": self._candles,
            "market/history-candles": self._candles,
            "market/books": self._books,
            "market/trades": self._trades,
            "market/ticker": lambda ask: self._ok([self._ticker(self._asked(ask))]),
            "market/tickers": lambda ask: self._ok([self._ticker(item) for item in self._family(ask)]),
            "public/open-interest": lambda ask: self._ok(
                [self._interest(item) for item in self._family(ask)]
            ),
            "public/mark-price": lambda ask: self._ok([self._mark(item) for item in self._family(ask)]),
            "public/funding-rate": lambda ask: self._ok([self._funding(self._asked(ask))]),
            "public/funding-rate-history": self._funding_history,
            "public/position-tiers": self._tiers,
            "rubik/stat/contracts/open-interest-history": self._interest_history,
            "rubik/stat/contracts/long-short-account-ratio": self._ratio,
            "rubik/stat/contracts/long-short-account-ratio-contract": self._ratio,
        }
        return {f"/api/v5/{path}": method for path, method in paths.items()}

    def banned(self, status: int, seconds: float) -> Reply:
        body = orjson.dumps({"code": "50011", "msg": "Too Many Requests", "data": []})
        return Reply(
            body, status, {"Retry-After": str(max(1, round(seconds))), "Content-Type": "application/json"}
        )

    def _ok(self, data: object) -> dict[str, object]:
        return {"code": "0", "msg": "", "data": data}

    # --- REST

    def _find(self, wire: str) -> Listing | None:
        return self.find("linear" if wire.endswith("-SWAP") else "spot", wire)

    def _asked(self, ask: Ask) -> Listing:
        found = self._find(ask.text("instId"))
        if found is None:
            raise RefusalError(200, {"code": "51001", "msg": "Instrument ID does not exist", "data": []})
        return found

    def _family(self, ask: Ask) -> list[Listing]:
        """The instruments that a request is about: one, or all of a kind."""
        if ask.text("instId"):
            return [self._asked(ask)]
        return self.of_kind(_KINDS.get(ask.text("instType"), "none"))

    def _instruments(self, ask: Ask) -> object:
        return self._ok([self._instrument(item) for item in self._family(ask)])

    def _instrument(self, item: Listing) -> dict[str, object]:
        spot = item.kind == "spot"
        return {
            "instId": item.wire, "instType": "SPOT" if spot else "SWAP", "alias": "", "category": "1",
            "baseCcy": item.base if spot else "", "quoteCcy": item.quote if spot else "",
            "settleCcy": "" if spot else item.quote, "uly": "" if spot else f"{item.base}-{item.quote}",
            "instFamily": "" if spot else f"{item.base}-{item.quote}", "ctType": "" if spot else "linear",
            "ctVal": "" if spot else str(item.told_contract_size), "ctValCcy": "" if spot else item.base,
            "ctMult": "" if spot else "1", "expTime": "", "listTime": "1606468572000", "lever": "100",
            "lotSz": str(item.lot), "minSz": str(item.lot), "tickSz": str(item.tick), "optType": "", "stk": "",
            "state": "live" if item.status == "trading" else "suspend", "ruleType": "normal",
        }  # fmt: skip

    def _candles(self, ask: Ask) -> object:
        item, frame = self._asked(ask), timeframe_ms(ask.text("bar", "1m"))
        limit, now = min(300, ask.number("limit", 100)), self.now_ms()
        after, before = ask.number("after", 0), ask.number("before", 0)
        oldest = before + 1 if before else 0
        if not ask.path.endswith("history-candles"):
            oldest = max(oldest, now - 1440 * frame)
        found = [b for b in self.newest_bars(item, frame, limit, after or None) if b.time_ms >= oldest]
        if before and not after:  # newer than this one: those that follow it at once
            found = self.bars(item, frame, before + 1, before + limit * frame + 1)
        return self._ok([_row(item, bar) for bar in reversed(found)])

    def _books(self, ask: Ask) -> object:
        item = self._asked(ask)
        book = self.whole_book(item)
        return self._ok([self._whole(item, book, ask.number("sz", 1))])

    def _whole(self, item: Listing, book: Book, depth: int) -> dict[str, object]:
        bids, asks = book.levels(depth)
        return {"asks": self._levels(item, asks), "bids": self._levels(item, bids), "ts": str(book.time_ms),
                "seqId": book.last}  # fmt: skip

    def _levels(self, item: Listing, levels: Iterable[tuple[int, int]]) -> list[list[str]]:
        return [[price, amount, "0", "3"] for price, amount in self.levels(item, levels)]

    def _trades(self, ask: Ask) -> object:
        item, now = self._asked(ask), self.now_ms()
        news = News(self.market, item, now - 300_000, now)
        return self._ok(list(reversed(_prints(news)))[: min(500, ask.number("limit", 100))])

    def _ticker(self, item: Listing) -> dict[str, object]:
        coins, quote = self.market.turnover(item)
        contracts = coins / float(item.contract_size)
        spot = item.kind == "spot"
        return {"instType": "SPOT" if spot else "SWAP", "instId": item.wire,
                "last": item.price(self.market.price(item)), "vol24h": f"{contracts:.8f}",
                "volCcy24h": f"{quote if spot else coins:.8f}", "ts": str(self.now_ms())}  # fmt: skip

    def _interest(self, item: Listing, at: int | None = None) -> dict[str, object]:
        now = at or self.now_ms()
        held = self.market.open_interest(item, now)
        coins = item.coins(held)
        return {"instType": "SWAP", "instId": item.wire, "oi": item.quantity(held), "oiCcy": f"{coins:.8f}",
                "oiUsd": f"{coins * self.market.mark_price(item, now):.8f}", "ts": str(now)}  # fmt: skip

    def _mark(self, item: Listing, at: int | None = None) -> dict[str, object]:
        now = at or self.now_ms()
        return {"instType": "SWAP", "instId": item.wire, "markPx": f"{self.market.mark_price(item, now):.6f}",
                "ts": str(now)}  # fmt: skip

    def _funding(self, item: Listing) -> dict[str, object]:
        now = self.now_ms()
        due = (now // 28_800_000 + 1) * 28_800_000
        return {"instType": "SWAP", "instId": item.wire, "method": "current_period", "formulaType": "noRate",
                "fundingRate": f"{self.market.funding_rate(item, due):.8f}", "nextFundingRate": "",
                "fundingTime": str(due), "nextFundingTime": str(due + 28_800_000), "ts": str(now)}  # fmt: skip

    def _window(self, ask: Ask, newer: str, older: str, default: int, most: int) -> tuple[int, int, int]:
        """Oldest and newest ms of a page (both left out), and its length."""
        limit = min(most, ask.number("limit", default))
        return ask.number(newer, 0), ask.number(older, self.now_ms() + 1), limit

    def _funding_history(self, ask: Ask) -> object:
        item = self._asked(ask)
        oldest, newest, limit = self._window(ask, "before", "after", 400, 400)
        oldest = max(oldest, self.now_ms() - 90 * 86_400_000)
        times = list(self.funding_times(oldest + 1, newest - 1))[-limit:]
        rows = []
        for t in reversed(times):
            rate = f"{self.market.funding_rate(item, t):.8f}"
            rows.append({"instType": "SWAP", "instId": item.wire, "fundingRate": rate, "realizedRate": rate,
                         "fundingTime": str(t), "method": "current_period"})  # fmt: skip
        return self._ok(rows)

    def _sampled(self, ask: Ask) -> tuple[Listing, list[int]]:
        """The instrument and sample times asked for, newest first: 100 at most, of the last 1,440."""
        wire = ask.text("instId") or f"{ask.text('ccy')}-USDT-SWAP"
        item = self._find(wire)
        if item is None:
            raise RefusalError(200, {"code": "51001", "msg": "Instrument ID does not exist", "data": []})
        every = timeframe_ms(ask.text("period", "5m"))
        oldest, newest, limit = self._window(ask, "begin", "end", 100, 100)
        last = self.now_ms() // every * every
        times = [last - i * every for i in range(1440)]
        return item, [t for t in times if oldest <= t < newest + 1][:limit]

    def _interest_history(self, ask: Ask) -> object:
        item, times = self._sampled(ask)
        found = [self._interest(item, t) for t in times]
        return self._ok([[row["ts"], row["oi"], row["oiCcy"], row["oiUsd"]] for row in found])

    def _ratio(self, ask: Ask) -> object:
        item, times = self._sampled(ask)
        return self._ok([[str(t), f"{self.market.long_short(item, t):.4f}"] for t in times])

    def _tiers(self, ask: Ask) -> object:
        family = ask.text("instFamily") or ask.text("uly")
        tiers = ((1000, 0.004, 100), (10_000, 0.01, 50), (100_000, 0.02, 20), (1_000_000, 0.05, 10))
        found, floor = [], 0
        for i, (size, rate, leverage) in enumerate(tiers):
            found.append({"baseMaxLoan": "", "imr": str(1 / leverage), "instFamily": family, "instId": "",
                          "uly": family,
                          "maxLever": str(leverage), "maxSz": str(size), "minSz": str(floor), "mmr": str(rate),
                          "optMgnFactor": "0", "quoteMaxLoan": "", "tier": str(i + 1)})  # fmt: skip
            floor = size + 1
        return self._ok(found)

    # --- sockets

    def heard(self, line: Line, said: str) -> None:
        if said == "ping":
            line.say(["pong"])
            return
        try:
            asked = orjson.loads(said)
            op, args = asked["op"], asked["args"]
            channels = [dict(arg) for arg in args]
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            line.say([text({"event": "error", "code": "60012", "msg": f"Invalid request: {said[:100]}"})])
            return
        for arg in channels:
            sub = self._sub(line, arg)
            if sub is None:
                where = ",".join(f"{key}:{value}" for key, value in arg.items())
                why = (
                    f"Wrong URL or {where} doesn't exist. Please use the correct URL, channel and parameters."
                )
                line.say([text({"event": "error", "code": "60018", "msg": why, "connId": "loop"})])
                continue
            if op == "unsubscribe":
                line.unsubscribe(sub.topic)
            elif not self.add(line, sub):
                return
            line.say([text({"event": op, "arg": arg, "connId": f"{id(line) & 0xFFFFFFFF:08x}"})])
            if op == "subscribe":
                line.say(self._first(sub))

    def _sub(self, line: Line, arg: dict[str, str]) -> Sub | None:
        channel, item = arg.get("channel", ""), self._find(arg.get("instId", ""))
        business = line.path.endswith("/business")
        words = {"arg": arg}
        if channel.startswith("candle") and business and item is not None:
            return Sub(text(arg), "candles", item, words=words)
        if business or channel not in _CHANNELS:
            return None
        if channel == "liquidation-orders":
            return Sub(text(arg), "forced", None, words=words) if arg.get("instType") == "SWAP" else None
        return None if item is None else Sub(text(arg), _CHANNELS[channel], item, words=words)

    def _first(self, sub: Sub) -> Iterator[str]:
        """What a subscription begins with: a whole book; of liquidations one that is long past."""
        if sub.what == "book" and sub.listing is not None:
            book = self.whole_book(sub.listing)
            whole = self._whole(sub.listing, book, 400)
            yield self._frame(sub, [whole | self._proof(sub.listing, book) | {"prevSeqId": -1}], "snapshot")
        if sub.what == "forced":
            now = self.now_ms()
            item = self.of_kind("linear")[0]
            past = self.market.liquidations(item, now - 86_400_000, now - 3_600_000)[-1:]
            if past:
                yield self._frame(sub, [_details(item, past)])
        if sub.what == "funding" and sub.listing is not None:
            yield self._frame(sub, [self._funding(sub.listing)])

    def _frame(self, sub: Sub, data: object, action: str = "") -> str:
        told: dict[str, object] = {"arg": sub.words["arg"]}
        if action:
            told["action"] = action
        return text(told | {"data": data})

    def _proof(self, item: Listing, book: Book) -> dict[str, object]:
        """The checksum over the best 25 levels of both sides."""
        bids, asks = (self.levels(item, side) for side in book.levels(25))
        parts = []
        for i in range(25):
            parts += [":".join(side[i]) for side in (bids, asks) if i < len(side)]
        crc = zlib.crc32(":".join(parts).encode())
        return {"checksum": crc - (1 << 32) if crc >= 1 << 31 else crc}

    def tell_trades(self, sub: Sub, news: News) -> Iterator[str]:
        for row in _prints(news):
            yield self._frame(sub, [row])

    def tell_candles(self, sub: Sub, news: News) -> Iterator[str]:
        for bar in news.bars(timeframe_ms(sub.words["arg"]["channel"].removeprefix("candle"))):
            yield self._frame(sub, [_row(news.listing, bar)])

    def tell_ticker(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(1000):
            yield self._frame(sub, [self._ticker(news.listing)])

    def tell_interest(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(3000):
            yield self._frame(sub, [self._interest(news.listing, news.to_ms)])

    def tell_mark(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(1000):
            yield self._frame(sub, [self._mark(news.listing, news.to_ms)])

    def tell_funding(self, sub: Sub, news: News) -> Iterator[str]:
        if news.crossed(60_000):
            yield self._frame(sub, [self._funding(news.listing)])

    def tell_forced(self, sub: Sub, news: News) -> Iterator[str]:
        found = self.forced(news)
        if found:
            yield self._frame(sub, [_details(news.listing, found)])

    def tell_book(self, sub: Sub, news: News) -> Iterator[str]:
        step, item = news.step, news.listing
        if step is not None:
            data = {"asks": self._levels(item, step.asks), "bids": self._levels(item, step.bids),
                    "ts": str(step.time_ms), "prevSeqId": step.previous, "seqId": step.last}  # fmt: skip
            yield self._frame(sub, [data | self._proof(item, self.market.book(item))], "update")


def _row(item: Listing, bar: Bar) -> list[str]:
    coins = bar.coins if item.kind != "spot" else bar.quote
    row = [bar.open, bar.high, bar.low, bar.close, bar.volume, coins, bar.quote, str(int(bar.closed))]
    return [str(bar.time_ms), *row]


def _prints(news: News) -> list[dict[str, str]]:
    return [
        {"instId": news.listing.wire, "tradeId": str(t.id), "px": t.price, "sz": t.quantity,
         "side": "buy" if t.bought else "sell", "ts": str(t.time_ms), "count": "1", "source": "0"}
        for t in news.trades
    ]  # fmt: skip


def _details(item: Listing, forced: list[Forced]) -> dict[str, object]:
    """Several liquidations of one instrument, as one entry."""
    return {
        "details": [
            {"bkLoss": "0", "bkPx": item.price(f.ticks), "ccy": "", "posSide": "long" if f.side > 0 else "short",
             "side": "sell" if f.side > 0 else "buy", "sz": item.quantity(f.lots), "ts": str(f.time_ms)}
            for f in forced
        ],
        "instFamily": f"{item.base}-{item.quote}", "instId": item.wire, "instType": "SWAP",
        "uly": f"{item.base}-{item.quote}",
    }  # fmt: skip
