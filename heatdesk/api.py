"""heatdesk from a script: maps as NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence

from heatdesk import told_brackets
from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.model.params import ModelParams
from heatdesk.moments import span_ms, utc_ms
from heatdesk.store.user import user_history


def snapshot(
    symbol: str,
    exchange: str | Sequence[str],
    *,
    timeframe: str = "5m",
    start: str | None = None,
    end: str | None = None,
    lookback: str | None = None,
    tiers: Sequence[float] | None = None,
    params: ModelParams | None = None,
) -> Snapshot:
    """Candles, heatmap and clusters of the stored history, as `heatdesk map` shows them.

    `start` and `end` are UTC times as ``2026-02-08`` (half-open), `lookback` a span as ``30d`` before the end. The
    result's ``heatmap.notional_long`` and ``notional_short`` are float32 (n_prices, n_times) in USD per bin,
    ``heatmap.prices`` the bin edges, ``heatmap.times_ms`` the column starts.

    Raises BadInputError for what is not stored or cannot be read as a time.
    """
    question = Question(
        symbol=symbol,
        exchanges=(exchange,) if isinstance(exchange, str) else tuple(exchange),
        timeframe=timeframe,
        lookback_ms=None if lookback is None else span_ms(lookback),
        start_ms=None if start is None else utc_ms(start),
        end_ms=None if end is None else utc_ms(end),
        tiers=None if tiers is None else tuple(float(t) for t in tiers),
        params=params or ModelParams(),
    )
    told_brackets.load()
    return Engine(user_history(read_only=True)).ask(question)
