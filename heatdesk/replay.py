"""Several exchanges' histories replayed into one map."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import heatdesk
from heatdesk.errors import BadInputError
from heatdesk.history import History
from heatdesk.market import Interval, Records, timeframe_ms
from heatdesk.model.brackets import bracket_table
from heatdesk.model.grid import PriceGrid
from heatdesk.model.heatmap import Heatmap
from heatdesk.model.params import ModelParams

if TYPE_CHECKING:
    from heatdesk.model.book import Columns, Frame
    from heatdesk.model.tiers import Tiers


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which map to draw: columns of `timeframe` in ``[start_ms, end_ms)``, both on its marks.

    `tiers` None counts every tier; `price_min`/`price_max` bound the rows, None = all that the candles shown and their
    levels reach.
    """

    symbol: str
    timeframe: str
    start_ms: int
    end_ms: int
    params: ModelParams
    tiers: tuple[float, ...] | None = None
    price_min: float | None = None
    price_max: float | None = None


def replay(
    histories: Sequence[History], candles: Records, wanted: Wanted, holes: tuple[Interval, ...]
) -> Heatmap:
    """Replay every history from its first candle and add up their columns.

    `candles` are those shown, `holes` the stretches without any. Raises BadInputError for a tier that is not one of the
    model's and for an absurd price range.
    """
    # the compiled kernel takes longer to import than a window to open, so it is imported where it is first needed
    from heatdesk.model.book import Book, Frame
    from heatdesk.model.tiers import build_tiers, chosen

    step_ms = timeframe_ms(wanted.timeframe)
    tiers = [build_tiers(h.exchange, wanted.symbol, wanted.params) for h in histories]
    leverage = tiers[0].leverage
    grid = _shown_grid(wanted, tiers, candles)
    n_times = (wanted.end_ms - wanted.start_ms) // step_ms
    counted = chosen(leverage, wanted.tiers)
    total: list[Columns] = []
    newest: list[Any] = []  # by exchange: (2, n_tiers, n_prices)
    for history, own in zip(histories, tiers, strict=True):
        book = Book.empty(history.series, own, wanted.params, within=grid)
        rows = slice(grid.first - book.grid.first, grid.first - book.grid.first + grid.rows)
        frame = Frame(rows, wanted.start_ms, step_ms, n_times, counted)
        columns = book.advance(history.series, frame)
        if total:
            for summed, added in zip(total, columns, strict=True):
                summed += added
        else:
            total = list(columns)
        newest.append(_newest(book, frame, grid))
    return Heatmap(
        notional_long=_frozen(total[0]).T,
        notional_short=_frozen(total[1]).T,
        prices=_frozen(grid.edges()),
        times_ms=_frozen(frame.times_ms()),
        step_ms=step_ms,
        bin_bps=grid.bin_bps,
        tiers=_frozen(leverage),
        newest_by_tier=_frozen(np.sum(newest, axis=0)),
        exchanges=tuple(h.exchange for h in histories),
        newest_by_exchange=_frozen(np.stack([own.sum(axis=1) for own in newest])),
        gaps=holes,
        meta=_meta(wanted, histories, holes),
    )


def _newest(book: Any, frame: Frame, grid: PriceGrid) -> np.ndarray[Any, np.dtype[np.float32]]:
    """USD of every tier in the newest column, shape (2, n_tiers, n_prices); tiers not wanted are 0."""
    levels = np.stack([book.long.levels(mirrored=False), book.short.levels(mirrored=True)])
    usd = levels[:, :, frame.rows] * grid.centres() * frame.wanted[:, None]
    return usd.astype(np.float32)


def _shown_grid(wanted: Wanted, tiers: Iterable[Tiers], candles: Records) -> PriceGrid:
    own = list(tiers)
    low, high = float(candles["low"].min()), float(candles["high"].max())
    price_min = wanted.price_min or low * min(float(t.ratio_long.min()) for t in own)
    price_max = wanted.price_max or high * max(float(t.ratio_short.max()) for t in own)
    if not price_min < price_max:
        raise BadInputError(
            f"The price range {price_min:g} to {price_max:g} is empty; give the lower price first."
        )
    return PriceGrid.covering(price_min, price_max, wanted.params.bin_bps)


def _frozen(array: np.ndarray[Any, Any]) -> Any:
    array.flags.writeable = False
    return array


def _meta(wanted: Wanted, histories: Sequence[History], holes: tuple[Interval, ...]) -> dict[str, Any]:
    return {
        "version": heatdesk.__version__,
        "symbol": wanted.symbol,
        "exchanges": [h.exchange for h in histories],
        "timeframe": wanted.timeframe,
        "params": dataclasses.asdict(wanted.params),
        "tiers_shown": wanted.tiers and list(wanted.tiers),
        "data_start_ms": min(int(h.series.time_ms[0]) for h in histories),
        "data_end_ms": max(int(h.series.time_ms[-1]) + h.series.step_ms for h in histories),
        "replayed_step_ms": {h.exchange: h.series.step_ms for h in histories},
        "brackets": {
            h.exchange: {"as_of": table.as_of, "known": table.known}
            for h in histories
            for table in [bracket_table(h.exchange, wanted.symbol)]
        },
        "gaps": [list(gap) for gap in holes],
        "uncalibrated": True,
        "unit": "USD per bin standing at the column's end",
    }
