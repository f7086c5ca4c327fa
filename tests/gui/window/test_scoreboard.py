"""From the key to the scorecard and back: computed in the background from the user's own history, and stopped."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from heatdesk.gui.errands import Errands
from heatdesk.gui.scoreboard import Scoreboard
from heatdesk.gui.window import Window
from heatdesk.store.user import user_history
from tests.score.markets import EXCHANGE, SYMBOL, model_market


@pytest.fixture
def stored(home: Path) -> Any:
    market = model_market(12)
    with user_history(read_only=False) as store:
        for info in market.list():
            store.append(info.key, market.read(info.key).records)
        return store.list()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread instead of processes: this is about the window."""

    @contextmanager
    def threads(*args: object, **kwargs: object) -> Iterator[ThreadPoolExecutor]:
        with ThreadPoolExecutor(1) as executor:
            yield executor
            executor.shutdown(wait=True, cancel_futures=True)

    monkeypatch.setattr("heatdesk.score.executor.workers", threads)


@pytest.fixture
def board(qtbot, stored, here) -> Iterator[Scoreboard]:
    parent = QWidget()
    qtbot.addWidget(parent)
    errands = Errands(parent)
    made = Scoreboard(errands, parent)
    made.show_catalogue(stored)
    yield made
    errands.stop()
    assert errands.finish(60)


def test_from_the_button_to_the_scorecard(board: Scoreboard, qtbot) -> None:
    board.open()
    dialog = board._dialog
    assert dialog is not None
    assert dialog.choice.market.currentText() == f"{SYMBOL} on {EXCHANGE}"
    dialog.choice.start.setText("2025-12-06")
    dialog.choice.end.setText("2025-12-13")
    dialog.go.click()
    assert dialog.go.text() == "Stop"
    qtbot.waitUntil(dialog.headline.isVisible, timeout=200_000)
    assert dialog.headline.text().startswith("Explains")
    assert "n = 336 bars and sides on 7 days" in dialog.view.basis.text()
    assert dialog.go.text() == "Score"


def test_too_little_is_said_in_the_dialog(board: Scoreboard, qtbot) -> None:
    board.open()
    dialog = board._dialog
    assert dialog is not None
    dialog.choice.start.setText("2025-12-06")
    dialog.choice.end.setText("2025-12-08")
    dialog.go.click()
    qtbot.waitUntil(lambda: bool(dialog.complaint.text()), timeout=30_000)
    assert dialog.complaint.text().startswith("Not enough data")
    assert not dialog.headline.isVisible()


def test_stopping_brings_the_button_back_at_once(board: Scoreboard, qtbot) -> None:
    board.open()
    dialog = board._dialog
    assert dialog is not None
    dialog.go.click()
    dialog.go.click()
    assert dialog.go.text() == "Score"
    assert not dialog.progress.isVisible()


def test_the_simulated_market_is_not_scored(board: Scoreboard, snapshot) -> None:
    from dataclasses import replace

    board.show_snapshot(replace(snapshot, question=replace(snapshot.question, simulated=True)))
    board.open()
    assert board._dialog is not None
    assert not board._dialog.go.isEnabled()


def test_the_window_opens_it_by_its_key(window: Window, qtbot) -> None:
    window.show()
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    dialog = window.scoreboard._dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert not dialog.go.isEnabled()  # candles alone are nothing to hold a map against
    dialog.close()
