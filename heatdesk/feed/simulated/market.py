"""The simulated market: minutes in, records and true positions out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.errors import BadInputError
from heatdesk.feed.simulated.kernel import FUNDAMENTAL, LOTS_PER_COIN, ROOM, STEP_MS, advance
from heatdesk.feed.simulated.profiles import PROFILES, Profile
from heatdesk.feed.simulated.state import (
    FIRST_SLOTS,
    Agents,
    Forced,
    Ledger,
    Prices,
    Tape,
    Traits,
)
from heatdesk.market import DAY_MS, MINUTE_MS, Floats, Interval, Kind, Records, Times

START_MS: Final = 1_767_225_600_000  # 2026-01-01
FIRST_PRICE: Final = 60_000.0
WARM_UP_DAYS: Final = 4  # until about as many positions end as begin
MINUTES_PER_DAY: Final = DAY_MS // MINUTE_MS


@dataclass(frozen=True, slots=True)
class Batch:
    """What one exchange published in a stretch of time, every series of it at 1m except the events."""

    exchange: str
    covered: Interval
    candles: Records
    open_interest: Records
    events: Records
    totals: Records


@dataclass(frozen=True, slots=True)
class Positions:
    """All levered positions that stand: the truth a map estimates. Every array has shape (n,).

    `side` is +1 long, −1 short; `quantity` in coins, `margin` in USD; a `liquidation_price` of 0 is never reached.
    """

    exchange: NDArray[np.str_]
    side: Floats
    quantity: Floats
    entry: Floats
    leverage: Floats
    margin: Floats
    liquidation_price: Floats
    opened_ms: Times

    def __len__(self) -> int:
        return len(self.side)

    @property
    def liquidation_usd(self) -> Floats:
        """What each would be worth at its liquidation price: the heat it adds to a true map."""
        return self.quantity * self.liquidation_price

    def on(self, *exchanges: str) -> Positions:
        """Those on some of the exchanges."""
        rows = np.isin(self.exchange, exchanges)
        return Positions(*(getattr(self, f.name)[rows] for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Holdings:
    """Who holds the open interest of one exchange, in coins: long and short add up to the same."""

    exchange: str
    agents_long: float
    agents_short: float
    pool_long: float
    pool_short: float


class Market:
    """Agents on several exchanges around one price. The same seed, exchanges and start give the same market.

    The first `advance` begins at `start_ms`; `WARM_UP_DAYS` before it have been lived through but not published.
    """

    def __init__(self, seed: int, profiles: Sequence[Profile] = PROFILES, start_ms: int = START_MS) -> None:
        if not profiles or len({profile.name for profile in profiles}) < len(profiles):
            raise BadInputError("A simulated market needs at least one exchange, each named once.")
        if start_ms % DAY_MS:
            raise BadInputError("A simulated market starts at 00:00 UTC of a day.")
        self.exchanges = tuple(profile.name for profile in profiles)
        n = len(profiles)
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._traits = Traits.of(profiles)
        self._agents = Agents.none(n, FIRST_SLOTS)
        nobody, pool = np.zeros(n, np.int64), self._traits.pool_lots.astype(np.int64)
        self._ledger = Ledger(nobody, nobody.copy(), pool, pool.copy())
        mood = np.zeros(5)
        mood[FUNDAMENTAL] = np.log(FIRST_PRICE)
        self._prices = Prices(np.full(n, FIRST_PRICE), np.zeros(n), mood, np.zeros(1, np.int64))
        self._step_0_ms = start_ms - WARM_UP_DAYS * DAY_MS
        for _ in range(WARM_UP_DAYS):
            self.advance(MINUTES_PER_DAY)

    @property
    def time_ms(self) -> int:
        """The end of the last minute."""
        return self._step_0_ms + int(self._prices.step[0]) * STEP_MS

    def advance(self, minutes: int) -> tuple[Batch, ...]:
        """Live through the next minutes; what each exchange published, in the order of `exchanges`."""
        times = self.time_ms + np.arange(minutes, dtype=np.int64) * MINUTE_MS
        tape = Tape.blank(minutes, len(self.exchanges))
        done, parts = 0, [Forced.none(0)]
        while done < minutes:
            if self._agents.n_free.min() < ROOM:
                self._agents = self._agents.doubled()
            parts.append(Forced.none(self._agents.side.size + len(self.exchanges) * ROOM))
            state = self._agents, self._ledger, self._prices, self._traits, tape, parts[-1]
            done = advance(self._random, *state, done, self._step_0_ms)
        forced = Forced.joined(parts)
        return tuple(_batch(name, x, times, tape, forced) for x, name in enumerate(self.exchanges))

    def positions(self) -> Positions:
        """Every levered position that stands now."""
        agents = self._agents
        at = x, _ = np.nonzero(agents.side)
        return Positions(
            exchange=np.array(self.exchanges)[x],
            side=agents.side[at].astype(float),
            quantity=agents.lots[at] / LOTS_PER_COIN,
            entry=agents.entry[at],
            leverage=agents.leverage[at],
            margin=agents.margin[at],
            liquidation_price=agents.liquidation[at],
            opened_ms=agents.opened_ms[at],
        )

    def holdings(self) -> tuple[Holdings, ...]:
        """Who holds the open interest of each exchange now."""
        columns = ((column / LOTS_PER_COIN).tolist() for column in self._ledger)
        return tuple(Holdings(*row) for row in zip(self.exchanges, *columns, strict=True))


def _batch(name: str, x: int, times: Times, tape: Tape, forced: Forced) -> Batch:
    """What exchange number `x` published."""
    candles = {
        "open": tape.open[:, x].copy(),
        "high": tape.high[:, x].copy(),
        "low": tape.low[:, x].copy(),
        "close": tape.close[:, x].copy(),
        "volume": tape.volume[:, x] / LOTS_PER_COIN,
        "taker_buy_volume": tape.taker_buy[:, x] / LOTS_PER_COIN,
    }
    events = _events(forced, forced.exchange == x)
    return Batch(
        exchange=name,
        covered=Interval(int(times[0]), int(times[-1]) + MINUTE_MS),
        candles=Records(Kind.CANDLES, times, candles),
        open_interest=Records(
            Kind.OPEN_INTEREST, times, {"open_interest": tape.open_interest[:, x] / LOTS_PER_COIN}
        ),
        events=events,
        totals=_totals(events, times),
    )


def _events(forced: Forced, rows: NDArray[np.bool_]) -> Records:
    price, quantity = forced.price[rows], forced.lots[rows] / LOTS_PER_COIN
    columns = {
        "side": forced.side[rows].astype(float),
        "price": price,
        "quantity": quantity,
        "notional_usd": price * quantity,
    }
    return Records(Kind.EVENTS, forced.time_ms[rows], columns)


def _totals(events: Records, times: Times) -> Records:
    """Liquidated USD per minute and side."""
    minute = (events.time_ms - times[0]) // MINUTE_MS
    usd = events["notional_usd"]
    columns = {}
    for name, sign in (("long", 1.0), ("short", -1.0)):
        usd_of_side = np.where(events["side"] == sign, usd, 0.0)
        columns[f"liquidation_{name}_usd"] = np.bincount(minute, usd_of_side, len(times)).astype(float)
    return Records(Kind.TOTALS, times, columns)
