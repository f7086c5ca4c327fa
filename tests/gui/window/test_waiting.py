"""While a question is being answered the old picture stays; of many questions only the last one's answer is shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.gui.desk import ChartDesk
from heatdesk.gui.window import Window
from heatdesk.market import DAY_MS


class Held:
    """The engine, whose answers wait from `hold` on until they are let go; notes on which threads it works."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.catalogue, self.explain = engine.catalogue, engine.explain
        self.free = threading.Event()
        self.free.set()
        self.asked: list[Question] = []
        self.threads: set[threading.Thread] = set()

    def ask(self, question: Question, early: Any = None) -> Snapshot:
        self.asked.append(question)
        self.threads.add(threading.current_thread())
        assert self.free.wait(60)
        return self.engine.ask(question, early)


@pytest.fixture
def held(engine: Engine) -> Iterator[Held]:
    held = Held(engine)
    yield held
    held.free.set()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """The questions whose answers were shown, in their order."""
    seen: list[Question] = []
    show = ChartDesk.show_map

    def noted(desk: ChartDesk, snapshot: Snapshot) -> None:
        seen.append(snapshot.question)
        show(desk, snapshot)

    monkeypatch.setattr(ChartDesk, "show_map", noted)
    return seen


@pytest.fixture
def window(qtbot: Any, make: Any, held: Held, shown: list[Question]) -> Window:
    """A window that shows its first map, and waits for any other."""
    made = make(held)
    qtbot.waitUntil(lambda: made.snapshot is not None, timeout=20_000)
    held.free.clear()
    held.asked.clear()
    shown.clear()
    return made


def ten_questions(window: Window) -> list[Question]:
    """What the top bar asks when a person presses ten of its buttons."""
    first = window.question
    days = [replace(first, lookback_ms=n * DAY_MS) for n in (1, 3, 4, 5)]
    rows = [replace(first, params=replace(first.params, bin_bps=bps)) for bps in (5.0, 20.0, 50.0)]
    frames = [replace(first, timeframe=name) for name in ("15m", "1h")]
    return [*days, *rows, *frames, replace(first, params=replace(first.params, estimator="volume"))]


def test_of_ten_questions_the_last_is_answered_and_until_then_the_old_picture_stays(
    qtbot: Any, window: Window, held: Held, shown: list[Question]
):
    before = window.snapshot
    questions = ten_questions(window)
    for question in questions:
        window.ask(question)
        qtbot.wait(5)
        assert window.snapshot is before
        assert window.desk.chart.heatmap_item._heatmap is before.heatmap
        assert window.middle.desk.isVisible()
        assert window.question == question, "what is asked is what the controls go by"
    held.free.set()
    qtbot.waitUntil(lambda: bool(shown), timeout=60_000)
    qtbot.waitUntil(lambda: window._bridge.is_at_rest, timeout=60_000)
    assert shown == [questions[-1]]
    assert held.asked == [questions[0], questions[-1]], "those in between were never begun"
    assert threading.main_thread() not in held.threads


def test_a_picture_says_what_it_still_shows_until_the_answer_is_there(qtbot: Any, window: Window, held: Held):
    veil = window.desk._veil
    asked = ten_questions(window)[7]
    assert veil.accessibleDescription() == ""
    window.ask(asked)
    assert veil.accessibleDescription().startswith("Still BTC/USDT:USDT   ·   binance   ·   5m")
    qtbot.waitUntil(veil.isVisible, timeout=20_000)
    held.free.set()
    qtbot.waitUntil(lambda: window.snapshot.question == asked, timeout=60_000)
    assert veil.accessibleDescription() == ""
    assert not veil.isVisible()


def test_the_same_question_once_more_says_nothing(window: Window):
    window.ask(window.snapshot.question)
    assert window.desk._veil.accessibleDescription() == ""
