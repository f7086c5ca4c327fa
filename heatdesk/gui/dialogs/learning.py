"""What the model has learned: leverage weights, prior against learned, at any moment that was recorded."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers
from heatdesk.gui.dialogs.quit_key import quits_too
from heatdesk.gui.panels.tier_plot import TierPlot, TierRow
from heatdesk.gui.view import View
from heatdesk.gui.wording import Wording, wording_of
from heatdesk.replay.learned import Lesson

TITLE: Final = "What was learned"
_KEY: Final = (
    "◇ prior   ● now, with its 80 % interval   share of new positions that would wait for their liquidation"
)
_NOTHING: Final = (
    "Nothing was learned for this map: fewer than two days of liquidations are stored, or the settings ask for the "
    "prior. Import recorded liquidations, or choose learned under Settings, Model, Leverage weights."
)
_WIDTH_PX: Final = 600


class LearningDialog(QDialog):
    """Stays open beside the chart and follows its map; the slider goes back to what was known earlier."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{TITLE} · heatdesk")
        self._lessons: tuple[Lesson, ...] = ()
        self._wording = Wording()
        self._used = "learned"
        self._follows = True  # the newest version
        title = _label("title", TITLE)
        self.market = QComboBox(self)
        self.market.setAccessibleName("Exchange")
        self.market.setToolTip("Whose weights to show")
        self.told, self.key, self.note = _label("", ""), _label("secondary", _KEY), _label("secondary", "")
        self.plot = TierPlot(self)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setAccessibleName("As known then")
        self.slider.setToolTip("Go back to what was known earlier (arrow keys)")
        self.moment = _label("secondary", "")
        self.moment.setFixedWidth(220)
        close = QPushButton("Close", self)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(self.market)
        below = QHBoxLayout()
        below.addWidget(self.moment)
        below.addWidget(self.slider, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(top)
        for widget in (self.told, self.key, self.plot):
            column.addWidget(widget)
        column.addLayout(below)
        column.addWidget(self.note)
        column.addStretch(1)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self.setMinimumWidth(_WIDTH_PX)
        quits_too(self)
        self.market.currentIndexChanged.connect(lambda _: self._show_lesson())
        self.slider.valueChanged.connect(self._go_back)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow a map; a moment that was chosen stays chosen."""
        shown = self.market.currentText()
        self._lessons = tuple(lesson for lesson in snapshot.lessons if lesson is not None and lesson.days())
        self._used = snapshot.question.params.weights
        names = [lesson.exchange for lesson in self._lessons]
        self.market.blockSignals(True)
        self.market.clear()
        self.market.addItems(names)
        self.market.setCurrentIndex(names.index(shown) if shown in names else 0)
        self.market.blockSignals(False)
        self.market.setVisible(len(names) > 1)
        self._show_lesson()
        if not self.isVisible() and (layout := self.layout()) is not None:
            layout.activate()
            self.resize(_WIDTH_PX, layout.totalHeightForWidth(_WIDTH_PX))

    def set_view(self, view: View) -> None:
        """Follow theme and clocks."""
        self._wording = wording_of(view)
        self.plot.set_theme(view.theme)
        self._show_version()

    def _lesson(self) -> Lesson | None:
        at = self.market.currentIndex()
        return self._lessons[at] if 0 <= at < len(self._lessons) else None

    def _show_lesson(self) -> None:
        lesson = self._lesson()
        for widget in (self.key, self.plot, self.slider, self.moment, self.note):
            widget.setVisible(lesson is not None)
        if lesson is None:
            self.told.setText(_NOTHING)
            return
        held = self.slider.value()
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(lesson.learned) - 1)
        self.slider.setValue(len(lesson.learned) - 1 if self._follows else held)
        self.slider.blockSignals(False)
        self._show_version()

    def _go_back(self, version: int) -> None:
        self._follows = version == self.slider.maximum()
        self._show_version()

    def _show_version(self) -> None:
        lesson = self._lesson()
        if lesson is None:
            return
        version = min(self.slider.value(), len(lesson.learned) - 1)
        known = lesson.learned.before(int(lesson.learned.valid_from_ms[version]))
        self.told.setText(_told(lesson, lesson.days(int(known.valid_from_ms[-1]))))
        self.moment.setText(f"Known on {self._wording.moment(int(known.valid_from_ms[-1]))}")
        self.plot.show_rows(
            tuple(
                TierRow(*map(float, row))
                for row in zip(
                    lesson.leverage,
                    known.prior,
                    known.weight[-1],
                    known.lo[-1],
                    known.hi[-1],
                    known.information[-1],
                    strict=True,
                )
                if row[1] > 0
            )
        )
        scale = f"×{numbers.fixed(float(known.scale[-1]), 2)}" if len(known.scale) else "×1.00"
        drawn = {
            "learned": "Each column of the map is drawn with what was known then.",
            "hindsight": "All columns are drawn with the newest weights: in hindsight.",
        }.get(self._used, "The map is drawn with the prior.")
        self.note.setText(
            f"{numbers.percent(float(known.weight[-1].sum()))} of new positions would wait for their liquidation; "
            f"lately {scale} of what that let one expect. "
            f"{numbers.percent(float(known.background[-1]))} of the recorded USD is left to price alone.\n{drawn}"
        )


def _told(lesson: Lesson, days: float) -> str:
    by = " and ".join(dict.fromkeys(f"{k.symbol} on {k.exchange}" for k in lesson.taught_by))
    words = f"{lesson.symbol} on {lesson.exchange}: {numbers.fixed(days, 1)} days of recorded liquidations"
    return f"{words}." if lesson.own else f"{words} of {by}. None of its own: its USD are not calibrated."


def _label(name: str, words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
