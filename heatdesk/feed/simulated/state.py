"""What the simulated market consists of, as arrays that its kernel advances in place.

Quantities are whole lots of 0.001 coins, so that both sides of every exchange can be compared exactly. The first axis
of most arrays is the exchange.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.feed.simulated.kernel import BLOCK, LOTS_PER_COIN, NEVER, STEPS_PER_DAY
from heatdesk.feed.simulated.profiles import PRESETS, Profile
from heatdesk.market import Floats

Ints = NDArray[np.int64]
Signs = NDArray[np.int8]

FIRST_SLOTS: Final = 8_192


class Agents(NamedTuple):
    """Levered positions in slots, shape (n_exchanges, slots); a free slot has `side` 0.

    `lower` and `upper` are the prices at which the position ends by itself (stop, target or liquidation), `deadline`
    the step at which its owner closes it. Of every `BLOCK` slots `block_*` hold the nearest of the three.
    `free[x, :n_free[x]]` lists the free slots.
    """

    side: Signs
    lots: Ints
    entry: Floats
    leverage: Floats
    margin: Floats
    liquidation: Floats
    lower: Floats
    upper: Floats
    deadline: Ints
    opened_ms: Ints
    block_lower: Floats
    block_upper: Floats
    block_deadline: Ints
    free: Ints
    n_free: Ints

    @staticmethod
    def none(n_exchanges: int, slots: int) -> Agents:
        """Only free slots, the lowest to be taken first."""
        whole, blocks = (n_exchanges, slots), (n_exchanges, slots // BLOCK)
        return Agents(
            side=np.zeros(whole, np.int8),
            lots=np.zeros(whole, np.int64),
            entry=np.zeros(whole),
            leverage=np.zeros(whole),
            margin=np.zeros(whole),
            liquidation=np.zeros(whole),
            lower=np.zeros(whole),
            upper=np.full(whole, np.inf),
            deadline=np.full(whole, NEVER),
            opened_ms=np.zeros(whole, np.int64),
            block_lower=np.zeros(blocks),
            block_upper=np.full(blocks, np.inf),
            block_deadline=np.full(blocks, NEVER),
            free=np.tile(np.arange(slots - 1, -1, -1), (n_exchanges, 1)),
            n_free=np.full(n_exchanges, slots, np.int64),
        )

    def doubled(self) -> Agents:
        """The same agents with as many free slots again."""
        n_exchanges, slots = self.side.shape
        larger = Agents.none(n_exchanges, 2 * slots)
        for name, old in self._asdict().items():
            if name not in ("free", "n_free"):
                getattr(larger, name)[:, : old.shape[1]] = old
        for x, n_free in enumerate(self.n_free):
            larger.free[x, slots : slots + n_free] = self.free[x, :n_free]
            larger.n_free[x] = slots + n_free
        return larger


class Ledger(NamedTuple):
    """Open lots by side, of agents and of the unlevered pool, shape (n_exchanges,).

    agents_long + pool_long = agents_short + pool_short = open interest, after every trade.
    """

    agents_long: Ints
    agents_short: Ints
    pool_long: Ints
    pool_short: Ints


class Prices(NamedTuple):
    """`last` and `basis` have shape (n_exchanges,), the kernel names the rows of `mood`, `step[0]` counts the steps."""

    last: Floats
    basis: Floats
    mood: Floats
    step: Ints


class Traits(NamedTuple):
    """The profiles as arrays of shape (n_exchanges,), rates per step, and the leverages of the buttons."""

    arrivals: Floats
    size_ln: Floats
    size_spread: Floats
    whale_usd: Floats
    leverage_ln: Floats
    leverage_spread: Floats
    preset_share: Floats
    max_leverage: Floats
    maintenance: Floats
    pool_lots: Floats
    churn_lots: Floats
    basis: Floats
    presets: Floats

    @staticmethod
    def of(profiles: Sequence[Profile]) -> Traits:
        """The profiles as the kernel reads them."""

        def column(name: str) -> Floats:
            return np.array([getattr(profile, name) for profile in profiles], float)

        return Traits(
            arrivals=column("arrivals_per_day") / STEPS_PER_DAY,
            size_ln=np.log(column("size_median_usd")),
            size_spread=column("size_spread"),
            whale_usd=column("whale_usd"),
            leverage_ln=np.log(column("leverage_median")),
            leverage_spread=column("leverage_spread"),
            preset_share=column("preset_share"),
            max_leverage=column("max_leverage"),
            maintenance=column("maintenance_rate"),
            pool_lots=column("pool_coins") * LOTS_PER_COIN,
            churn_lots=column("churn_coins_per_day") * LOTS_PER_COIN / STEPS_PER_DAY,
            basis=column("basis"),
            presets=np.array(PRESETS),
        )


class Tape(NamedTuple):
    """Candles, and open interest at their starts; every array has shape (minutes, n_exchanges)."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    taker_buy: Ints
    open_interest: Ints

    @staticmethod
    def blank(minutes: int, n_exchanges: int) -> Tape:
        """Room for so many minutes."""
        shape = (minutes, n_exchanges)
        prices = [np.zeros(shape) for _ in range(4)]
        lots = [np.zeros(shape, np.int64) for _ in range(3)]
        return Tape(prices[0], prices[1], prices[2], prices[3], lots[0], lots[1], lots[2])


class Forced(NamedTuple):
    """Liquidations in the order they happened, `filled[0]` of them; `price` is the bankruptcy price."""

    filled: Ints
    exchange: Ints
    time_ms: Ints
    side: Signs
    price: Floats
    lots: Ints

    @staticmethod
    def none(room: int) -> Forced:
        """Room for so many."""
        return Forced(
            filled=np.zeros(1, np.int64),
            exchange=np.zeros(room, np.int64),
            time_ms=np.zeros(room, np.int64),
            side=np.zeros(room, np.int8),
            price=np.zeros(room),
            lots=np.zeros(room, np.int64),
        )

    @staticmethod
    def joined(parts: Sequence[Forced]) -> Forced:
        """All of several lists, without the room that was left."""
        rows = [[column[: part.filled[0]] for column in part[1:]] for part in parts]
        return Forced(
            np.array([sum(int(part.filled[0]) for part in parts)]),
            *map(np.concatenate, zip(*rows, strict=True)),
        )
