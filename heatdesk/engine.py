"""Joins store and model: a question in, a frozen snapshot out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from heatdesk.errors import BadInputError
from heatdesk.events import Market
from heatdesk.history.companions import Companions, read_companions
from heatdesk.history.histories import Together, read_together
from heatdesk.history.instrument import History, read_history
from heatdesk.history.positions import Positions, read_positions
from heatdesk.history.printed import PrintedLiquidations, read_printed
from heatdesk.history.rereading import Rereader
from heatdesk.live import Hole, Live
from heatdesk.market import Interval, Records, timeframe_ms
from heatdesk.model.age_windows import AgeChoice
from heatdesk.model.heatmap import Heatmap
from heatdesk.model.params import ModelParams
from heatdesk.model.resample import resample
from heatdesk.moments import utc_text
from heatdesk.reading.clusters import Cluster, find_clusters
from heatdesk.reading.explain import Cell, Explanation
from heatdesk.reading.exposure import Exposure, find_exposure
from heatdesk.reading.frame import NO_FRAME, SessionFrame, find_frame
from heatdesk.reading.reach import Reach
from heatdesk.reading.rules import ReadingRules
from heatdesk.reading.touch import ReachMemo, with_touch
from heatdesk.reading.truth import Comparison
from heatdesk.reading.volatility import hourly_atr
from heatdesk.replay.doubting import Uncertainty, doubt_of
from heatdesk.replay.drawn import MOST_BYTES, DrawnMemo
from heatdesk.replay.explaining import explain
from heatdesk.replay.growth import Growth
from heatdesk.replay.learned import Lesson, Lessons
from heatdesk.replay.map_notes import (
    Join,
    holes,
    holes_by_state,
    joins,
    notes_on_history,
    notes_on_size,
    notes_on_weights,
    thin_stretches,
)
from heatdesk.replay.maps import Wanted, replay
from heatdesk.store.base import SeriesInfo, Store

MAX_COLUMNS = 400_000


@dataclass(frozen=True, slots=True)
class Question:
    """What a chart wants to see; hashable, so that a late answer to an older question can be dropped.

    `start_ms`/`end_ms` bound the columns shown (the replay always starts at the first stored candle); where
    `end_ms` is None it is the end of the last stored candle, where `start_ms` is None it is `lookback_ms` before.
    `price_min`/`price_max` bound the rows, None = all that the candles shown and their levels reach. `rules` say what
    is read from the map. `simulated` asks the simulated market instead of the stored history. `ages` draws some
    windows of age and says how old each cell is, None draws all alike. `companions` and `liquidations` also read what
    stands under the map and which liquidations were real.
    """

    symbol: str
    exchanges: tuple[str, ...]
    timeframe: str = "5m"
    lookback_ms: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    price_min: float | None = None
    price_max: float | None = None
    tiers: tuple[float, ...] | None = None
    params: ModelParams = field(default_factory=ModelParams)
    rules: ReadingRules = field(default_factory=ReadingRules)
    simulated: bool = False
    ages: AgeChoice | None = None
    companions: bool = False
    liquidations: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one frame of the window shows. Arrays are read-only; `candles` are at the question's timeframe.

    `hourly_atr` is a fraction of the price; `thin` are stretches of too little open interest to rely on the map.
    `truth` is there only where it is known: in the simulated market. `reach` is what price may touch from the end on,
    `positions` are real ones of the same coin, as far as they were known. `markets` are the instruments that make up
    the map, one of each exchange; `joins` are where one of them begins inside the view. `holes` are the gaps again,
    each with its exchange and its state: open (being filled), exchange has none, or missing.
    """

    question: Question
    candles: Records
    heatmap: Heatmap
    clusters: tuple[Cluster, ...]
    gaps: tuple[Interval, ...] = ()
    notes: tuple[str, ...] = ()
    frame: SessionFrame = NO_FRAME
    exposure: Exposure | None = None
    hourly_atr: float = 0.0
    truth: Comparison | None = None
    thin: tuple[Interval, ...] = ()
    lessons: tuple[Lesson | None, ...] = ()
    reach: Reach | None = None
    positions: Positions | None = None
    markets: tuple[Market, ...] = ()
    joins: tuple[Join, ...] = ()
    holes: tuple[Hole, ...] = ()
    companions: Companions | None = None
    liquidations: PrintedLiquidations | None = None


Early = Callable[[Snapshot], object]


def _go_on() -> None:
    """Nobody waits."""


