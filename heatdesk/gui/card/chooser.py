"""Who draws the map of a window: chosen as it opens, tried after the first map, taken back where the card fails."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from heatdesk.errors import MachineError
from heatdesk.gui.card import identity
from heatdesk.gui.card.asking import Asking
from heatdesk.gui.card.build import this_build
from heatdesk.gui.card.choice import NO_SCREEN, NOT_TRIED, Choice, choose
from heatdesk.gui.chart import ChartView
from heatdesk.gui.preferences import Preferences
from heatdesk.machine import graphics, graphics_mark
from heatdesk.machine.graphics import Failure, Memory, size_class
from heatdesk.settings import Settings
from heatdesk.settings.drawing import PROCESSOR

_CALM_MS: Final = 3000  # after the first map a window has better things to do
_FRAMES: Final = 3  # drawn and handed over: then the card has begun well
_MEASURING: Final = "The graphics card is being measured …"
_GONE: Final = "The processor draws the map: the graphics card does not answer here."
_ENDED: Final = "heatdesk ended while it began to draw"
_FAILED: Final = (
    "The graphics card stopped drawing ({reason}); the processor draws the map from now on. "
    "Drawing, in the settings, lets the card try again."
)
_LOG: Final = logging.getLogger(__name__)


class Chooser(QObject):
    """Nothing happens before `begin`. `changed` when `words` are others, `failed` with a sentence for the user."""

    changed = Signal()
    failed = Signal(str)
    _answered = Signal(object)

    def __init__(self, chart: ChartView, preferences: Preferences, parent: QWidget) -> None:
        super().__init__(parent)
        self._chart, self._preferences, self._window = chart, preferences, parent
        self._wish = preferences.settings.drawing.by
        self._memory = Memory()
        self._choice = Choice(False, NOT_TRIED)
        self._begun = self._looked = False
        self._frames = 0
        self._asking: Asking | None = None
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(_CALM_MS)
        self._calm.timeout.connect(self._look)
        self._answered.connect(self._take)
        chart.canvas.card_failed.connect(self._take_back)
        chart.heatmap_item.on_gl_failure = chart.canvas.fail
        preferences.kept.connect(self._follow)

    @property
    def words(self) -> str:
        """Who draws, and why."""
        return _MEASURING if self._asking is not None else self._choice.words

    @property
    def measuring(self) -> bool:
        """Whether a card is on trial now."""
        return self._asking is not None

    def begin(self) -> None:
        """Choose by what is remembered; best before the window is shown, which then need not be made anew."""
        self._begun = True
        self._memory = graphics.load()
        stage = graphics_mark.left_in()
        if stage:
            graphics_mark.end()
        if stage == graphics_mark.DRAWING:
            self._remember_failure(_ENDED)
        elif stage:
            self._remember(self._memory.untried(this_build()))
        self._choose()

    def map_shown(self, shown: bool) -> None:
        """There is a map: once the window is calm the card is looked at, if nothing better is known."""
        if shown and self._begun and not self._looked:
            self._looked = True
            self._calm.start()

    def measure_again(self) -> None:
        """Time the card once more, whatever is remembered, and choose by that."""
        self._remember(self._memory.without(this_build()))
        self._ask(anew=True)

    def stop(self) -> None:
        """The window closes: nothing is measured any more, and what was begun has ended well."""
        self._calm.stop()
        if self._asking is not None:
            self._asking.stop()
        if self._chart.canvas.by_card:
            graphics_mark.end()

    # --- choosing

    def _choose(self) -> None:
        if not identity.has_screen():
            self._choice = Choice(False, NO_SCREEN)
        else:
            self._choice = choose(self._wish, self._memory, this_build(), self._size())
            if self._choice.by_card and not self._chart.canvas.by_card:
                self._begin_by_card()
        if not self._choice.by_card:
            if self._chart.canvas.by_card:
                graphics_mark.end()
            self._chart.canvas.useOpenGL(False)
        _LOG.info("%s", self._choice.words)
        self.changed.emit()

    def _begin_by_card(self) -> None:
        """Hand the map to the card that was tried, if it is the one that answers now."""
        trial = self._memory.trial(this_build(), self._size())
        graphics_mark.begin()  # asking it loads the driver into this process
        card = identity.card_here()
        if card is None or trial is None or card != trial.card:
            graphics_mark.end()
            self._choice = (
                Choice(False, _GONE) if card is None else Choice(False, NOT_TRIED, wants_trial=True)
            )
            return
        self._chart.heatmap_item.try_gl_again()
        self._chart.canvas.useOpenGL(True)
        self._frames = 0
        self._chart.canvas.viewport().frameSwapped.connect(self._count)

    def _count(self) -> None:
        self._frames += 1
        if self._frames == _FRAMES:
            graphics_mark.end()

    def _follow(self, settings: Settings) -> None:
        """A person chose again: what failed before gets another chance."""
        if settings.drawing.by == self._wish:
            return
        self._wish = settings.drawing.by
        if self._begun:
            self._remember(self._memory.without(this_build()))
            self._choose()
            self._look()

    def _take_back(self, reason: str) -> None:
        graphics_mark.end()
        self._remember_failure(reason)
        self._choose()
        self.failed.emit(_FAILED.format(reason=reason))

    # --- trials

    def _look(self) -> None:
        """See what answers by now: a driver may be another one since, or there is none any more.

        A card that draws is known; one whose trial went wrong is left alone until a person asks.
        """
        trial = self._memory.trial(this_build(), self._size())
        wronged = self._memory.failure(this_build()) is not None or (trial is not None and trial.reason)
        if self._wish != PROCESSOR and not self._chart.canvas.by_card and not wronged:
            self._ask(anew=False)

    def _ask(self, anew: bool) -> None:
        if self._asking is not None or not identity.has_screen():
            return
        width, height = self._pixels()
        asking = self._asking = Asking(width, height, self._window.devicePixelRatioF(), anew)
        threading.Thread(target=partial(self._wait_for, asking), name="card's trial", daemon=True).start()
        self.changed.emit()

    def _wait_for(self, asking: Asking) -> None:
        """On a thread of its own."""
        trial = asking.answer()
        try:
            self._answered.emit(trial)
        except RuntimeError:  # the window, and with it this object, is gone
            _LOG.debug("nobody is left to be told")

    def _take(self, trial: graphics.Trial | None) -> None:
        self._asking = None
        if trial is not None:
            self._remember(self._memory.with_trial(trial))
            self._choose()

    def _remember(self, memory: Memory) -> None:
        if memory != self._memory:
            self._memory = memory
            self._preferences.behind.put("graphics", partial(_keep, memory))

    def _remember_failure(self, reason: str) -> None:
        trial = self._memory.trial(this_build(), self._size())
        renderer = "" if trial is None or trial.card is None else trial.card.renderer
        self._remember(self._memory.with_failure(Failure(this_build(), renderer, reason)))

    def _pixels(self) -> tuple[int, int]:
        """The window's size in device pixels; one that will be shown maximised is as large as its screen."""
        window, ratio = self._window, self._window.devicePixelRatioF()
        fills = window.isMaximized() or window.isFullScreen()
        size = window.screen().availableSize() if fills and not window.isVisible() else window.size()
        return round(size.width() * ratio), round(size.height() * ratio)

    def _size(self) -> int:
        return size_class(*self._pixels())


def _keep(memory: Memory) -> None:
    """On the writer's thread. Settings are written all the same where this cannot be: it is only measured again."""
    try:
        graphics.save(memory)
    except MachineError as error:
        _LOG.warning("%s", error)
