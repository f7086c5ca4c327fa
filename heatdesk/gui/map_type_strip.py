"""The line under the top bar that belongs to a map type: which past, exchange or ages. Gone for the plain map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeySequence, QPainter, QPixmap, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QToolButton, QWidget

from heatdesk.gui import map_type, numbers
from heatdesk.gui.segmented import Segmented
from heatdesk.gui.theme import AGE_COLOURS
from heatdesk.market import DAY_MS, HOUR_MS
from heatdesk.model.age_windows import WINDOWS, AgeChoice
from heatdesk.model.heatmap import Heatmap

HEIGHT: Final = 32
_CHIP_PX: Final = 10
_STEPS: Final = (
    ("−1 d", -DAY_MS, "A day earlier", "Alt+Shift+Left"),
    ("−1 h", -HOUR_MS, "An hour earlier", "Alt+Left"),
    ("+1 h", HOUR_MS, "An hour later", "Alt+Right"),
    ("+1 d", DAY_MS, "A day later", "Alt+Shift+Right"),
)


class MapTypeStrip(QStackedWidget):
    """A page for each type that has something to choose.

    `moment_asked` carries a moment in ms, `exchange_asked` a name, `window_asked` the number of a window of age,
    `limits_asked` nothing, `now_asked` nothing, `complained` a sentence.
    """

    moment_asked = Signal(object)
    exchange_asked = Signal(str)
    window_asked = Signal(int)
    limits_asked = Signal()
    now_asked = Signal()
    complained = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self.past, self.one, self.age = _Past(self), _One(self), _Age(self)
        for page in (self.past, self.one, self.age):
            self.addWidget(page)
        self.past.asked.connect(self.moment_asked)
        self.past.left.connect(self.now_asked)
        self.past.complained.connect(self.complained)
        self.one.asked.connect(self.exchange_asked)
        self.age.asked.connect(self.window_asked)
        self.age.limits_asked.connect(self.limits_asked)
        self.hide()

    def show_type(self, name: str) -> None:
        """Show the page of one of ``map_type.MAP_TYPES``, or nothing."""
        page = {"past": self.past, "one": self.one, "age": self.age}.get(name)
        if page is not None:
            self.setCurrentWidget(page)
        self.setVisible(page is not None)


class _Past(QWidget):
    asked = Signal(object)
    left = Signal()
    complained = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._end_ms, self._zone = 0, "UTC"
        row = _row(self)
        said = QLabel("THE PAST")
        said.setObjectName("past")
        said.setFixedHeight(20)
        self.moment = QLineEdit()
        self.moment.setObjectName("typed")
        self.moment.setAccessibleName("As known at")
        self.moment.setToolTip("A moment: 2026-02-05 13:00 (H)")
        self.moment.setMaxLength(25)
        self.moment.setFixedSize(128, 24)
        self.moment.editingFinished.connect(self._read)
        self._clock = QLabel()
        row.addWidget(said)
        row.addSpacing(8)
        row.addWidget(QLabel("as known at"))
        row.addWidget(self.moment)
        row.addWidget(self._clock)
        row.addSpacing(8)
        for text, step_ms, tip, key in _STEPS:
            button = _button(text, tip, key, self)
            button.clicked.connect(lambda _=False, by=step_ms: self.asked.emit(self._end_ms + by))
            row.addWidget(button)
        row.addSpacing(8)
        promise = QLabel("nothing later is used")
        promise.setObjectName("secondary")
        row.addWidget(promise)
        row.addStretch(1)
        back = _button("Back to now", "The map up to now", "A", self, binds=False)
        back.clicked.connect(self.left)
        row.addWidget(back)

    def show_moment(self, end_ms: int, zone: str, clock: str) -> None:
        """The map ends here, by these clocks."""
        self._end_ms, self._zone = end_ms, zone
        self.moment.setText(map_type.moment_text(end_ms, zone))
        self._mark(wrong=False)
        self._clock.setText(clock)

    def edit(self) -> None:
        """Type another moment."""
        self.moment.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.moment.selectAll()

    def _read(self) -> None:
        text = self.moment.text()
        if text == map_type.moment_text(self._end_ms, self._zone):
            self._mark(wrong=False)
            return
        try:
            moment = map_type.typed_moment(text, self._zone)
        except ValueError as error:
            self._mark(wrong=True)
            self.complained.emit(f"As known at: {error}.")
            return
        self._mark(wrong=False)
        self.asked.emit(moment)

    def _mark(self, wrong: bool) -> None:
        if bool(self.moment.property("wrong")) != wrong:
            self.moment.setProperty("wrong", wrong)
            self.moment.style().unpolish(self.moment)
            self.moment.style().polish(self.moment)


class _One(QWidget):
    asked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._buttons: Segmented | None = None
        self._line = _row(self)
        self._line.addWidget(QLabel("One exchange"))
        self._line.addSpacing(8)
        self._line.addStretch(1)

    def show_exchanges(self, names: Sequence[str], shown: str) -> None:
        """Offer these, one of them pressed."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            if self._buttons is not None:
                self._line.removeWidget(self._buttons)
                self._buttons.deleteLater()
            keys = [(name, f"Only {name}", f"Ctrl+{index}") for index, name in enumerate(names, 1)]
            self._buttons = Segmented("One exchange", keys, self)
            self._buttons.chosen.connect(self.asked)
            self._line.insertWidget(2, self._buttons)
        if self._buttons is not None:
            self._buttons.show_choice(shown)