class Engine:
    """Answers questions from a store. What it remembers changes no answer: one engine may serve many threads.

    `remembered_bytes` bounds the columns kept of exchanges that may be switched on again; 0 keeps none. `breathe` is
    called between two steps of an answer about now: who answers beside windows lets them paint there.
    """

    def __init__(
        self, store: Store, remembered_bytes: int = MOST_BYTES, breathe: Callable[[], object] = _go_on
    ) -> None:
        self._breathe = breathe
        self._reread = Rereader(store)
        self._lessons = Lessons(self._reread)
        self._reaches = ReachMemo()
        self._drawn = DrawnMemo(remembered_bytes)
        self._growth = Growth()
        self._live: Live | None = None

    def set_live(self, live: Live | None) -> None:
        """What the feeds tell now: questions up to now are answered with the candles that are forming."""
        self._live = live

    def catalogue(self) -> tuple[SeriesInfo, ...]:
        """What is stored."""
        return self._reread.look()

    def ask(self, question: Question, early: Early | None = None) -> Snapshot:
        """Replay the stored history and draw what was asked.

        `early` gets the candles, without a map, before the replay. Raises BadInputError for an unknown symbol or
        exchange or an empty range. An exchange of which nothing is stored yet is left out, and a note says so.
        """
        live = self._live if question.end_ms is None else None
        breathe = _go_on if live is None else self._breathe
        together = self._read(question, question.end_ms, live)
        breathe()
        histories, step_ms = together.histories, timeframe_ms(question.timeframe)
        start_ms, end_ms = _columns_asked(question, histories, step_ms)
        candles = resample(_between(histories[0].candles, start_ms, end_ms), step_ms)
        if not len(candles):
            first, last = histories[0].series.time_ms[[0, -1]]
            raise BadInputError(
                f"Nothing of {question.symbol} is stored between {utc_text(start_ms)} and {utc_text(end_ms)}; "
                f"ask for a range between {utc_text(int(first))} and {utc_text(int(last))}."
            )
        missing = holes(histories, start_ms, end_ms)
        wanted = Wanted(
            question.symbol,
            question.timeframe,
            start_ms,
            end_ms,
            question.params,
            tiers=question.tiers,
            price_min=question.price_min,
            price_max=question.price_max,
            ages=question.ages,
        )
        if early is not None:
            early(Snapshot(question, candles, _no_map(wanted), (), missing))
        lessons = self._lessons_of(question, histories)
        breathe()
        growth = None if live is None else self._growth
        heatmap = replay(histories, candles, wanted, missing, lessons, self._drawn, growth)
        breathe()
        rules, atr = question.rules, hourly_atr(candles, step_ms)
        least_usd = rules.reliability.least_open_interest_usd
        thin = thin_stretches(histories, start_ms, end_ms, least_usd)
        notes = (
            *together.notes(question.symbol),
            *notes_on_history(histories, start_ms),
            *notes_on_weights(question.params.weights, histories, lessons),
            *notes_on_size(thin, least_usd, end_ms - start_ms),
        )
        clusters = find_clusters(heatmap, float(candles["close"][-1]), candles, rules.clusters)
        breathe()
        closed = histories[0].closed
        reach = self._reaches.of(closed.candles, closed.series.step_ms, rules.reach.hours)
        clusters = with_touch(clusters, reach, rules.reach.hours)
        breathe()
        exposure = find_exposure(heatmap, candles, rules.exposure)
        breathe()
        return Snapshot(
            question,
            candles,
            heatmap,
            clusters,
            missing,
            notes,
            find_frame(clusters, atr, rules.frame),
            exposure,
            atr,
            thin=thin,
            lessons=lessons,
            reach=reach,
            positions=read_positions(self._reread, question.symbol, question.end_ms),
            markets=(markets := tuple(Market(h.exchange, h.symbol) for h in histories)),
            joins=joins(histories, start_ms, end_ms),
            holes=holes_by_state(histories, () if live is None else live.holes, start_ms, end_ms),
            companions=self._companions(question, histories, heatmap, live),
            liquidations=read_printed(self._reread, markets, start_ms, end_ms)
            if question.liquidations
            else None,
        )

    def _companions(
        self, question: Question, histories: Sequence[History], heatmap: Heatmap, live: Live | None
    ) -> Companions | None:
        """What stands under the map, where the question asks for it."""
        if not question.companions:
            return None
        symbol = question.symbol
        return read_companions(self._reread, symbol, histories, heatmap.times_ms, heatmap.step_ms, live)

    def _read(self, question: Question, end_ms: int | None, live: Live | None = None) -> Together:
        """The histories of a question up to a moment, None for now; what is new of those up to now."""
        self._reread.look()
        exchanges, step_ms = _asked_exchanges(question), timeframe_ms(question.timeframe)
        return read_together(self._reread, question.symbol, exchanges, step_ms, end_ms, live)

    def _lessons_of(self, question: Question, histories: Sequence[History]) -> tuple[Lesson | None, ...]:
        """What recorded liquidations taught about each history, None where nothing did or the prior is asked for."""
        if question.params.weights == "prior":
            return (None,) * len(histories)
        return tuple(
            self._lessons.of(history.symbol, history.closed, question.params, question.end_ms)
            for history in histories
        )

    def doubt(self, snapshot: Snapshot, stopped: Callable[[], bool]) -> Uncertainty | None:
        """How sure a map is; None where it shows only some ages, or nothing. Takes seconds: ask beside the map.

        Raises StoppedError soon after `stopped` says so.
        """
        question, heatmap = snapshot.question, snapshot.heatmap
        if question.ages is not None or 0 in heatmap.shape:
            return None
        step_ms = timeframe_ms(question.timeframe)
        end_ms = int(heatmap.times_ms[-1]) + step_ms
        self._reread.look()
        histories = [
            read_history(self._reread, market.symbol, market.exchange, step_ms, end_ms)
            for market in snapshot.markets
        ]
        lessons = self._lessons_of(question, histories)
        recorded = [None if lesson is None else self._lessons.evidence(lesson, end_ms) for lesson in lessons]
        return doubt_of(heatmap, histories, lessons, recorded, question.params, stopped)

    def explain(self, question: Question, cell: Cell) -> Explanation:
        """The parts of one cell of the question's map, of both sides: what is left of them adds up to the cell.

        Raises BadInputError as `ask` does.
        """
        live = self._live if question.end_ms is None else None
        histories = self._read(question, cell.known_ms if live is None else None, live).histories
        column, in_hindsight = np.array([cell.time_ms]), question.params.weights == "hindsight"
        if in_hindsight:  # the weights come from after the cell
            latest = self._read(question, question.end_ms).histories
        shares = [
            None if lesson is None else lesson.learned.shares(column, in_hindsight)[0]
            for lesson in self._lessons_of(question, latest if in_hindsight else histories)
        ]
        return explain(
            histories, question.symbol, question.params, cell, question.tiers, question.ages, shares
        )


