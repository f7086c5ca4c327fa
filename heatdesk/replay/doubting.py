"""How sure a map is: the members of an ensemble replayed beside it, in the background."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from heatdesk.history.instrument import History
from heatdesk.history.recorded import RecordedHours
from heatdesk.market import DAY_MS, Floats, Times
from heatdesk.model.grid import PriceGrid
from heatdesk.model.heatmap import Heatmap
from heatdesk.model.params import ModelParams
from heatdesk.reading.band import Band
from heatdesk.reading.clusters import DENSE, SMOOTHING, SURROUNDINGS, Cluster
from heatdesk.replay.learned import PSEUDO_EVENTS, Lesson, bars_of, spanned
from heatdesk.score.bands import Band as Residual
from heatdesk.score.bands import fit_band

if TYPE_CHECKING:
    from heatdesk.model.book import Columns
    from heatdesk.model.ensemble import Doubt
    from heatdesk.model.posterior import Posterior
    from heatdesk.model.tiers import Tiers

REPLAYED_MS: Final = 45 * DAY_MS  # before the view: older positions are few, and the same in all members
RECORDED_HOURS: Final = 60 * 24  # that a member learns from
COLUMNS: Final = 240  # of the agreement
LEAST_CELLS: Final = 96  # of recorded hours and sides, from which on their errors widen the bands


class StoppedError(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What the ensemble says about one map.

    `residual` is how far off single hours of each size were, None where nothing was recorded; `calibrated` says whether
    the USD were held against this market's own liquidations.
    """

    doubt: Doubt
    residual: Residual | None
    calibrated: bool

    def band(self, low: float, high: float, side: str, usd: float) -> tuple[float, float]:
        """P10 and P90 of the USD between two prices, about the map's own `usd`.

        The members' spread and that of recorded hours around their expectation add up as independent factors do.
        """
        drawn = self.doubt.usd(low, high, side)
        if usd <= 0 or not len(drawn) or drawn.max() <= 0:
            return 0.0, usd
        # what np.quantile does, without its checks: dozens of clusters ask with every answer of a live market
        last = len(drawn) - 1
        tenths = np.interp((0.1 * last, 0.9 * last), np.arange(len(drawn)), np.sort(drawn))
        below, above = (float(usd_of) / usd for usd_of in tenths)
        below, above = min(below, 1.0), max(above, 1.0)
        if self.residual is not None:
            off = self.residual.around(np.array([usd]))
            below = _joined(below, min(float(off[0][0]) / usd, 1.0), -1.0)
            above = _joined(above, max(float(off[1][0]) / usd, 1.0), 1.0)
        return below * usd, above * usd

    def known_of(self, clusters: Sequence[Cluster]) -> tuple[Cluster, ...]:
        """The clusters with their bands."""
        return tuple(
            replace(
                c,
                band=Band(
                    *self.band(c.low, c.high, c.side, c.usd),
                    self.doubt.agreed(c.low, c.high),
                    self.calibrated,
                ),
            )
            for c in clusters
        )


def _joined(a: float, b: float, sign: float) -> float:
    if a <= 0 or b <= 0:
        return 0.0
    return math.exp(sign * math.hypot(math.log(a), math.log(b)))


def doubt_of(
    heatmap: Heatmap,
    histories: Sequence[History],
    lessons: Sequence[Lesson | None],
    recorded: Sequence[RecordedHours | None],
    params: ModelParams,
    stopped: Callable[[], bool] = lambda: False,
) -> Uncertainty:
    """Replay the ensemble over a map's rows and range.

    `recorded` are the hours each lesson was learned from, None where it is another market's or there is none. Raises
    StoppedError between two members once `stopped` says so.
    """
    from heatdesk.model.ensemble import DRAWS, Agreement, Doubt, cumulative, dense_rows, members

    view = _View.of(heatmap)
    newest: list[Floats] = []
    votes = np.zeros((len(view.times_ms), view.grid.rows), np.float32)
    models = members(params)
    for number, model in enumerate(models):
        total = np.zeros((DRAWS, 2, view.grid.rows))
        columns = np.zeros((2, len(view.times_ms), view.grid.rows), np.float32)
        for history, lesson, hours in zip(histories, lessons, recorded, strict=True):
            if stopped():
                raise StoppedError
            own, drawn = _member(view, history, lesson, hours, model, DRAWS, number)
            total += drawn
            columns += own
        newest.append(total)
        votes += np.any([dense_rows(side, *view.dense) for side in columns], axis=0)
    doubt = Doubt(
        heatmap.prices,
        cumulative(np.concatenate(newest).astype(np.float32)),
        Agreement(votes / np.float32(len(models)), heatmap.prices, view.times_ms, view.step_ms),
    )
    return Uncertainty(
        doubt,
        _residual(histories, lessons, recorded, params),
        all(lesson is not None and lesson.own for lesson in lessons),
    )


