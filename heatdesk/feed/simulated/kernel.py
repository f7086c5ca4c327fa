"""One minute of the simulated market after the other, compiled.

A step of ten seconds: newcomers trade at the last price; their orders and an exogenous noise move the common price;
whoever's stop, target, liquidation price or deadline is met leaves; those orders move the price again, and so on until
nobody leaves. That loop is the cascade. After every round all trades are cleared on both sides.

Everything compiled, constants included, is in this one file: the compiler's cache notices changes of this file only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import numba as nb
import numpy as np

if TYPE_CHECKING:
    from heatdesk.feed.simulated.state import Agents, Forced, Ints, Ledger, Prices, Tape, Traits

LOTS_PER_COIN: Final = 1_000  # quantities are whole lots, so that both sides compare exactly
BLOCK: Final = 128  # slots that share one row of bounds: most of them need no look
NEVER: Final = 1 << 62

STEP_MS: Final = 10_000
STEPS_PER_MINUTE: Final = 6
STEPS_PER_HOUR: Final = 360
STEPS_PER_DAY: Final = 8_640
MOST_ARRIVALS: Final = 200  # of one exchange in one step
ROOM: Final = MOST_ARRIVALS * STEPS_PER_MINUTE  # free slots that a minute may need

TICKS_PER_USD: Final = 10.0
CALM: Final = 0.015 / math.sqrt(STEPS_PER_DAY)  # standard deviation of the noise in a step of mean volatility
VOLATILITY_SPREAD: Final = 0.55  # standard deviation of ln volatility
VOLATILITY_MEMORY: Final = 8.0 * STEPS_PER_HOUR
SHOCKS: Final = 0.4 / STEPS_PER_DAY  # news: a jump of the price that also wakes volatility
SHOCK: Final = 0.007
PUSH: Final = 0.01 / 4_000.0  # ln price per coin of net taker orders
LASTING: Final = 0.35  # share of the push that stays; the rest fades as others step in
PRESSURE_MEMORY: Final = 0.7 * STEPS_PER_HOUR
MOMENTUM_MEMORY: Final = 2.0 * STEPS_PER_HOUR
CHASING: Final = 0.10  # how far momentum moves the probability of a long
LEANING_SPREAD: Final = 0.05
LEANING_MEMORY: Final = 2.0 * STEPS_PER_DAY
BASIS_MEMORY: Final = 0.5 * STEPS_PER_HOUR

TAKERS: Final = 0.6  # share of agents who open and close at the market
TOPPED_UP: Final = 0.2  # share who allot more margin than the leverage asks for
STOPPED: Final = 0.5  # share with a stop-loss
TARGETED: Final = 0.6  # share with a take-profit
HOLDING: Final = 30.0 * STEPS_PER_HOUR  # median at leverage 8
HOLDING_SLOPE: Final = -0.6
HOLDING_SPREAD: Final = 1.1
POOL_MEMORY: Final = 2.0 * STEPS_PER_DAY
POOL_NOISE: Final = 0.0003  # of the pool, per step

# Rows of Prices.mood: ln of the common price without and of its share that fades, ln of volatility against its mean,
# the recent return in standard deviations, and how the crowd leans (probability of a long above ½).
FUNDAMENTAL, PRESSURE, LOG_VOLATILITY, MOMENTUM, LEANING = range(5)
# Columns of the orders that wait for clearing, in lots by exchange.
_TAKER_BUY, _TAKER_SELL, _MAKER_BUY, _MAKER_SELL = range(4)

_F = TypeVar("_F", bound=Callable[..., Any])


def _compiled(function: _F) -> _F:
    return cast("_F", nb.njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function))


def _compiled_and_kept(function: _F) -> _F:
    return cast("_F", nb.njit(nogil=True, cache=True)(function))


@_compiled
def _order(orders: Ints, x: int, side: int, lots: int, taker: bool) -> None:
    """Note an agent's order: `side` +1 buys, −1 sells."""
    if taker:
        orders[x, _TAKER_BUY if side > 0 else _TAKER_SELL] += lots
    else:
        orders[x, _MAKER_BUY if side > 0 else _MAKER_SELL] += lots


