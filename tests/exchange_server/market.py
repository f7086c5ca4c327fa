"""The market whose truth is known: one seeded price per coin, traded on every exchange, told alike by REST and sockets.

Whatever happened or will happen is a function of the seed and of what a test played into it (`cascade`, `burst`,
`trade_burst`, `halts`). Nothing that was told once changes later: what is played begins after `told_ms`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from heatdesk.feed.clock import Clock
from tests.exchange_server.book import Book
from tests.exchange_server.listings import Coin, Listing, coins, seed_of
from tests.exchange_server.path import DAY_MS, MINUTE_MS, Path, Shock
from tests.exchange_server.trades import Candles, Tape, Trades

SAMPLE_MS = 5 * MINUTE_MS


class Forced(NamedTuple):
    """One liquidation: `side` is the position's, +1 where a long was liquidated; ticks are its bankruptcy price."""

    time_ms: int
    side: int
    ticks: int
    lots: int


@dataclass
class _State:
    """What the market keeps of one listing."""

    tape: Tape
    book: Book
    forced_days: dict[int, list[Forced]] = field(default_factory=dict)
    forced: list[Forced] = field(default_factory=list)  # played in


class Market:
    """All coins on all exchanges, as they stand at the clock's now."""

    def __init__(self, clock: Clock, seed: int = 1, all_coins: Iterable[Coin] | None = None) -> None:
        self.clock, self.seed = clock, seed
        self.coins = tuple(all_coins if all_coins is not None else coins())
        self.told_ms = 0  # up to here subscribers have heard of everything
        self.halts: dict[str, list[tuple[int, int]]] = {}  # by exchange: minutes that it has no candles of
        self._prices: dict[str, Path] = {}
        self._interests: dict[tuple[str, str, str], Path] = {}
        self._rates: dict[tuple[str, str, str, int], float] = {}  # of funding
        self._ratios: dict[tuple[str, str, str], Path] = {}
        self._states: dict[tuple[str, str, str], _State] = {}
        for coin in self.coins:
            self.know(coin)

    def know(self, coin: Coin) -> None:
        """One more coin with a price."""
        self._prices.setdefault(coin.name, Path(self.seed, f"price {coin.name}", coin.price))

    # --- what one can ask

    def now_ms(self) -> int:
        return int(self.clock.now_ms())

    def candles(self, listing: Listing, start_ms: int, end_ms: int, timeframe_ms: int = MINUTE_MS) -> Candles:
        """Candles that start in ``[start_ms, end_ms)``, in ticks and lots, the open one included as it stands."""
        return self._state(listing).tape.candles(start_ms, end_ms, self.now_ms(), timeframe_ms)

    def newest(
        self, listing: Listing, count: int, timeframe_ms: int = MINUTE_MS, until_ms: int | None = None
    ) -> Candles:
        """The last `count` candles that start before `until_ms` (now)."""
        end = self.now_ms() + 1 if until_ms is None else min(until_ms, self.now_ms() + 1)
        start = (end - 1) // timeframe_ms * timeframe_ms - (count - 1) * timeframe_ms
        return self.candles(listing, start, end, timeframe_ms)

    def trades(self, listing: Listing, start_ms: int, end_ms: int) -> Trades:
        """Trades with ``start_ms <= time < end_ms``; may lie ahead of now."""
        return self._state(listing).tape.between(start_ms, end_ms)

    def price(self, listing: Listing, time_ms: float | None = None) -> int:
        """Where it trades, in ticks."""
        return self._state(listing).tape.price_at(self.now_ms() if time_ms is None else time_ms)

    def mark_price(self, listing: Listing, time_ms: float | None = None) -> float:
        """The price liquidations go by."""
        return self._prices[listing.base].now(self.now_ms() if time_ms is None else time_ms)

    def open_interest(self, listing: Listing, time_ms: float | None = None) -> int:
        """Open interest in lots, one-sided."""
        at = self.now_ms() if time_ms is None else time_ms
        return max(1, round(self._interest(listing).now(at)))

    def open_interest_history(self, listing: Listing, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        """(time_ms, lots) every 5 minutes in ``[start_ms, end_ms]``, never ahead of now."""
        first = -(-start_ms // SAMPLE_MS) * SAMPLE_MS
        times = np.arange(first, min(end_ms, self.now_ms()) + 1, SAMPLE_MS, dtype=np.int64)
        lots = np.rint(self._interest(listing).at(times)).astype(np.int64)
        return list(zip(times.tolist(), lots.tolist(), strict=True))

    def funding_rate(self, listing: Listing, time_ms: int) -> float:
        """The rate that is paid at a time, rounded to eight places."""
        at = (*listing.key, time_ms)
        if at not in self._rates:
            rng = np.random.default_rng(seed_of(self.seed, "funding", *at))
            self._rates[at] = round(float(rng.normal(5e-5, 5e-5)), 8)
        return self._rates[at]

    def long_short(self, listing: Listing, time_ms: float | None = None) -> float:
        """Accounts long ÷ accounts short; changes every 5 minutes."""
        at = self.now_ms() if time_ms is None else time_ms
        if listing.key not in self._ratios:
            self._ratios[listing.key] = Path(self.seed, f"ratio {listing.key}", 1.4, 0.1, 0.002)
        return round(self._ratios[listing.key].now(at // SAMPLE_MS * SAMPLE_MS), 4)

    def liquidations(self, listing: Listing, start_ms: int, end_ms: int) -> list[Forced]:
        """Every liquidation with ``start_ms <= time < end_ms``, whatever the exchange tells of them."""
        state = self._state(listing)
        days = range(start_ms // DAY_MS, (end_ms - 1) // DAY_MS + 1)
        quiet = [f for d in days for f in self._forced_day(listing, state, d)]
        return sorted(f for f in quiet + state.forced if start_ms <= f.time_ms < end_ms)

    def book(self, listing: Listing) -> Book:
        """Its order book; lives as long as the market and is moved on by whoever streams it."""
        return self._state(listing).book

    def tape(self, listing: Listing) -> Tape:
        """All of its trades."""
        return self._state(listing).tape

    def turnover(self, listing: Listing, hours: int = 24) -> tuple[float, float]:
        """Coins and quote traded in the last hours, open minute included."""
        now = self.now_ms()
        candles = self.candles(listing, now - hours * 3_600_000, now + 1)
        tick, _ = listing.steps
        per_lot = float(listing.coins_per_lot)
        return float(candles.volume.sum()) * per_lot, float(candles.turnover.sum()) * tick * per_lot

    # --- what one can play

    def next_ms(self) -> int:
        """The first time that nobody has heard of yet."""
        return max(self.now_ms(), self.told_ms) + 1

    def cascade(
        self,
        coin: str,
        listings: Iterable[Listing],
        seconds: float = 60.0,
        depth: float = -0.06,
        count: int = 400,
    ) -> int:
        """The price runs `depth` away and liquidates `count` positions on the way; returns when it begins, ms."""
        start = self.next_ms()
        end = start + int(seconds * 1000)
        shock = Shock(start, end, depth)
        self._prices[coin].shock(shock)
        hit = [listing for listing in listings if listing.base == coin]
        for key, state in self._states.items():
            if state.tape.listing.base == coin:
                state.tape.forget_from(start)
                if key in self._interests:
                    self._interests[key].shock(Shock(start, end, -0.12))
        linear = [listing for listing in hit if listing.kind != "spot"]
        for listing in linear:
            if listing.key not in self._interests:
                self._interest(listing).shock(Shock(start, end, -0.12))
            self.burst(listing, count // max(1, len(linear)), start, end, side=1 if depth < 0 else -1)
        return start

    def burst(
        self, listing: Listing, count: int, start_ms: int = 0, end_ms: int = 0, side: int = 1
    ) -> list[Forced]:
        """`count` liquidations and the trades that close them, spread over an interval (the next half second)."""
        start = max(start_ms, self.next_ms())
        end = max(end_ms, start + 500)
        rng = np.random.default_rng(seed_of(self.seed, "burst", *listing.key, start))
        times = np.sort(rng.integers(start, end, count))
        lots = np.maximum(1, rng.lognormal(2.0, 1.0, count)).astype(np.int64)
        ticks = np.array([round(self.price(listing, t) * (1 - 0.004 * side)) for t in times], np.int64)
        rows = zip(times.tolist(), ticks.tolist(), lots.tolist(), strict=True)
        forced = [Forced(t, side, p, q) for t, p, q in rows]
        state = self._state(listing)
        state.forced.extend(forced)
        fills = np.array([self.price(listing, t) for t in times], np.int64)
        state.tape.add(times, fills, lots, np.full(count, -side, np.int64))
        return forced

    def trade_burst(self, listing: Listing, count: int, within_ms: int = 50) -> None:
        """`count` trades at once."""
        start = self.next_ms()
        times = np.sort(np.random.default_rng(start).integers(start, start + within_ms, count))
        one = np.ones(count, np.int64)
        ticks = np.full(count, self.price(listing, start), np.int64)
        self._state(listing).tape.add(times, ticks, one, np.where(times % 2, one, -one))

    def halt(self, exchange: str, start_ms: int, end_ms: int) -> None:
        """The exchange has no trade and no candle of whole minutes that nobody has heard of, or of long ago."""
        halts = self.halts.setdefault(exchange, [])
        halts.append((start_ms // MINUTE_MS * MINUTE_MS, end_ms // MINUTE_MS * MINUTE_MS))
        for state in self._states.values():
            if state.tape.listing.exchange == exchange:
                state.tape.forget_from(start_ms)

    # --- what it keeps

    def _state(self, listing: Listing) -> _State:
        state = self._states.get(listing.key)
        if state is None:
            halts = self.halts.setdefault(listing.exchange, [])
            tape = Tape(self.seed, listing, self._prices[listing.base], halts)
            state = self._states[listing.key] = _State(tape, Book(seed_of(self.seed, *listing.key)))
        return state

    def _interest(self, listing: Listing) -> Path:
        if listing.key not in self._interests:
            usd = listing.coin.daily_usd * listing.share * 0.4
            lots = usd / listing.coin.price / float(listing.coins_per_lot)
            self._interests[listing.key] = Path(self.seed, f"interest {listing.key}", lots, 0.05, 0.0008)
        return self._interests[listing.key]

    def _forced_day(self, listing: Listing, state: _State, day: int) -> list[Forced]:
        """The liquidations of a quiet day: as many as five in an hour on a large exchange."""
        if listing.kind == "spot":
            return []
        if day not in state.forced_days:
            rng = np.random.default_rng(seed_of(self.seed, "forced", *listing.key, day))
            times = np.sort(rng.integers(day * DAY_MS, (day + 1) * DAY_MS, listing.trades * 4))
            side = np.where(rng.random(len(times)) < 0.5, 1, -1)
            lots = np.maximum(1, rng.lognormal(2.0, 1.0, len(times)))
            prices = self._prices[listing.base].at(times) * (1 - 0.004 * side) / listing.steps[0]
            rows = zip(times.tolist(), side.tolist(), prices.tolist(), lots.tolist(), strict=True)
            state.forced_days[day] = [Forced(t, s, max(1, round(p)), int(q)) for t, s, p, q in rows]
        return state.forced_days[day]