def _no_map(wanted: Wanted) -> Heatmap:
    """The columns of a map that is not made yet, without any rows."""
    step_ms = timeframe_ms(wanted.timeframe)
    times = np.arange(wanted.start_ms, wanted.end_ms, step_ms, dtype=np.int64)
    return Heatmap.empty(times, step_ms, wanted.params.bin_bps)


def _asked_exchanges(question: Question) -> tuple[str, ...]:
    if not question.exchanges:
        raise BadInputError("No exchange is chosen; name at least one with --exchange.")
    return tuple(dict.fromkeys(question.exchanges))


def _columns_asked(question: Question, histories: Sequence[History], step_ms: int) -> tuple[int, int]:
    """Start of the first and end of the last column, both on the timeframe's own marks."""
    last = max(int(h.series.time_ms[-1]) + h.series.step_ms for h in histories)
    first = min(int(h.series.time_ms[0]) for h in histories)
    end = last if question.end_ms is None else question.end_ms
    if question.start_ms is not None:
        start = question.start_ms
    elif question.lookback_ms is not None:
        start = end - question.lookback_ms
    else:
        start = first
    # columns of nothing before the first candle would be an empty stretch of chart
    start = max(start, first)
    if start >= end:
        raise BadInputError(
            f"The range from {utc_text(start)} to {utc_text(end)} is empty; give a start before the end "
            f"(stored: {utc_text(first)} to {utc_text(last)})."
        )
    start, end = start // step_ms * step_ms, -(-end // step_ms) * step_ms
    if (end - start) // step_ms > MAX_COLUMNS:
        raise BadInputError(
            f"That range has {(end - start) // step_ms:,} columns; choose a longer timeframe or a shorter range."
        )
    return start, end


def _between(records: Records, start_ms: int, end_ms: int) -> Records:
    a, b = np.searchsorted(records.time_ms, (start_ms, end_ms))
    return records.take(slice(int(a), int(b)))
