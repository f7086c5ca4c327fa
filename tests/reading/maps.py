"""Maps and candles made by hand: bands of known USD at known prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heatdesk.market import COLUMNS, Kind, Records
from heatdesk.model.grid import PriceGrid
from heatdesk.model.heatmap import Heatmap

STEP_MS = 300_000
START_MS = 1_770_000_000_000
PRICE = 50_000.0


@dataclass(frozen=True)
class Band:
    """USD per row of one side between two prices, in the columns from `born` to before `gone`."""

    side: str
    low: float
    high: float
    usd: float = 1e6
    born: int = 0
    gone: int | None = None


def heatmap(
    *bands: Band, n_times: int = 60, exchanges: Sequence[tuple[str, float]] = (), step_ms: int = STEP_MS
) -> Heatmap:
    """A map of 40,000 to 60,000 with these bands; exchanges as (name, share of every row)."""
    grid = PriceGrid.covering(40_000.0, 60_000.0, 10.0)
    centres = grid.centres()
    sides = {side: np.zeros((n_times, grid.rows), np.float32) for side in ("long", "short")}
    for band in bands:
        rows = (centres >= band.low) & (centres < band.high)
        sides[band.side][band.born : band.gone, rows] += np.float32(band.usd)
    newest = np.stack([sides["long"][-1], sides["short"][-1]])
    return Heatmap(
        notional_long=sides["long"].T,
        notional_short=sides["short"].T,
        prices=grid.edges(),
        times_ms=START_MS // step_ms * step_ms + np.arange(n_times, dtype=np.int64) * step_ms,
        step_ms=step_ms,
        bin_bps=10.0,
        tiers=np.array([10.0, 50.0]),
        newest_by_tier=np.stack([newest * np.float32(0.25), newest * np.float32(0.75)], axis=1),
        exchanges=tuple(name for name, _ in exchanges),
        newest_by_exchange=np.array(
            [newest * np.float32(share) for _, share in exchanges], np.float32
        ).reshape(len(exchanges), 2, grid.rows),
    )


def flat_candles(of: Heatmap, price: float = PRICE, spread: float = 0.001) -> Records:
    """One candle a column, all alike: high and low `spread` from a price that stays."""
    n = of.shape[1]
    values = {"open": price, "high": price * (1 + spread), "low": price * (1 - spread), "close": price}
    columns = {c: np.full(n, values.get(c, 1.0)) for c in COLUMNS[Kind.CANDLES]}
    return Records(Kind.CANDLES, of.times_ms, columns)