@_compiled
def _clear(ledger: Ledger, tape: Tape, m: int, orders: Ints) -> float:
    """Match the agents' orders among themselves, the rest with the pool; returns the net taker buying in coins.

    What the pool buys closes its shorts and opens longs in the proportion it holds them, and the reverse.
    """
    net = 0
    for x in range(orders.shape[0]):
        bought = max(orders[x, _TAKER_BUY], orders[x, _MAKER_SELL])
        sold = max(orders[x, _TAKER_SELL], orders[x, _MAKER_BUY])
        tape.volume[m, x] += bought + sold
        tape.taker_buy[m, x] += bought
        net += orders[x, _TAKER_BUY] - orders[x, _TAKER_SELL]
        to_pool = (
            orders[x, _TAKER_SELL] + orders[x, _MAKER_SELL] - orders[x, _TAKER_BUY] - orders[x, _MAKER_BUY]
        )
        pool = ledger.pool_long[x] + ledger.pool_short[x]
        if to_pool > 0:
            closed = min(int(to_pool * (ledger.pool_short[x] / max(pool, 1))), ledger.pool_short[x])
            ledger.pool_short[x] -= closed
            ledger.pool_long[x] += to_pool - closed
        else:
            closed = min(int(-to_pool * (ledger.pool_long[x] / max(pool, 1))), ledger.pool_long[x])
            ledger.pool_long[x] -= closed
            ledger.pool_short[x] += -to_pool - closed
        orders[x, :] = 0
    return net / LOTS_PER_COIN


@_compiled
def _push(prices: Prices, coins: float) -> None:
    """Net taker orders move the common price; a part of it for good."""
    prices.mood[FUNDAMENTAL] += PUSH * coins * LASTING
    prices.mood[PRESSURE] += PUSH * coins * (1.0 - LASTING)


@_compiled
def _print(prices: Prices, tape: Tape, m: int) -> None:
    """A new price on every exchange, on its tick."""
    common = prices.mood[FUNDAMENTAL] + prices.mood[PRESSURE]
    for x in range(prices.last.shape[0]):
        price = max(np.rint(math.exp(common + prices.basis[x]) * TICKS_PER_USD), 1.0) / TICKS_PER_USD
        prices.last[x] = price
        tape.high[m, x] = max(tape.high[m, x], price)
        tape.low[m, x] = min(tape.low[m, x], price)


@_compiled
def _drift(rng: np.random.Generator, prices: Prices, traits: Traits) -> float:
    """The step's exogenous part: volatility, news, fading pressure, moods. Returns the activity, 1 in a calm market."""
    mood = prices.mood
    memory = 1.0 / VOLATILITY_MEMORY
    mood[LOG_VOLATILITY] += -mood[LOG_VOLATILITY] * memory
    mood[LOG_VOLATILITY] += VOLATILITY_SPREAD * math.sqrt(2.0 * memory) * rng.standard_normal()
    volatility = CALM * math.exp(mood[LOG_VOLATILITY])
    step = volatility * rng.standard_normal()
    if rng.random() < SHOCKS:
        step += SHOCK * rng.standard_normal()
        mood[LOG_VOLATILITY] += 0.5
    before = mood[FUNDAMENTAL] + mood[PRESSURE]
    mood[FUNDAMENTAL] += step
    mood[PRESSURE] -= mood[PRESSURE] / PRESSURE_MEMORY
    change = (mood[FUNDAMENTAL] + mood[PRESSURE] - before) / volatility
    mood[MOMENTUM] += (change * math.sqrt(2.0 * MOMENTUM_MEMORY) - mood[MOMENTUM]) / MOMENTUM_MEMORY
    mood[LEANING] -= mood[LEANING] / LEANING_MEMORY
    mood[LEANING] += LEANING_SPREAD * math.sqrt(2.0 / LEANING_MEMORY) * rng.standard_normal()
    for x in range(prices.basis.shape[0]):
        prices.basis[x] -= prices.basis[x] / BASIS_MEMORY
        prices.basis[x] += traits.basis[x] * math.sqrt(2.0 / BASIS_MEMORY) * rng.standard_normal()
    rhythm = 1.0 + 0.3 * math.sin(2.0 * math.pi * prices.step[0] / STEPS_PER_DAY)
    return rhythm * math.exp(0.7 * mood[LOG_VOLATILITY])


@_compiled
def _leverage(rng: np.random.Generator, traits: Traits, x: int, notional: float) -> float:
    """Lognormal, often on one of the buttons, lower for the largest positions."""
    leverage = math.exp(traits.leverage_ln[x] + traits.leverage_spread[x] * rng.standard_normal())
    if rng.random() < traits.preset_share[x]:
        nearest = traits.presets[0]
        for preset in traits.presets:
            if abs(math.log(preset / leverage)) < abs(math.log(nearest / leverage)):
                nearest = preset
        leverage = nearest
    allowed = traits.max_leverage[x] * min(1.0, traits.whale_usd[x] / notional)
    return max(float(np.rint(min(leverage, allowed))), 2.0)


