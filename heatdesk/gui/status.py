"""The status bar, 22 px: whose data, how old, how complete; notes and errors as one line each."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QMessageBox, QSizePolicy, QStatusBar, QToolButton, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers
from heatdesk.gui.dialogs.quit_key import quits_too
from heatdesk.gui.feed_lights import FeedLights
from heatdesk.gui.layers.gaps import hatched, hole_words, joined
from heatdesk.gui.paint_guard import guarded
from heatdesk.market import Interval

HEIGHT: Final = 22
EMPTY: Final = "No modelled level stands in this map; choose more tiers, more exchanges or a longer history."
_APART_PX: Final = 10
_MOST_GAPS: Final = 12  # told one by one
_ERROR_STAYS_S: Final = 8.0  # a market that moves would wipe it off within a second


class ElidedLabel(QLabel):
    """Plain text that ends in … where it has no room; all of it is in the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


class StatusBar(QStatusBar):
    """Says where a snapshot comes from; an error takes the place of the notes until the next snapshot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(6, 0, 6, 0)
        self._data, self._line, self._always = QLabel(), ElidedLabel(), QLabel()
        self._line.setContentsMargins(_APART_PX, 0, 0, 0)  # "gaps 0" is not the beginning of the first note
        self._details = QToolButton()
        self._details.setText("Details")
        self._details.setToolTip("The whole message (Ctrl+D)")
        self._details.setShortcut("Ctrl+D")
        self._details.clicked.connect(self._show_details)
        self._details.hide()
        self._always.setText("UTC · USD · estimate, not advice")
        for label in (self._data, self._always):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.lights = FeedLights()
        self.lights.hide()  # until there are feeds
        self.addWidget(self.lights)
        self.addWidget(self._data)
        self.addWidget(self._line, 1)
        self.addPermanentWidget(self._details)
        self.addPermanentWidget(self._always)
        self._notes = ""
        self._said = ("", "", False)
        self._error_until = 0.0

    @property
    def line(self) -> str:
        """The notes or the error shown."""
        return self._line.text()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Exchange, range, age, gaps, and what a reader of this map must know."""
        heatmap = snapshot.heatmap
        live = not self.lights.isHidden()  # the lights say whose and how old
        exchanges = " + ".join(snapshot.question.exchanges)
        parts = ["SIMULATED", exchanges] if snapshot.question.simulated else [] if live else [exchanges]
        if len(snapshot.candles) and not (live and snapshot.question.end_ms is None):
            end = int(heatmap.times_ms[-1]) + heatmap.step_ms
            parts.append(f"{numbers.moment(int(heatmap.times_ms[0]))} – {numbers.moment(end)}")
            if not snapshot.question.simulated:
                parts.append(f"{numbers.duration(time.time() * 1000 - end)} old")
        gaps = joined(itertools.chain(*hatched(snapshot)))
        parts.append(f"gaps {len(gaps)}")
        self._data.setText("   ".join(parts))
        self._data.setToolTip("\n".join(_gap_lines(snapshot, gaps)))
        if not snapshot.question.simulated or time.monotonic() >= self._error_until:
            notes = [*([EMPTY] if _empty(snapshot) else []), *said_once(snapshot.notes)]
            self._show_line("   ".join(notes), "\n".join(notes), failed=False)

    def show_progress(self, sentence: str) -> None:
        """How far something is that takes a while."""
        self._show_line(sentence, "", failed=False)

    def show_error(self, sentence: str) -> None:
        """One line, with the whole of it behind Details."""
        self._error_until = time.monotonic() + _ERROR_STAYS_S
        self._show_line(f"⚠ {sentence}", sentence, failed=True)

    def _show_line(self, line: str, whole: str, failed: bool) -> None:
        if (line, whole, failed) == self._said:
            return
        self._said = line, whole, failed
        self._line.setObjectName("error" if failed else "")
        self._line.style().unpolish(self._line)
        self._line.style().polish(self._line)
        self._line.setText(line)
        self._line.setToolTip(whole)
        self._notes = whole
        self._details.setVisible(bool(whole))

    def _show_details(self) -> None:
        box = QMessageBox(self.window())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("heatdesk")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self._notes)
        box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        quits_too(box)
        box.open()


def said_once(notes: Sequence[str]) -> list[str]:
    """Notes that say the same of several exchanges as one: ``binance, bybit: 3.0 days of history …``."""
    of: dict[str, list[str]] = {}
    for note in notes:
        exchange, apart, sentence = note.partition(": ")
        about = of.setdefault(sentence if apart else note, [])
        if apart:
            about.append(exchange)
    return [f"{', '.join(about)}: {sentence}" if about else sentence for sentence, about in of.items()]


def _empty(snapshot: Snapshot) -> bool:
    """Whether no level is left at the end of the map; where one is, this is no map of zeros."""
    return not snapshot.heatmap.newest_by_tier.any()


def _gap_lines(snapshot: Snapshot, gaps: Sequence[Interval]) -> list[str]:
    """What is hatched, newest first, and of whom it is missing."""
    lines = []
    for gap in gaps[: -_MOST_GAPS - 1 : -1]:
        inside = (
            h for h in snapshot.holes if h.interval.start_ms < gap.end_ms and gap.start_ms < h.interval.end_ms
        )
        what = hole_words(inside) or "no data"
        lines.append(f"{numbers.moment(gap.start_ms)} – {numbers.moment(gap.end_ms)} {what}")
    more = len(gaps) - len(lines)
    return [*lines, f"and {more} more"] if more > 0 else lines or ["No gaps in the range shown"]
