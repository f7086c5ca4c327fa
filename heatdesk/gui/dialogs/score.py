"""The scoreboard: how good the map was, against its nulls, with n, days and interval beside every figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from heatdesk.errors import BadInputError
from heatdesk.gui import numbers
from heatdesk.gui.dialogs.quit_key import quits_too
from heatdesk.gui.panels.score_plots import OverTime, Reliability, Scatter, Sweeps
from heatdesk.gui.panels.score_words import beside, rows_of, verdict
from heatdesk.gui.panels.skill_rows import SkillRows
from heatdesk.gui.segmented import Segmented
from heatdesk.gui.view import View
from heatdesk.market import DAY_MS
from heatdesk.moments import utc_ms
from heatdesk.score.report import report
from heatdesk.scoring import Scored

TITLE: Final = "Scoreboard"
_BARS: Final = [("1h", "Predict hours", "Alt+1"), ("5m", "Predict five minutes", "Alt+2")]
NOTHING: Final = (
    "The stored history on screen has no recorded liquidations, so there is nothing to hold the map against. Import "
    "some (Ctrl+O): single events with their coverage, or totals per hour."
)
READY: Final = (
    "Press Score: every bar of the range is predicted from what was known before it and its own price path, then held "
    "against what was recorded. The same figures come from the command line: heatdesk score."
)
_SIZE: Final = (1160, 720)
_LEAST: Final = (1060, 560)
_DATE_PX: Final = 92
DEFAULT_DAYS: Final = 30
LEARN_DAYS: Final = 2


class Record(NamedTuple):
    """A stored record of liquidations: which bars it can fill and from when to when it reaches."""

    exchange: str
    symbol: str
    name: str
    bars: tuple[str, ...]
    start_ms: int
    end_ms: int

    @property
    def market(self) -> str:
        """What the first box calls it."""
        return f"{self.symbol} on {self.exchange}"


class Wanted(NamedTuple):
    """What a person asks to be scored."""

    record: Record
    bar: str
    start_ms: int
    end_ms: int


class ScoreDialog(QDialog):
    """Emits `asked` with a Wanted, `stop_asked` while it is being computed, `copied` with the report as text."""

    asked = Signal(object)
    stop_asked = Signal()
    copied = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{TITLE} · heatdesk")
        self._records: tuple[Record, ...] = ()
        self._scored: Scored | None = None
        self._busy = False
        self.market, self.record = QComboBox(self), QComboBox(self)
        self.bar = Segmented("Bars", _BARS, self)
        self.start, self.end = _date("From", self), _date("To, not included", self)
        self.go = QPushButton("Score", self)
        self.copy = QPushButton("Copy as text", self)
        self.progress = QProgressBar(self)
        self.headline, self.basis, self.words = _label("title"), _label("secondary"), _label("secondary")
        self.complaint = _label("complaint")
        self.invitation = _label("")
        self.invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.invitation.setContentsMargins(120, 0, 120, 80)
        self.bar.setObjectName("strip")  # its buttons look like those of the strip under the top bar
        self.rows = SkillRows(self)
        self.plots = (Reliability(self), OverTime(self), Scatter(self), Sweeps(self))
        self._page = QStackedWidget(self)
        self._lay_out()
        self._connect()
        self._show_state()

    def _lay_out(self) -> None:
        self.market.setAccessibleName("Market")
        self.market.setToolTip("Whose map is scored: markets with recorded liquidations")
        self.record.setAccessibleName("Record")
        self.record.setToolTip("The recorded liquidations it is held against")
        self.go.setToolTip("Compute the scoreboard, in the background (Ctrl+Return)")
        self.copy.setToolTip("The whole scorecard as text (Ctrl+Shift+C)")
        for button in (self.go, self.copy):
            button.setAutoDefault(False)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(120, 4)
        self.progress.setRange(0, 1000)
        top = QHBoxLayout()
        top.setSpacing(8)
        for widget in (self.market, self.bar, self.record, self.start, _label("secondary", "to"), self.end):
            top.addWidget(widget)
        top.addStretch(1)
        top.addWidget(self.progress)
        top.addWidget(self.go)
        pictures = QGridLayout()
        pictures.setSpacing(16)
        for index, plot in enumerate(self.plots):
            pictures.addWidget(plot, index // 2, index % 2)
        left = QVBoxLayout()
        left.addWidget(self.rows)
        left.addWidget(self.words)
        left.addStretch(1)
        body = QHBoxLayout()
        body.setSpacing(24)
        body.addLayout(left, 11)
        body.addLayout(pictures, 11)
        inside = QWidget(self)
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(0, 0, 8, 0)
        whole.setSpacing(8)
        whole.addWidget(self.basis)
        whole.addLayout(body, 1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        self._page.addWidget(self.invitation)
        self._page.addWidget(scroll)
        foot = QHBoxLayout()
        foot.addStretch(1)
        close = QPushButton("Close", self)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        foot.addWidget(self.copy)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.complaint)
        column.addWidget(self.headline)
        column.addWidget(self._page, 1)
        column.addLayout(foot)
        self.setMinimumSize(*_LEAST)
        self.resize(*_SIZE)

    def _connect(self) -> None:
        quits_too(self)
        self.market.currentIndexChanged.connect(lambda _: self._offer_records())
        self.record.currentIndexChanged.connect(lambda _: self._offer_range())
        self.bar.chosen.connect(lambda _: self._offer_records())
        self.go.clicked.connect(self._press)
        self.copy.clicked.connect(self._copy)
        for field in (self.start, self.end):
            field.returnPressed.connect(self._press)
        QShortcut(QKeySequence("Ctrl+Return"), self).activated.connect(self.go.click)
        QShortcut(QKeySequence("Ctrl+Shift+C"), self).activated.connect(self.copy.click)

    # --- what is shown

    def show_records(self, records: Sequence[Record], market: str = "") -> None:
        """Offer what can be scored; `market` is chosen where it is among them."""
        if tuple(records) == self._records:
            return
        held = market or self.market.currentText()
        self._records = tuple(records)
        names = list(dict.fromkeys(record.market for record in records))
        self.market.blockSignals(True)
        self.market.clear()
        self.market.addItems(names)
        self.market.setCurrentIndex(names.index(held) if held in names else 0)
        self.market.blockSignals(False)
        self._offer_records()
        self._show_state()

    def set_view(self, view: View) -> None:
        """Follow theme, currency, clocks and the colour of a rise."""
        self.rows.set_theme(view.theme)
        for plot in self.plots:
            plot.set_view(view)

    def show_busy(self, share: float | None) -> None:
        """How far the work is; None once it is over."""
        self._busy = share is not None
        self.progress.setValue(round(1000 * (share or 0.0)))
        self._show_state()

    def show_scored(self, scored: Scored) -> None:
        """Show a scorecard."""
        self._scored = scored
        card, measured = scored.card, scored.card.measured
        reliability, over_time, scatter, sweeps = self.plots
        assert isinstance(reliability, Reliability)  # noqa: S101 - for the type checker: the plots keep their order
        assert isinstance(over_time, OverTime)  # noqa: S101
        assert isinstance(scatter, Scatter)  # noqa: S101
        assert isinstance(sweeps, Sweeps)  # noqa: S101
        rows = scored.predictions.scored[:, 0]
        reliability.show_measured(measured)
        over_time.show_measured(measured)
        scatter.show_cells(scored.predictions.predicted[rows], scored.predictions.observed[rows])
        sweeps.show_measured(measured)
        self.rows.show_rows(rows_of(card))
        self.headline.setText(verdict(card))
        self.basis.setText(beside(card))
        self.words.setText("\n".join(_below(scored)))
        self.complaint.setText("")
        self._show_state()

    def show_failed(self, sentence: str) -> None:
        """Say why there is no scorecard; an older one stays."""
        self.complaint.setText(sentence)
        self._show_state()

    def _show_state(self) -> None:
        self.progress.setVisible(self._busy)
        self.go.setText("Stop" if self._busy else "Score")
        self.go.setEnabled(bool(self._records))
        self.copy.setEnabled(self._scored is not None)
        self.complaint.setVisible(bool(self.complaint.text()))
        self._page.setCurrentIndex(0 if self._scored is None else 1)
        self.headline.setVisible(self._scored is not None)
        self.invitation.setText(READY if self._records else NOTHING)
        for widget in (self.market, self.record, self.start, self.end):
            widget.setEnabled(bool(self._records) and not self._busy)

    # --- what is chosen

    def _offer_records(self) -> None:
        own = [record for record in self._records if record.market == self.market.currentText()]
        possible = [bar for bar, *_ in _BARS if any(bar in record.bars for record in own)]
        pressed = next((bar for bar, *_ in _BARS if self.bar.button(bar).isChecked()), "")
        bar = pressed if pressed in possible else next(iter(possible), "")
        self.bar.set_visible(possible)
        self.bar.show_choice(bar or None)
        preferred = "totals" if bar == "1h" else "events"
        fitting = sorted((r for r in own if bar in r.bars), key=lambda r: (r.name != preferred, r.name))
        self.record.blockSignals(True)
        self.record.clear()
        for record in fitting:
            self.record.addItem(record.name, record)
        self.record.blockSignals(False)
        self.record.setVisible(len(fitting) > 1)
        self._offer_range()

    def _offer_range(self) -> None:
        record: Record | None = self.record.currentData()
        if record is None:
            return
        end = -(-record.end_ms // DAY_MS) * DAY_MS
        first = -(-record.start_ms // DAY_MS) * DAY_MS + LEARN_DAYS * DAY_MS
        start = min(max(first, end - DEFAULT_DAYS * DAY_MS), end - DAY_MS)
        self.start.setText(numbers.moment(start)[:10])
        self.end.setText(numbers.moment(end)[:10])
        reach = f"recorded {numbers.moment(record.start_ms)} to {numbers.moment(record.end_ms)} UTC"
        for field, what in ((self.start, "From this day"), (self.end, "To this day, not included")):
            field.setToolTip(f"{what}, UTC; {reach}")

    def _press(self) -> None:
        if self._busy:
            self.stop_asked.emit()
            return
        record: Record | None = self.record.currentData()
        bar = next((bar for bar, *_ in _BARS if self.bar.button(bar).isChecked()), "")
        if record is None or not bar:
            return
        try:
            start, end = utc_ms(self.start.text().strip()), utc_ms(self.end.text().strip())
        except BadInputError as error:
            self.show_failed(str(error))
            return
        self.complaint.setText("")
        self.asked.emit(Wanted(record, bar, start, end))

    def _copy(self) -> None:
        if self._scored is not None:
            self.copied.emit("\n".join(report(self._scored.card)) + "\n")


def _below(scored: Scored) -> list[str]:
    from heatdesk.gui.panels.score_words import open_questions

    return list(open_questions(scored.card))


def _date(name: str, parent: QWidget) -> QLineEdit:
    field = QLineEdit(parent)
    field.setAccessibleName(name)
    field.setFixedWidth(_DATE_PX)
    field.setMaxLength(25)
    return field


def _label(name: str, words: str = "") -> QLabel:
    label = QLabel(words)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if not words:
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
