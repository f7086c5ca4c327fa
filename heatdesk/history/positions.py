"""Real positions that the store holds of a coin, wherever an exchange publishes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import DAY_MS, HOUR_MS, Floats, Kind, Records, Times
from heatdesk.store.base import Readable, SeriesInfo

_OLDEST_MS: Final = 2 * HOUR_MS  # open interest older than this says nothing about a snapshot


@dataclass(frozen=True, slots=True)
class Positions:
    """Snapshots of positions, ascending in time.

    `time_ms` (n,) of the snapshots; every row (k,) belongs to snapshot `moment`: `side` (+1 long, −1 short), USD at its
    entry price (`notional`), its liquidation price (NaN where nothing would liquidate it), and the USD that would be
    liquidated there (`usd`, 0 without such a price). `open_interest` (n,) is USD of one side, NaN where not recorded.
    """

    exchange: str
    time_ms: Times
    moment: NDArray[np.intp]
    side: Floats
    notional: Floats
    price: Floats
    usd: Floats
    open_interest: Floats

    def at(self, time_ms: int) -> int | None:
        """The last snapshot at or before a time that is not older than a day, None where there is none."""
        last = int(np.searchsorted(self.time_ms, time_ms, side="right")) - 1
        return last if last >= 0 and time_ms - self.time_ms[last] <= DAY_MS else None

    def known(self, moment: int) -> Floats:
        """USD of the longs and shorts seen in a snapshot; (2,)."""
        own = self.moment == moment
        return np.array([self.notional[own & (self.side == sign)].sum() for sign in (1.0, -1.0)])

    def coverage(self, moment: int) -> Floats:
        """The share of the open interest that is seen, of longs and of shorts; NaN where that is not recorded; (2,)."""
        return np.asarray(self.known(moment) / self.open_interest[moment])


def coin_of(symbol: str) -> str:
    """BTC of BTC/USDT:USDT."""
    return symbol.split("/")[0].upper()


def read_positions(store: Readable, symbol: str, end_ms: int | None = None) -> Positions | None:
    """What is stored of the symbol's coin, whatever it is settled in, as known at `end_ms`; None where nothing is."""
    catalogue = store.list()
    found = _of_coin(catalogue, symbol, Kind.POSITIONS)
    if not found:
        return None
    series = max(found, key=lambda info: info.rows).key
    rows = store.read(series, end_ms=None if end_ms is None else end_ms + 1).records
    if not len(rows):
        return None
    time_ms, moment = np.unique(rows.time_ms, return_inverse=True)
    price = rows["liquidation_price"]
    samples = read_held_usd(store, symbol, series.exchange, end_ms)
    return Positions(
        exchange=series.exchange,
        time_ms=time_ms,
        moment=moment,
        side=rows["side"],
        notional=rows["notional_usd"],
        price=price,
        usd=np.nan_to_num(rows["quantity"] * price, nan=0.0),
        open_interest=_held_at(samples, time_ms),
    )


def read_held_usd(store: Readable, symbol: str, exchange: str, end_ms: int | None = None) -> Records:
    """The open interest of the symbol's coin as the exchange tells it in USD; empty where it does not."""
    held = _of_coin(store.list(), symbol, Kind.OPEN_INTEREST_USD, exchange)
    if not held:
        return Records.empty(Kind.OPEN_INTEREST_USD)
    return store.read(max(held, key=lambda info: info.rows).key, end_ms=end_ms).records


def _of_coin(
    catalogue: Iterable[SeriesInfo], symbol: str, kind: Kind, exchange: str | None = None
) -> list[SeriesInfo]:
    return [
        info
        for info in catalogue
        if info.key.kind is kind
        and coin_of(info.key.symbol) == coin_of(symbol)
        and exchange in (None, info.key.exchange)
    ]


def _held_at(samples: Records, time_ms: Times) -> Floats:
    """The last open interest at or before each time, USD; NaN where it is too old or there is none."""
    held = np.full(len(time_ms), np.nan)
    if not len(samples):
        return held
    at = np.searchsorted(samples.time_ms, time_ms, side="right") - 1
    fresh = (at >= 0) & (time_ms - samples.time_ms[np.maximum(at, 0)] <= _OLDEST_MS)
    held[fresh] = samples["open_interest_usd"][at[fresh]]
    return held
