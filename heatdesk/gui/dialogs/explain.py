"""Why a cell has its colour: its parts as a tree of sums, and the formula of the part one points at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from heatdesk.gui.dialogs.quit_key import quits_too
from heatdesk.gui.explain_words import ExplainWords, age_text
from heatdesk.gui.segmented import Segmented
from heatdesk.gui.theme import SMALL_PX
from heatdesk.reading.explain import GROUPINGS, Group, Sums, grouped, sums_of

_SIZE: Final = (760, 500)
_COLUMNS: Final = ("Part", "Age", "Born", "Closed", "Swept", "Left", "Share")
_TIPS: Final = (
    "A cohort is what one candle bore in one tier",
    "Since the end of its candle; of several the mean by what is left",
    "USD opened with a liquidation price in this row",
    "USD closed by their owners",
    "USD liquidated when price came into the row",
    "USD that stand: they add up to the cell",
    "Of all that is left",
)
_MOST: Final = 200  # rows under one heading; what is smaller is one row of its own, and whole in the CSV
_PART: Final = Qt.ItemDataRole.UserRole
_GROUP: Final = Qt.ItemDataRole.UserRole + 1
_KEYS: Final = [(name, f"Parts by {name}", f"Alt+{index}") for index, name in enumerate(GROUPINGS, start=1)]


def _together(groups: Sequence[Group]) -> Sums:
    return Sums._make(sum(values) for values in zip(*(group.sums for group in groups), strict=True))


class ExplainDialog(QDialog):
    """Shows one cell; stays open beside the chart and takes the next. `export_asked` for all parts as a table."""

    export_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("What made this cell · heatdesk")
        self.resize(*_SIZE)
        self._words: ExplainWords | None = None
        self._groups: list[Group] = []
        self._by = GROUPINGS[0]
        self._total, self._place, self._balance = QLabel(self), QLabel(self), QLabel(self)
        self._total.setObjectName("title")
        self._place.setObjectName("secondary")
        self._balance.setWordWrap(True)
        self.formula = QLabel(self)
        self.formula.setWordWrap(True)
        self.formula.setAlignment(Qt.AlignmentFlag.AlignTop)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(SMALL_PX)
        self.formula.setFont(font)
        for label in (self._total, self._place, self._balance, self.formula):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.by = Segmented("Parts by", _KEYS, self)
        self.by.chosen.connect(self.group_by)
        self.tree = self._make_tree()
        self._lay_out()
        quits_too(self)

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget(self)
        tree.setAccessibleName("Parts of the cell")
        tree.setHeaderLabels(list(_COLUMNS))
        for column, tip in enumerate(_TIPS):
            tree.headerItem().setToolTip(column, tip)
        tree.setUniformRowHeights(True)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(_COLUMNS)):
            tree.headerItem().setTextAlignment(column, Qt.AlignmentFlag.AlignRight)
            tree.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        tree.itemExpanded.connect(self._fill)
        tree.currentItemChanged.connect(lambda item, _: self._point(item))
        return tree

    def _lay_out(self) -> None:
        export = QPushButton("Export all parts…", self)
        export.setAutoDefault(False)
        export.clicked.connect(self.export_asked)
        close = QPushButton("Close", self)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        choice = QHBoxLayout()
        choice.setSpacing(8)
        by = QLabel("by", self)
        by.setObjectName("secondary")
        choice.addWidget(by)
        choice.addWidget(self.by)
        choice.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(export)
        below.addStretch(1)
        below.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(6)
        for label in (self._total, self._place, self._balance):
            column.addWidget(label)
        column.addLayout(choice)
        column.addWidget(self.tree, 1)
        column.addWidget(self.formula)
        column.addLayout(below)

    # --- what is shown

    def show_words(self, words: ExplainWords) -> None:
        """Show a cell."""
        self._words = words
        self._total.setText(words.total())
        self._place.setText(words.place())
        self._balance.setText(words.balance())
        several = len(words.explanation.exchanges) > 1
        self.by.set_visible([name for name in GROUPINGS if several or name != "exchange"])
        self.group_by(self._by if several or self._by != "exchange" else GROUPINGS[0])

    def group_by(self, name: str) -> None:
        """Sum the parts by one of ``explain.GROUPINGS``."""
        self._by = name
        self.by.show_choice(name)
        self.tree.clear()
        self.formula.clear()
        if (words := self._words) is None:
            return
        self._groups = grouped(words.parts, name, words.windows.limits_ms)
        standing = sum(group.sums.left > 0.0 for group in self._groups)
        shown = min(standing, _MOST)
        self.tree.addTopLevelItems([self._heading(number, words) for number in range(shown)])
        for rest, text in (
            (self._groups[shown:standing], "smaller, together"),
            (self._groups[standing:], "of which nothing is left"),
        ):
            if rest:
                self.tree.addTopLevelItem(self._row(f"{len(rest):,} {text}", "", _together(rest)))
        if self._groups and self._groups[0].sums.left > 0:
            self._open_first()

    def _open_first(self) -> None:
        """The largest group, its largest part pointed at."""
        if (first := self.tree.topLevelItem(0)) is not None:
            first.setExpanded(True)
            self.tree.setCurrentItem(first.child(0) or first)

    def _heading(self, number: int, words: ExplainWords) -> QTreeWidgetItem:
        group = self._groups[number]
        text = f"{words.group(self._by, group)}   ({len(group.which):,})"
        item = self._row(text, words.ages(group), group.sums)
        item.setData(0, _GROUP, number)
        item.setData(0, _PART, int(group.which[0]))
        item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        return item

    def _row(self, text: str, age: str, sums: Sums) -> QTreeWidgetItem:
        amounts = self._words.amounts(sums) if self._words is not None else []
        item = QTreeWidgetItem([text, age, *amounts])
        for column in range(1, len(_COLUMNS)):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return item

    def _fill(self, item: QTreeWidgetItem) -> None:
        """Make a group's rows when it is opened."""
        group, words = item.data(0, _GROUP), self._words
        if item.childCount() or group is None or words is None:
            return
        which, parts = self._groups[group].which, words.parts
        standing = which[parts.left[which] > 0.0]
        for i in standing[:_MOST].tolist():
            sums = Sums._make(float(getattr(parts, name)[i]) for name in Sums._fields)
            row = self._row(words.part(i), age_text(float(parts.age_ms[i])), sums)
            row.setData(0, _PART, i)
            item.addChild(row)
        for rest, text in (
            (standing[_MOST:], "smaller, together"),
            (which[len(standing) :], "of which nothing is left"),
        ):
            if len(rest):
                item.addChild(self._row(f"{len(rest):,} {text}", "", sums_of(parts.take(rest))))

    def _point(self, item: QTreeWidgetItem | None) -> None:
        """The formula of a part; of a group its largest part's."""
        i = None if item is None else item.data(0, _PART)
        self.formula.setText("" if i is None or self._words is None else self._words.formula(i))
