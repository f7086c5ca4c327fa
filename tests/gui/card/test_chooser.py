"""What a window does about its card: over a canvas, a card and trials of the test's own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from heatdesk.errors import MachineError
from heatdesk.gui.card import chooser as chooser_module
from heatdesk.gui.card.build import this_build
from heatdesk.gui.card.chooser import Chooser
from heatdesk.gui.dialogs.drawing_note import DrawingNote
from heatdesk.gui.preferences import Preferences
from heatdesk.machine import graphics, graphics_mark
from heatdesk.machine.graphics import Card, Failure, Memory, Trial, load, save
from heatdesk.settings import Settings

GEFORCE = Card("GeForce", "NVIDIA", "3.3", 32_768)
SOFTWARE = Card("llvmpipe", "Mesa", "4.5", 16_384)
FAST, SLOW = Trial(this_build(), 0, GEFORCE, 3.0, 8.0), Trial(this_build(), 0, GEFORCE, 9.0, 8.0)


class Viewport(QObject):
    frameSwapped = Signal()  # noqa: N815 - as Qt says it


class Canvas(QObject):
    """Does as it is told, and says who paints."""

    card_failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.by_card = False
        self.shown = Viewport()

    def useOpenGL(self, by_card: bool = True) -> None:
        self.by_card = by_card

    def viewport(self) -> Viewport:
        return self.shown

    def fail(self, reason: str) -> None:
        self.card_failed.emit(reason)


class Asked:
    """A trial whose outcome is known."""

    answers: Trial | None = None
    asked: ClassVar[list[tuple]] = []

    def __init__(self, *size) -> None:
        self.asked.append(size)

    def answer(self) -> Trial | None:
        return self.answers

    def stop(self) -> None:
        self.answers = None


@pytest.fixture
def machine(monkeypatch):
    """A machine with a screen and a card, where a trial finds what the test says."""
    here = SimpleNamespace(card=GEFORCE, screen=True, asked=[])

    class Outcome(Asked):
        asked = here.asked

    here.trials = Outcome
    monkeypatch.setattr(chooser_module.identity, "has_screen", lambda: here.screen)
    monkeypatch.setattr(chooser_module.identity, "card_here", lambda: here.card)
    monkeypatch.setattr(chooser_module, "Asking", Outcome)
    monkeypatch.setattr(chooser_module, "_CALM_MS", 0)
    return here


@pytest.fixture
def open_window(qtbot, machine):
    """A window with this wish, begun; its chooser."""
    opened = []

    def make(wish: str = "automatic", begun: bool = True) -> Chooser:
        window = QWidget()
        qtbot.addWidget(window)
        window.resize(1280, 800)
        preferences = Preferences(Settings().changed("drawing", by=wish), write=None, parent=window)
        chart = SimpleNamespace(
            canvas=Canvas(), heatmap_item=SimpleNamespace(on_gl_failure=None, try_gl_again=lambda: None)
        )
        made = Chooser(chart, preferences, window)
        made.told = []
        made.failed.connect(made.told.append)
        if begun:
            made.begin()
        opened.append(made)
        return made

    yield make
    for made in opened:
        made.stop()
        assert made._preferences.behind.finish(20)


def kept(made: Chooser) -> Memory:
    """What is remembered, once it is written."""
    assert made._preferences.behind.finish(20)
    return load()


def by_card(made: Chooser) -> bool:
    return made._chart.canvas.by_card


def choose(made: Chooser, wish: str) -> None:
    made._preferences.choose(made._preferences.settings.changed("drawing", by=wish))


def test_a_first_start_tries_the_card_after_the_first_map_and_takes_it(qtbot, machine, open_window):
    machine.trials.answers = FAST
    made = open_window()
    assert not by_card(made)
    made.map_shown(False)
    assert not made._calm.isActive()
    made.map_shown(True)
    qtbot.waitUntil(lambda: by_card(made))
    assert made.words == "GeForce draws the map: 3.0 ms a frame against 8.0 ms by the processor."
    assert machine.asked == [(1280, 800, made._window.devicePixelRatioF(), False)]
    assert kept(made).trial(this_build(), 0) == FAST
    made.map_shown(True)
    assert not made._calm.isActive()


def test_a_second_start_knows_and_asks_nobody(qtbot, machine, open_window):
    save(Memory((FAST,)))
    made = open_window()
    assert by_card(made)
    made.map_shown(True)
    qtbot.wait(20)
    assert machine.asked == []


def test_a_driver_that_is_another_now_is_tried_anew(qtbot, machine, open_window):
    save(Memory((FAST,)))
    machine.card = Card("GeForce", "NVIDIA", "3.3 of a newer driver", 32_768)
    machine.trials.answers = Trial(this_build(), 0, machine.card, 9.0, 8.0)
    made = open_window()
    assert not by_card(made)
    made.map_shown(True)
    qtbot.waitUntil(lambda: "not clearly faster" in made.words)
    assert not by_card(made)


def test_a_card_that_has_gone_is_not_drawn_on(machine, open_window):
    save(Memory((FAST,)))
    machine.card = None
    made = open_window()
    assert not by_card(made)
    assert made.words == "The processor draws the map: the graphics card does not answer here."


def test_a_slow_card_is_looked_at_again_once_a_start(qtbot, machine, open_window):
    save(Memory((SLOW,)))
    machine.trials.answers = SLOW
    made = open_window()
    made.map_shown(True)
    qtbot.waitUntil(lambda: bool(machine.asked) and not made.measuring)
    assert not by_card(made)


@pytest.mark.parametrize("begun", [True, False])
def test_without_a_screen_or_before_it_has_begun_nothing_is_asked(qtbot, machine, open_window, begun):
    machine.screen = not begun
    made = open_window("graphics card", begun)
    made.map_shown(True)
    choose(made, "automatic")
    qtbot.wait(20)
    assert (by_card(made), machine.asked) == (False, [])


def test_the_processor_is_taken_and_given_up_at_once(qtbot, machine, open_window):
    save(Memory((FAST,)))
    made = open_window()
    choose(made, "processor")
    assert not by_card(made)
    assert made.words == "The processor draws the map, as you chose."
    choose(made, "automatic")
    assert by_card(made)


def test_software_draws_where_it_is_wanted_and_only_there(qtbot, machine, open_window):
    machine.card, machine.trials.answers = SOFTWARE, Trial(this_build(), 0, SOFTWARE)
    made = open_window()
    made.map_shown(True)
    qtbot.waitUntil(lambda: "is software" in made.words)
    choose(made, "graphics card")
    assert by_card(made)
    choose(made, "automatic")
    assert not by_card(made)


def test_a_failure_gives_the_map_back_is_told_and_is_not_forgotten(qtbot, machine, open_window):
    save(Memory((FAST,)))
    made = open_window()
    made._chart.heatmap_item.on_gl_failure("GlError: its context was lost")
    assert not by_card(made)
    [told] = made.told
    assert told.startswith("The graphics card stopped drawing (GlError: its context was lost); the processor")
    assert kept(made).failure(this_build()).renderer == "GeForce"
    later = open_window()
    assert not by_card(later)
    assert "GeForce failed with this version" in later.words
    later.map_shown(True)
    qtbot.wait(20)
    assert machine.asked == []


def test_choosing_again_or_measuring_again_is_another_chance(qtbot, machine, open_window):
    save(Memory((FAST,)).with_failure(Failure(this_build(), "GeForce", "its context was lost")))
    made = open_window()
    choose(made, "graphics card")
    assert by_card(made)
    save(load().with_failure(Failure(this_build(), "GeForce", "its context was lost")))
    machine.trials.answers = SLOW
    other = open_window()
    other.measure_again()
    assert other.measuring
    qtbot.waitUntil(lambda: "not clearly faster" in other.words)
    assert machine.asked[-1][-1] is True
    assert kept(other).failure(this_build()) is None


def test_a_start_that_ended_while_the_card_began_is_a_failure(machine, open_window):
    save(Memory((FAST,)))
    graphics_mark.begin()
    made = open_window()
    assert not by_card(made)
    assert "heatdesk ended while it began to draw" in made.words
    assert not graphics_mark.stands()


def test_a_start_that_ended_while_the_driver_was_loaded_tries_the_card_anew(qtbot, machine, open_window):
    save(Memory((FAST,)))
    graphics_mark.begin(graphics_mark.LOADING)
    machine.trials.answers = Trial(this_build(), 0, reason="its trial ended with exit code -11")
    made = open_window()
    assert not by_card(made)
    assert not graphics_mark.stands()
    assert kept(made) == Memory()
    made.map_shown(True)
    qtbot.waitUntil(lambda: "exit code -11" in made.words)
    assert not by_card(made)


def test_the_mark_stands_before_the_driver_is_loaded(monkeypatch, machine, open_window):
    save(Memory((FAST,)))
    stood = []
    monkeypatch.setattr(
        chooser_module.identity, "card_here", lambda: stood.append(graphics_mark.stands()) or machine.card
    )
    assert by_card(open_window())
    assert stood == [True]


def test_the_mark_goes_where_the_card_does_not_draw(machine, open_window):
    save(Memory((FAST,)))
    made = open_window()
    assert graphics_mark.stands()
    choose(made, "processor")
    assert not graphics_mark.stands()
    for other in (None, SOFTWARE):
        machine.card = other
        assert not by_card(open_window())
        assert not graphics_mark.stands()


def test_the_mark_goes_with_the_third_frame_or_with_the_window(machine, open_window):
    save(Memory((FAST,)))
    made = open_window()
    for _ in range(2):
        made._chart.canvas.shown.frameSwapped.emit()
    assert graphics_mark.stands()
    made._chart.canvas.shown.frameSwapped.emit()
    assert not graphics_mark.stands()
    closed = open_window()
    assert graphics_mark.stands()
    closed.stop()
    assert not graphics_mark.stands()


def test_a_window_that_closes_leaves_no_trial_behind(qtbot, machine, open_window):
    machine.trials.answers = FAST
    made = open_window()
    made.map_shown(True)
    made.stop()
    qtbot.wait(20)
    assert machine.asked == []
    assert graphics.load() == Memory()


def test_a_window_to_be_maximised_is_as_large_as_its_screen(machine, open_window):
    save(Memory((FAST,)))
    made = open_window(begun=False)
    screen = made._window.screen().availableSize()
    assert graphics.size_class(screen.width(), screen.height()) == FAST.size
    made._window.resize(4000, 3000)
    made.begin()
    assert not by_card(made)
    made._window.setWindowState(Qt.WindowState.WindowMaximized)
    made.begin()
    assert by_card(made)


def test_where_trials_cannot_be_kept_settings_still_are(qtbot, monkeypatch, caplog, machine, open_window):
    def full(_: Memory) -> None:
        raise MachineError("graphics.json cannot be written (No space left on device).")

    monkeypatch.setattr(graphics, "save", full)
    machine.trials.answers = FAST
    made = open_window()
    heard = []
    made._preferences.failed.connect(heard.append)
    made.measure_again()
    qtbot.waitUntil(lambda: by_card(made))
    assert kept(made) == Memory()
    qtbot.wait(1)
    assert heard == []
    assert "graphics.json cannot be written" in caplog.text


def test_the_page_says_who_draws_and_measures(qtbot, machine, open_window):
    save(Memory((SLOW,)))
    machine.trials.answers = FAST
    made = open_window()
    note = DrawingNote(made)
    qtbot.addWidget(note)
    assert "not clearly faster" in note._words.text()
    note._again.click()
    assert note._words.text() == "The graphics card is being measured …"
    assert not note._again.isEnabled()
    qtbot.waitUntil(note._again.isEnabled)
    assert note._words.text().startswith("GeForce draws the map: 3.0 ms")
