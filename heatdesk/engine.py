"""Joins store and model: a question in, a frozen snapshot out."""

from __future__ import annotations

from dataclasses import dataclass, field

from heatdesk.market import Interval, Records
from heatdesk.model.heatmap import Heatmap
from heatdesk.model.params import ModelParams
from heatdesk.reading.clusters import Cluster


@dataclass(frozen=True, slots=True)
class Question:
    """What a chart wants to see; hashable, so that a late answer to an older question can be dropped.

    `start_ms`/`end_ms` bound the columns shown (the replay always starts at the first stored candle);
    `price_min`/`price_max` bound the rows, None = all that the candles shown and their levels reach.
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


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one frame of the window shows. Arrays are read-only; `candles` are at the question's timeframe."""

    question: Question
    candles: Records
    heatmap: Heatmap
    clusters: tuple[Cluster, ...]
    gaps: tuple[Interval, ...] = ()
    notes: tuple[str, ...] = ()