@_compiled
def _arrive(
    rng: np.random.Generator, agents: Agents, ledger: Ledger, prices: Prices, traits: Traits,
    x: int, now_ms: int, orders: Ints,
) -> None:  # fmt: skip
    """One agent opens a position at the last price.

    It is liquidated where margin + s·q·(P − E) = rate·q·P, so P = (E − s·margin/q)/(1 − s·rate).
    """
    price = prices.last[x]
    lots = max(
        int(
            math.exp(traits.size_ln[x] + traits.size_spread[x] * rng.standard_normal())
            / price
            * LOTS_PER_COIN
        ),
        1,
    )
    quantity = lots / LOTS_PER_COIN
    leverage = _leverage(rng, traits, x, quantity * price)
    margin = quantity * price / leverage
    if rng.random() < TOPPED_UP:
        margin *= 1.0 + 0.5 * rng.standard_exponential()
    chance = 0.5 + prices.mood[LEANING] + CHASING * math.tanh(prices.mood[MOMENTUM])
    side = 1 if rng.random() < chance else -1
    liquidation = max((price - side * margin / quantity) / (1.0 - side * traits.maintenance[x]), 0.0)
    room = abs(price - liquidation) / price
    against, target = liquidation, np.inf if side > 0 else 0.0
    if rng.random() < STOPPED:
        against = price * (
            1.0 - side * min(room * (0.2 + 0.7 * rng.random()), 0.04 * math.exp(0.6 * rng.standard_normal()))
        )
        if side * (against - liquidation) < 0.0:
            against = liquidation
    if rng.random() < TARGETED:
        target = price * max(1.0 + side * 0.6 * room * math.exp(0.6 * rng.standard_normal()), 0.05)
    holding = HOLDING * (leverage / 8.0) ** HOLDING_SLOPE * math.exp(HOLDING_SPREAD * rng.standard_normal())

    agents.n_free[x] -= 1
    slot = agents.free[x, agents.n_free[x]]
    agents.side[x, slot] = side
    agents.lots[x, slot] = lots
    agents.entry[x, slot] = price
    agents.leverage[x, slot] = leverage
    agents.margin[x, slot] = margin
    agents.liquidation[x, slot] = liquidation
    agents.lower[x, slot] = against if side > 0 else target
    agents.upper[x, slot] = target if side > 0 else against
    agents.deadline[x, slot] = prices.step[0] + 1 + int(holding)
    agents.opened_ms[x, slot] = now_ms
    block = slot // BLOCK
    agents.block_lower[x, block] = max(agents.block_lower[x, block], agents.lower[x, slot])
    agents.block_upper[x, block] = min(agents.block_upper[x, block], agents.upper[x, slot])
    agents.block_deadline[x, block] = min(agents.block_deadline[x, block], agents.deadline[x, slot])
    if side > 0:
        ledger.agents_long[x] += lots
    else:
        ledger.agents_short[x] += lots
    _order(orders, x, side, lots, rng.random() < TAKERS)


@_compiled
def _leave(
    rng: np.random.Generator, agents: Agents, ledger: Ledger, forced: Forced,
    x: int, slot: int, price: float, now_ms: int, orders: Ints,
) -> None:  # fmt: skip
    """One position ends: liquidated, stopped, at its target, or because its owner has had enough."""
    side, lots = agents.side[x, slot], agents.lots[x, slot]
    if side * (price - agents.liquidation[x, slot]) <= 0.0:
        taker = True
        n = forced.filled[0]
        forced.filled[0] = n + 1
        forced.exchange[n] = x
        forced.time_ms[n] = now_ms
        forced.side[n] = side
        forced.price[n] = agents.entry[x, slot] - side * agents.margin[x, slot] * LOTS_PER_COIN / lots
        forced.lots[n] = lots
    elif price >= agents.upper[x, slot] if side > 0 else price <= agents.lower[x, slot]:
        taker = False  # the target was a resting order
    elif agents.lower[x, slot] < price < agents.upper[x, slot]:
        taker = rng.random() < TAKERS
    else:
        taker = True
    if side > 0:
        ledger.agents_long[x] -= lots
    else:
        ledger.agents_short[x] -= lots
    _order(orders, x, -side, lots, taker)
    agents.side[x, slot] = 0
    agents.lower[x, slot] = 0.0
    agents.upper[x, slot] = np.inf
    agents.deadline[x, slot] = NEVER
    agents.free[x, agents.n_free[x]] = slot
    agents.n_free[x] += 1


