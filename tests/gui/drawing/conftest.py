"""What the drawing is tried on that is not made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.feed.archive import read_file
from heatdesk.market import DAY_MS
from heatdesk.store.base import SeriesKey
from heatdesk.store.sqlite import SqliteStore


@pytest.fixture(scope="session")
def real_month(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A month of BTC in candles of five minutes, to 8 February 2026."""
    symbol = "BTC/USDT:USDT"
    store = SqliteStore(tmp_path_factory.mktemp("real"))
    for series in read_file(shared / "data/binance/BTCUSDT_5m_oi.csv.gz", symbol):
        store.append(SeriesKey("binance", symbol, series.kind, "5m"), series.records)
    question = Question(symbol, ("binance",), "5m", lookback_ms=30 * DAY_MS, end_ms=1_770_508_800_000)
    snapshot = Engine(store).ask(question)
    store.close()
    return snapshot
