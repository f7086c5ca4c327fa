"""A real month to draw."""

from __future__ import annotations

from pathlib import Path

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.feed.archive import read_file
from heatdesk.market import DAY_MS
from heatdesk.store.base import SeriesKey
from heatdesk.store.sqlite import SqliteStore


def real_month(shared: Path, store_at: Path) -> Snapshot:
    """A month of BTC in candles of five minutes, to 8 February 2026; kept in a store at `store_at` meanwhile."""
    symbol = "BTC/USDT:USDT"
    store = SqliteStore(store_at)
    for series in read_file(shared / "data/binance/BTCUSDT_5m_oi.csv.gz", symbol):
        store.append(SeriesKey("binance", symbol, series.kind, "5m"), series.records)
    question = Question(symbol, ("binance",), "5m", lookback_ms=30 * DAY_MS, end_ms=1_770_508_800_000)
    snapshot = Engine(store).ask(question)
    store.close()
    return snapshot