class _Age(QWidget):
    asked = Signal(int)
    limits_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        row = _row(self)
        row.addWidget(QLabel("Age of position"))
        row.addSpacing(8)
        self.chips = []
        for window in range(WINDOWS):
            chip = _button("", "", f"Ctrl+{window + 1}", self)
            chip.setCheckable(True)
            chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            chip.setIconSize(QSize(_CHIP_PX, _CHIP_PX))
            chip.clicked.connect(lambda _=False, w=window: self.asked.emit(w))
            self.chips.append(chip)
            row.addWidget(chip)
        said = QLabel("share of the newest column")
        said.setObjectName("secondary")
        row.addSpacing(8)
        row.addWidget(said)
        row.addStretch(1)
        limits = _button("Limits…", "Where the windows begin and end", "Ctrl+6", self)
        limits.clicked.connect(self.limits_asked)
        row.addWidget(limits)
        self.show_choice(AgeChoice(), None, "both", "dark")

    def show_choice(self, choice: AgeChoice, heatmap: Heatmap | None, side: str, theme: str) -> None:
        """The windows, which are drawn, and how much of the newest column of a side each holds."""
        shares = age_shares(heatmap, side)
        for window, (chip, label) in enumerate(zip(self.chips, choice.windows.labels(), strict=True)):
            share = "" if shares is None else f"   {numbers.percent(shares[window])}"
            shown = window in choice.shown
            chip.setText(f" {label}{share}")
            chip.setChecked(shown)
            chip.setIcon(_swatch(AGE_COLOURS[theme][window], shown))
            verb = "Leave out" if shown else "Draw"
            chip.setToolTip(f"{verb} positions of age {label} (Ctrl+{window + 1})")
            chip.setAccessibleName(f"Age {label}")


def age_shares(heatmap: Heatmap | None, side: str) -> tuple[float, ...] | None:
    """The share of each window of age in the newest column of a side; None where no ages are known."""
    if heatmap is None or heatmap.ages is None:
        return None
    sides = {"long": slice(0, 1), "short": slice(1, 2)}.get(side, slice(0, 2))
    usd = heatmap.ages.newest[:, sides].sum(axis=(1, 2), dtype=float)
    total = float(usd.sum())
    return tuple(float(amount) / total if total > 0 else 0.0 for amount in usd)


def _row(page: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(page)
    row.setContentsMargins(12, 0, 8, 1)
    row.setSpacing(4)
    return row


def _button(text: str, tip: str, key: str, parent: QWidget, binds: bool = True) -> QToolButton:
    button = QToolButton(parent)
    button.setText(text)
    button.setAccessibleName(tip)
    button.setToolTip(f"{tip} ({key})")
    if binds:
        shortcut = QShortcut(QKeySequence(key), parent)
        shortcut.activated.connect(button.click)
    return button


def _swatch(colour: str, shown: bool) -> QIcon:
    """A square of a colour, hollow where its window is left out."""
    picture = QPixmap(_CHIP_PX, _CHIP_PX)
    picture.fill(QColor(colour) if shown else Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(QColor(colour))
    painter.drawRect(0, 0, _CHIP_PX - 1, _CHIP_PX - 1)
    painter.end()
    return QIcon(picture)
