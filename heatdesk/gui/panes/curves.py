"""What each pane draws: the numbers of its curves, and how a value of them reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.engine import Snapshot
from heatdesk.events import Market
from heatdesk.gui import numbers
from heatdesk.gui.wording import Wording
from heatdesk.history.companions import Companions
from heatdesk.live import MarketState
from heatdesk.market import Floats

TITLES: Final = {
    "volume": "Volume",
    "open_interest": "Open interest",
    "funding": "Funding, 8 h",
    "delta": "CVD",
    "long_short": "Long/short accounts",
}
# What a curve stands for decides its colour.
MAIN, SPOT, ONE = "main", "spot", "one"


@dataclass(frozen=True, slots=True)
class Curve:
    """`values` (n_times,) of the columns, NaN where not known; `now` the value at this moment, NaN where not known.

    `role` is MAIN, SPOT or ONE; the latter is `market`'s alone, `number` counts them.
    """

    name: str
    values: Floats
    role: str = MAIN
    number: int = 0
    market: Market | None = None
    now: float = float("nan")

    def at(self, column: int | None) -> float:
        """The value of a column, or, for None, the newest that is known."""
        if column is not None:
            return float(self.values[column]) if 0 <= column < len(self.values) else float("nan")
        if math.isfinite(self.now):
            return self.now
        known = np.flatnonzero(np.isfinite(self.values))
        return float(self.values[known[-1]]) if len(known) else float("nan")


@dataclass(frozen=True, slots=True)
class Content:
    """Curves over one time axis, and how a value of them reads. `bars` stand on zero, `zero_line` marks it.

    Where `rebased`, the lines of single exchanges are drawn as if they began at the level of the first curve: what can
    be compared is how they went. Where not `is_read`, nobody knows yet what is recorded. `rising`
    (n_times,) says whether price rose in each column, for the colour of bars.
    """

    title: str
    curves: tuple[Curve, ...]
    say: Callable[[float], str]
    bars: bool = False
    zero_line: bool = False
    rebased: bool = False
    is_read: bool = True
    rising: NDArray[np.bool_] | None = None


Now = Mapping[Market, MarketState]
# What of a market's state goes on where the columns end.
_HEARD: Final = {"open_interest": "open_interest", "long_short": "long_short_ratio"}


def content(name: str, snapshot: Snapshot, per_exchange: bool, wording: Wording) -> Content:
    """What one of ``live_layers.PANES`` draws of a snapshot; without curves where nothing is known."""
    companions = snapshot.companions or Companions()
    make = {
        "volume": _volume,
        "open_interest": _open_interest,
        "funding": _funding,
        "delta": _delta,
        "long_short": _long_short,
    }[name]
    made = replace(make(companions, snapshot, wording), is_read=snapshot.companions is not None)
    if not per_exchange or len(companions.markets) < 2 or made.bars:
        return made
    return replace(made, curves=(*made.curves, *_each(name, companions)), rebased=name == "open_interest")


def with_now(made: Content, name: str, snapshot: Snapshot, now: Now) -> Content:
    """The same with the values of this moment, from the markets as they stand; costs nothing worth naming."""
    field, companions = _HEARD.get(name), snapshot.companions
    if field is None or companions is None or not made.curves:
        return made
    heard = {market: _state(now, market, field) for market in companions.markets}
    values = np.array(list(heard.values()))
    all_now = float("nan")
    if np.isfinite(values).any():
        newest = getattr(companions, name)[:, -1]
        told = np.where(np.isfinite(values), values, newest)
        all_now = float(np.nansum(told) if name == "open_interest" else np.nanmean(told))
    curves = tuple(
        replace(curve, now=all_now if curve.market is None else heard.get(curve.market, float("nan")))
        for curve in made.curves
    )
    return replace(made, curves=curves)


def _volume(companions: Companions, snapshot: Snapshot, wording: Wording) -> Content:
    base = _base(snapshot)
    curves = (Curve("", companions.total("volume")),) if companions.volume.size else ()
    rising = _rising(companions, snapshot)
    return Content(TITLES["volume"], curves, lambda v: _with_unit(v, base), bars=True, rising=rising)


def _open_interest(companions: Companions, snapshot: Snapshot, wording: Wording) -> Content:
    base, price = _base(snapshot), _last_price(snapshot)

    def say(value: float) -> str:
        usd = value * price
        return _with_unit(value, base) + (f"   {wording.amount(usd)}" if math.isfinite(usd) else "")

    if not companions.open_interest.size:
        return Content(TITLES["open_interest"], (), say)
    return Content(TITLES["open_interest"], (Curve("", companions.open_interest_change()),), say)


def _funding(companions: Companions, snapshot: Snapshot, wording: Wording) -> Content:
    curves = (Curve("", companions.mean_funding()),) if companions.funding.size else ()
    return Content(TITLES["funding"], curves, _rate, zero_line=True)


def _delta(companions: Companions, snapshot: Snapshot, wording: Wording) -> Content:
    base = _base(snapshot)
    curves = []
    if companions.delta.size:
        curves.append(Curve("perp", companions.cumulative("delta")))
    if companions.spot_delta.size:
        curves.append(Curve("spot", companions.cumulative("spot_delta"), SPOT))
    return Content(TITLES["delta"], tuple(curves), lambda v: _with_unit(v, base), zero_line=True)


def _long_short(companions: Companions, snapshot: Snapshot, wording: Wording) -> Content:
    if not companions.long_short.size:
        return Content(TITLES["long_short"], (), _ratio)
    return Content(TITLES["long_short"], (Curve("", _mean(companions.long_short)),), _ratio)


def _rising(companions: Companions, snapshot: Snapshot) -> NDArray[np.bool_]:
    """Whether price rose in each column; what has no candle counts as risen."""
    candles, n = snapshot.candles, len(companions.times_ms)
    if not len(candles):
        return np.ones(n, bool)
    at = np.searchsorted(candles.time_ms, companions.times_ms, side="right") - 1
    rose: NDArray[np.bool_] = ~(candles["close"] < candles["open"])[np.maximum(at, 0)]
    return rose


def _each(name: str, companions: Companions) -> tuple[Curve, ...]:
    """A curve for every exchange of which something is known."""
    rows = getattr(companions, name)
    if name == "delta":
        rows = np.where(np.isfinite(rows), np.cumsum(np.nan_to_num(rows), axis=1), np.nan)
    return tuple(
        Curve(market.exchange, row, ONE, number, market)
        for number, (market, row) in enumerate(zip(companions.markets, rows, strict=True))
        if np.isfinite(row).any()
    )


def _mean(each: Floats) -> Floats:
    """The mean of what is known in each column, NaN where nothing is."""
    known = np.isfinite(each)
    count = known.sum(axis=0)
    mean: Floats = np.divide(
        np.where(known, each, 0.0).sum(axis=0), count, out=np.full(each.shape[1], np.nan), where=count > 0
    )
    return mean


def _state(now: Now, market: Market, field: str) -> float:
    state = now.get(market)
    return float("nan") if state is None else float(getattr(state, field))


def _base(snapshot: Snapshot) -> str:
    return snapshot.question.symbol.partition("/")[0][:12]


def _last_price(snapshot: Snapshot) -> float:
    return float(snapshot.candles["close"][-1]) if len(snapshot.candles) else float("nan")


def _with_unit(value: float, unit: str) -> str:
    return f"{numbers.compact(value)}{numbers.THIN}{unit}" if math.isfinite(value) else numbers.UNKNOWN


def _rate(value: float) -> str:
    """``+0.0100 %``: funding needs four decimals."""
    if not math.isfinite(value):
        return numbers.UNKNOWN
    shown = round(value * 100.0, 4)
    sign = numbers.MINUS if shown < 0 else "+" if shown > 0 else ""
    return f"{sign}{numbers.fixed(abs(shown), 4)}{numbers.THIN}%"


def _ratio(value: float) -> str:
    return numbers.fixed(value, 2) if math.isfinite(value) else numbers.UNKNOWN
