"""What the map by age and the explanation of a cell cost, on 30 days of 5m with a month of history before them."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatdesk.engine import Engine, Question
from heatdesk.history.instrument import History
from heatdesk.market import COLUMNS, DAY_MS, MINUTE_MS, Kind, Records, SeriesKey
from heatdesk.model.age_windows import AgeChoice
from heatdesk.model.book import Book, Frame
from heatdesk.model.params import ModelParams
from heatdesk.model.tiers import build_tiers
from heatdesk.reading.explain import Cell
from heatdesk.replay.by_age import by_age
from heatdesk.store.memory import MemoryStore
from tests.bench.kernel import candles
from tests.bench.reading import SYMBOL, milliseconds

MOST_AGES_MS = 300.0
MOST_EXPLAIN_MS = 100.0
_DAYS = 30


def rows() -> list[dict[str, Any]]:
    """Splitting a replayed map into five windows of age, and recomputing its strongest cell from its cohorts."""
    series = candles(_DAYS * 288, 5 * MINUTE_MS)
    store = MemoryStore()
    columns = {name: getattr(series, name) for name in COLUMNS[Kind.CANDLES]}
    records = Records(Kind.CANDLES, series.time_ms, columns)
    store.append(SeriesKey("binance", SYMBOL, Kind.CANDLES, "5m"), records)
    engine, question = Engine(store), Question(SYMBOL, ("binance",), lookback_ms=_DAYS * DAY_MS)
    snapshot = engine.ask(question)
    heatmap = snapshot.heatmap
    row = int(heatmap.notional_long[:, -1].argmax())
    cell = Cell.of(heatmap, row, heatmap.shape[1] - 1)
    params = ModelParams()
    tiers = build_tiers("binance", SYMBOL, params)
    book = Book.empty(series, tiers, params)
    frame = Frame(
        slice(0, book.grid.rows),
        int(heatmap.times_ms[0]),
        heatmap.step_ms,
        heatmap.shape[1],
        np.ones(22, bool),
    )
    whole = book.advance(series, frame)
    newest = np.zeros((2, 22, book.grid.rows), np.float32)
    history = History("binance", records, series, (), SYMBOL)

    def split() -> None:
        by_age([history], [tiers], params, book.grid, [frame], whole, [newest], AgeChoice())

    measured = (
        ("five windows of age of 30 days of 5m", milliseconds(split), MOST_AGES_MS),
        (
            "explain a cell of 30 days of 5m",
            milliseconds(lambda: engine.explain(question, cell)),
            MOST_EXPLAIN_MS,
        ),
    )
    return [
        {"name": name, "value": value, "unit": "ms", "target": most, "ok": value <= most}
        for name, value, most in measured
    ]