@dataclass(frozen=True, slots=True)
class _View:
    """Rows and coarse columns of a map; `wanted` says which tiers it shows."""

    grid: PriceGrid
    start_ms: int
    step_ms: int
    times_ms: Times
    wanted: tuple[float, ...] | None

    @property
    def dense(self) -> tuple[int, int, float]:
        """What makes a row dense: rows near it, rows around it, and how far it stands out, as for clusters."""
        return (
            max(1, round(SMOOTHING / self.grid.width / 2)),
            max(2, round(SURROUNDINGS / self.grid.width)),
            DENSE,
        )

    @staticmethod
    def of(heatmap: Heatmap) -> _View:
        start, end = int(heatmap.times_ms[0]), int(heatmap.times_ms[-1]) + heatmap.step_ms
        step_ms = -(-heatmap.shape[1] // COLUMNS) * heatmap.step_ms
        n = -(-(end - start) // step_ms)
        # the last column ends with the map
        start = end - n * step_ms
        shown = heatmap.meta.get("tiers_shown")
        return _View(
            PriceGrid.covering(
                float(heatmap.prices[0]) * (1 + 1e-9), float(heatmap.prices[-1]) * (1 - 1e-9), heatmap.bin_bps
            ),
            start,
            step_ms,
            start + np.arange(n, dtype=np.int64) * step_ms,
            None if shown is None else tuple(shown),
        )


def _member(
    view: _View,
    history: History,
    lesson: Lesson | None,
    hours: RecordedHours | None,
    params: ModelParams,
    draws: int,
    number: int,
) -> tuple[Columns, Floats]:
    """One member's coarse columns (2, n_times, n_prices), and draws of its newest column (draws, 2, n_prices)."""
    from heatdesk.model.book import Book, Frame
    from heatdesk.model.ensemble import drawn_weights
    from heatdesk.model.ensemble import levels as drawn_levels
    from heatdesk.model.tiers import build_tiers, chosen

    series = history.series
    series = series.between(int(np.searchsorted(series.time_ms, view.start_ms - REPLAYED_MS)), len(series))
    tiers = build_tiers(history.exchange, history.symbol, params)
    posterior, scale, spread = _known(view, history, lesson, hours, params, tiers)
    weight = drawn_weights(posterior, draws, seed=number)
    born = np.where(tiers.weight > 0, tiers.weight, np.inf)
    shares = weight / born * (scale * drawn_levels(draws, spread, seed=100 + number))[:, None]
    wanted = chosen(tiers.leverage, view.wanted)
    book = Book.empty(series, tiers, params, within=view.grid)
    rows = slice(view.grid.first - book.grid.first, view.grid.first - book.grid.first + view.grid.rows)
    frame = Frame(rows, view.start_ms, view.step_ms, len(view.times_ms), wanted)
    share = np.repeat(shares[:1], len(view.times_ms), axis=0)
    columns = np.stack(book.advance(series, replace(frame, share=share)))
    standing = np.stack([book.long.levels(mirrored=False), book.short.levels(mirrored=True)])[:, :, rows]
    usd = np.einsum("dt,str->dsr", shares * wanted, standing, optimize=True) * view.grid.centres()
    return columns, usd


def _known(
    view: _View,
    history: History,
    lesson: Lesson | None,
    hours: RecordedHours | None,
    params: ModelParams,
    tiers: Tiers,
) -> tuple[Posterior, float, float]:
    """What a member knows of the weights, the scale of today, and the spread of the level in ln."""
    from heatdesk.model.ensemble import COVERAGE_LN, HANDED_ON_LN, UNCALIBRATED_LN
    from heatdesk.model.posterior import Posterior, Prior, posterior_at

    events = np.full(len(tiers.weight), PSEUDO_EVENTS)
    if lesson is not None and hours is not None and len(lesson.learned):
        learned = lesson.learned
        recent = RecordedHours(
            hours.series,
            hours.start_ms[-RECORDED_HOURS:],
            hours.usd[-RECORDED_HOURS:],
            hours.coverage[-RECORDED_HOURS:],
        )
        bars = bars_of(spanned(history.series, recent), recent, history.exchange, history.symbol, params)
        posterior = posterior_at(
            bars, Prior(tiers.weight, events), int(bars.end_ms[-1]), float(learned.dispersion[-1])
        )
        return posterior, float(learned.scale[-1]), COVERAGE_LN
    if lesson is not None and len(lesson.learned):
        weight = np.where(tiers.weight > 0, lesson.learned.weight[-1], 0.0)
        events = np.minimum(lesson.learned.shape[-1], 3.0 * PSEUDO_EVENTS)
        return _alone(Posterior, weight, events), 1.0, HANDED_ON_LN
    return _alone(Posterior, tiers.weight, events), 1.0, UNCALIBRATED_LN


def _alone(kind: type[Posterior], weight: Floats, events: Floats) -> Posterior:
    """Independent tiers, with a background of nothing."""
    own = np.append(events, PSEUDO_EVENTS)
    return kind(np.append(weight, 0.0), np.diag(own), own)


def _residual(
    histories: Sequence[History],
    lessons: Sequence[Lesson | None],
    recorded: Sequence[RecordedHours | None],
    params: ModelParams,
) -> Residual | None:
    """How far recorded hours were from what was expected of them, by their size; of the first that is calibrated."""
    from heatdesk.model.learning import expected_usd

    for history, lesson, hours in zip(histories, lessons, recorded, strict=True):
        if lesson is None or hours is None:
            continue
        bars = bars_of(spanned(history.series, hours), hours, history.exchange, lesson.symbol, params)
        expected = expected_usd(bars, lesson.learned)
        known = np.isfinite(expected[:, 0]) & (bars.coverage > 0)
        if known.sum() * 2 >= LEAST_CELLS:
            mean = float(expected[known].mean())
            return fit_band(bars.observed[known].ravel(), expected[known].ravel(), mean, hourly=True)
    return None
