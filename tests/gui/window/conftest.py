"""A stored market of two symbols, and what the engine really answers about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QFont

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.market import DAY_MS, Kind, SeriesKey
from heatdesk.store.sqlite import SqliteStore

from .market import BTC, ETH, candles


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of BTC on two exchanges and of ETH on one."""
    folder = tmp_path_factory.mktemp("history")
    with SqliteStore(folder) as store:
        for exchange, symbol, price, seed in (
            ("binance", BTC, 60_000.0, 1),
            ("bybit", BTC, 60_010.0, 2),
            ("binance", ETH, 2_500.0, 3),
        ):
            store.append(SeriesKey(exchange, symbol, Kind.CANDLES, "5m"), candles(10, price, seed))
    return folder


@pytest.fixture(scope="session")
def engine(history: Path) -> Engine:
    return Engine(SqliteStore(history, read_only=True))


@pytest.fixture(scope="session")
def snapshot(engine: Engine) -> Snapshot:
    """Two days of BTC on binance."""
    return engine.ask(Question(BTC, ("binance",), "5m", lookback_ms=2 * DAY_MS))


@pytest.fixture(scope="session")
def other_snapshot(engine: Engine) -> Snapshot:
    """Two days of ETH on binance."""
    return engine.ask(Question(ETH, ("binance",), "15m", lookback_ms=2 * DAY_MS))


@pytest.fixture
def plain_font(qapp: object) -> Iterator[None]:
    """The same letters on every machine that has them."""
    from PySide6.QtWidgets import QApplication

    before = QApplication.font()
    QApplication.setFont(QFont("DejaVu Sans"))
    yield
    QApplication.setFont(before)
