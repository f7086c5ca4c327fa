"""A stored market of two symbols, and what the engine really answers about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QFont

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.gui.bridge import Bridge
from heatdesk.gui.choices import first_question
from heatdesk.gui.view import View
from heatdesk.gui.window import Window
from heatdesk.market import DAY_MS, Kind, SeriesKey
from heatdesk.store.sqlite import SqliteStore

from .market import BTC, ETH, candles

_VIEW = View()


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


@pytest.fixture
def make(qtbot: Any) -> Iterator[Any]:
    """Opens windows over an engine; their workers end with the test."""
    bridges: list[Bridge] = []

    def window(
        engine: Any, symbol: str | None = BTC, exchanges: tuple[str, ...] = ("binance",), view: View = _VIEW
    ) -> Window:
        bridge = Bridge(lambda: engine, lambda catalogue: first_question(catalogue, symbol, exchanges))
        bridges.append(bridge)
        bridge.start()
        made = Window(bridge, view)
        qtbot.addWidget(made)
        made.show()
        qtbot.waitExposed(made)
        made.activateWindow()
        return made

    yield window
    for bridge in bridges:
        bridge.stop()


@pytest.fixture
def window(qtbot: Any, make: Any, engine: Engine) -> Window:
    """A window that shows its first map."""
    made = make(engine)
    qtbot.waitUntil(lambda: made._snapshot is not None, timeout=20_000)
    qtbot.waitUntil(made.isActiveWindow)
    return made