@_compiled
def _leave_all(
    rng: np.random.Generator, agents: Agents, ledger: Ledger, forced: Forced,
    x: int, price: float, step: int, now_ms: int, orders: Ints,
) -> bool:  # fmt: skip
    """Everyone on one exchange whose trigger the price has met or whose time is over; whether there was anyone."""
    anyone = False
    for block in range(agents.block_lower.shape[1]):
        if (
            agents.block_lower[x, block] < price < agents.block_upper[x, block]
            and step < agents.block_deadline[x, block]
        ):
            continue
        lower, upper, deadline = 0.0, np.inf, NEVER
        for slot in range(block * BLOCK, (block + 1) * BLOCK):
            inside = agents.lower[x, slot] < price < agents.upper[x, slot]
            if agents.side[x, slot] != 0 and not (inside and step < agents.deadline[x, slot]):
                _leave(rng, agents, ledger, forced, x, slot, price, now_ms, orders)
                anyone = True
            lower = max(lower, agents.lower[x, slot])
            upper = min(upper, agents.upper[x, slot])
            deadline = min(deadline, agents.deadline[x, slot])
        agents.block_lower[x, block] = lower
        agents.block_upper[x, block] = upper
        agents.block_deadline[x, block] = deadline
    return anyone


@_compiled
def _trade_pool(
    rng: np.random.Generator, ledger: Ledger, tape: Tape, traits: Traits, m: int, activity: float, rise: float
) -> None:
    """Unlevered accounts among themselves: they open or close on both sides at once, and churn without a position."""
    for x in range(traits.churn_lots.shape[0]):
        pool = min(ledger.pool_long[x], ledger.pool_short[x])
        wanted = (traits.pool_lots[x] - pool) / POOL_MEMORY + traits.pool_lots[
            x
        ] * POOL_NOISE * rng.standard_normal()
        opened = max(int(wanted), -pool)
        ledger.pool_long[x] += opened
        ledger.pool_short[x] += opened
        lots = abs(opened) + int(traits.churn_lots[x] * activity * rng.standard_exponential())
        tape.volume[m, x] += lots
        share = 0.5 + 0.2 * math.tanh(rise) + 0.1 * (rng.random() - 0.5)
        tape.taker_buy[m, x] += int(lots * share)


@_compiled
def _begin_minute(ledger: Ledger, prices: Prices, tape: Tape, m: int) -> None:
    for x in range(prices.last.shape[0]):
        tape.open[m, x] = prices.last[x]
        tape.high[m, x] = prices.last[x]
        tape.low[m, x] = prices.last[x]
        tape.open_interest[m, x] = ledger.agents_long[x] + ledger.pool_long[x]


@_compiled
def _step(
    rng: np.random.Generator, agents: Agents, ledger: Ledger, prices: Prices, traits: Traits, tape: Tape,
    forced: Forced, m: int, now_ms: int, orders: Ints,
) -> None:  # fmt: skip
    """Ten seconds; a round of a cascade takes a second, so that liquidations come in the order they happened."""
    before = math.log(prices.last[0])
    activity = _drift(rng, prices, traits)
    for x in range(prices.last.shape[0]):
        for _ in range(min(rng.poisson(traits.arrivals[x] * activity), MOST_ARRIVALS)):
            _arrive(rng, agents, ledger, prices, traits, x, now_ms, orders)
    _push(prices, _clear(ledger, tape, m, orders))
    _print(prices, tape, m)
    moving = True
    time_ms = now_ms
    while moving:
        moving = False
        time_ms = min(time_ms + STEP_MS // 10, now_ms + STEP_MS - 1)
        for x in range(prices.last.shape[0]):
            if _leave_all(rng, agents, ledger, forced, x, prices.last[x], prices.step[0], time_ms, orders):
                moving = True
        if moving:
            _push(prices, _clear(ledger, tape, m, orders))
            _print(prices, tape, m)
    rise = (math.log(prices.last[0]) - before) / CALM
    _trade_pool(rng, ledger, tape, traits, m, activity, rise)
    prices.step[0] += 1


@_compiled_and_kept
def advance(
    rng: np.random.Generator, agents: Agents, ledger: Ledger, prices: Prices, traits: Traits, tape: Tape,
    forced: Forced, m: int, start_ms: int,
) -> int:  # fmt: skip
    """Run minutes `m` … of the tape, in place, until it is full or room for the next minute is lacking.

    `start_ms` is the time of step 0. Returns the first minute not run: nobody is ever turned away, and nothing
    depends on how the minutes are cut into calls.
    """
    n_exchanges, slots = agents.side.shape
    orders = np.zeros((n_exchanges, 4), np.int64)
    while m < tape.open.shape[0]:
        living = n_exchanges * slots - agents.n_free.sum()
        room = forced.lots.shape[0] - forced.filled[0]
        if agents.n_free.min() < ROOM or room < living + n_exchanges * ROOM:
            return m
        _begin_minute(ledger, prices, tape, m)
        for _ in range(STEPS_PER_MINUTE):
            now_ms = start_ms + prices.step[0] * STEP_MS
            _step(rng, agents, ledger, prices, traits, tape, forced, m, now_ms, orders)
        for x in range(n_exchanges):
            tape.close[m, x] = prices.last[x]
        m += 1
    return m
