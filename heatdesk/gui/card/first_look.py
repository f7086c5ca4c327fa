"""What answers to OpenGL in this process; the chart is loaded and timed only where that is not known yet."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from heatdesk.gui.card.build import this_build
from heatdesk.gui.card.identity import card_here
from heatdesk.machine.graphics import Memory, Trial, size_class


def look(size: tuple[int, int], scale: float, known: Memory | None = None) -> Trial:
    """What answers, and how fast it is at `size` device pixels of `scale` to a logical one.

    With `known` a card that was tried before is not timed again, and software never.
    """
    _application = QApplication.instance() or QApplication(["heatdesk"])
    build, pixels = this_build(), size_class(*size)
    card = card_here()
    if card is None:
        return Trial(build, pixels)
    if known is not None:
        before = known.trial(build, pixels, card)
        if before is not None or card.is_software:
            return before or Trial(build, pixels, card)
    from heatdesk.gui.card.trial import timed

    return timed(card, size, scale)
