"""What is to be scored: a market with recorded liquidations, the bars, the record, and a range of days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from heatdesk.gui import numbers
from heatdesk.gui.panels.headings import secondary
from heatdesk.gui.segmented import Segmented
from heatdesk.market import DAY_MS
from heatdesk.moments import utc_ms

DEFAULT_DAYS: Final = 30
LEARN_DAYS: Final = 2  # before the range that is offered
_BARS: Final = [("1h", "Predict hours", "Alt+1"), ("5m", "Predict five minutes", "Alt+2")]
_DATE_PX: Final = 92


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


class ScoreChoice(QWidget):
    """Emits `entered` when a person presses Return in a date."""

    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._records: tuple[Record, ...] = ()
        self.market = _box("Market", "Whose map is scored: markets with recorded liquidations", self)
        self.bar = Segmented("Bars", _BARS, self)
        self.bar.setObjectName("strip")  # its buttons look like those of the strip under the top bar
        self.record = _box("Record", "The recorded liquidations it is held against", self)
        self.start, self.end = _date("From", self), _date("To, not included", self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self.market, self.bar, self.record, self.start, secondary("to"), self.end):
            row.addWidget(widget)
        self.market.currentIndexChanged.connect(lambda _: self._offer_records())
        self.record.currentIndexChanged.connect(lambda _: self._offer_range())
        self.bar.chosen.connect(lambda _: self._offer_records())
        for field in (self.start, self.end):
            field.returnPressed.connect(self.entered)

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

    def set_free(self, free: bool) -> None:
        """Whether something else may be chosen now."""
        for widget in (self.market, self.record, self.start, self.end):
            widget.setEnabled(free and bool(self._records))

    def wanted(self) -> Wanted | None:
        """What is chosen; None where there is nothing, raises BadInputError for a date that is none."""
        record: Record | None = self.record.currentData()
        if record is None:
            return None
        start, end = (utc_ms(field.text().strip()) for field in (self.start, self.end))
        return Wanted(record, self._pressed(), start, end)

    def _pressed(self) -> str:
        return next((bar for bar, *_ in _BARS if self.bar.button(bar).isChecked()), "")

    def _offer_records(self) -> None:
        own = [record for record in self._records if record.market == self.market.currentText()]
        possible = [bar for bar, *_ in _BARS if any(bar in record.bars for record in own)]
        bar = self._pressed() if self._pressed() in possible else next(iter(possible), "")
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
        """The last month that was recorded, with two days before it to learn from."""
        record: Record | None = self.record.currentData()
        if record is None:
            return
        end = -(-record.end_ms // DAY_MS) * DAY_MS
        first = -(-record.start_ms // DAY_MS) * DAY_MS + LEARN_DAYS * DAY_MS
        start = min(max(first, end - DEFAULT_DAYS * DAY_MS), end - DAY_MS)
        reach = f"recorded {numbers.moment(record.start_ms)} to {numbers.moment(record.end_ms)} UTC"
        for field, time_ms, what in (
            (self.start, start, "From this day"),
            (self.end, end, "To this day, not included"),
        ):
            field.setText(numbers.moment(time_ms)[:10])
            field.setToolTip(f"{what}, UTC; {reach}")


def _box(name: str, tip: str, parent: QWidget) -> QComboBox:
    box = QComboBox(parent)
    box.setAccessibleName(name)
    box.setToolTip(tip)
    return box


def _date(name: str, parent: QWidget) -> QLineEdit:
    field = QLineEdit(parent)
    field.setAccessibleName(name)
    field.setFixedWidth(_DATE_PX)
    field.setMaxLength(25)
    return field
