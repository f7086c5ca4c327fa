"""Who draws the map of the next window, told without opening one."""

from __future__ import annotations

import os
from typing import Final

from heatdesk.gui.card.asking import Asking
from heatdesk.gui.card.build import this_build
from heatdesk.gui.card.choice import NO_SCREEN, WITHOUT_CARDS, choose
from heatdesk.machine import graphics
from heatdesk.machine.graphics import size_class

_USUAL: Final = (1920, 1080)


def told(wish: str) -> str:
    """The words of the choice; a card that was not tried yet with this build is tried, and nothing is kept."""
    if os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in WITHOUT_CARDS:
        return NO_SCREEN
    memory, build, size = graphics.load(), this_build(), size_class(*_USUAL)
    known = [trial for trial in memory.trials if trial.build == build]
    if known:
        size = known[-1].size  # of the window that was open last
    choice = choose(wish, memory, build, size)
    if choice.wants_trial and (trial := Asking(*_USUAL, scale=1.0).answer()) is not None:
        choice = choose(wish, memory.with_trial(trial), build, trial.size)
    return choice.words
