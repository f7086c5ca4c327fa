"""Every feed in a row, the streams of an exchange below it: what is alive, since when, and what is missing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import zip_longest
from typing import Final, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from heatdesk.gui import feed_words, numbers
from heatdesk.gui.theme import SMALL_PX, Tokens, tokens, ui_font
from heatdesk.live import ExchangeState, Health, Live, StreamState


class _Column(NamedTuple):
    head: str
    tip: str
    text: Callable[[ExchangeState, float], str]
    right: bool = True


_COLUMNS: Final = (
    _Column("Exchange", "and its streams below", lambda s, _: s.title, False),
    _Column("State", "how its feed is", lambda s, _: s.health.value, False),
    _Column("Age", "since it last gave data", lambda s, _: feed_words.age(s.age_ms)),
    _Column("To here", "exchange's clock to received", lambda s, _: feed_words.milliseconds(s.latency_ms)),
    _Column("To screen", "received to painted", lambda _, ms: feed_words.milliseconds(ms)),
    _Column("Messages", "a second", lambda s, _: numbers.compact(s.per_second)),
    _Column("Heard", "share of the last 24 hours", lambda s, _: feed_words.share(s.coverage)),
    _Column("Gaps", "holes that are not filled yet", lambda s, _: f"{s.gaps_open}"),
    _Column("Reconnects", "sockets dialled again", lambda s, _: f"{s.reconnects}"),
    _Column("Rejected", "messages that could not be believed", lambda s, _: f"{s.rejected}"),
    _Column("History", "share of what was asked for", lambda s, _: feed_words.share(s.progress)),
    _Column("Clock", "the exchange's, against this machine's", lambda s, _: feed_words.skew(s.skew_ms)),
    _Column("Liquidations", "how complete its feed of them is", lambda s, _: s.liquidations, False),
)
_LIGHT_PX: Final = 14
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WIDTHS: Final = (168, 150, 56, 60, 68, 68, 52, 44, 76, 60, 56, 96, 120)
_STREAM_GRADES: Final = {Health.LIVE: "good", Health.QUIET: "good"}


class FeedTable(QTreeWidget):
    """A tree that keeps its open branches and its selection while the numbers change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Feeds")
        self.setColumnCount(len(_COLUMNS))
        self.setHeaderLabels([column.head for column in _COLUMNS])
        self.setUniformRowHeights(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.header().setStretchLastSection(True)
        for index, (column, width) in enumerate(zip(_COLUMNS, _WIDTHS, strict=True)):
            self.headerItem().setToolTip(index, column.tip)
            self.setColumnWidth(index, width)
            if column.right:
                self.headerItem().setTextAlignment(index, _RIGHT)
        self._theme = tokens("dark")
        self._rows: dict[str, QTreeWidgetItem] = {}

    def set_theme(self, name: str) -> None:
        """Follow the theme at the next look."""
        self._theme = tokens(name)

    def show_live(self, live: Live, to_screen_ms: float) -> None:
        """Write what stands now; rows of exchanges that are gone go."""
        names = [state.exchange for state in live.exchanges]
        for gone in [name for name in self._rows if name not in names]:
            self.takeTopLevelItem(self.indexOfTopLevelItem(self._rows.pop(gone)))
        for state in live.exchanges:
            row = self._rows.get(state.exchange)
            if row is None:
                row = self._rows[state.exchange] = QTreeWidgetItem(self)
                for index, column in enumerate(_COLUMNS):
                    if column.right:
                        row.setTextAlignment(index, _RIGHT)
            for index, column in enumerate(_COLUMNS):
                row.setText(index, column.text(state, to_screen_ms))
            row.setIcon(0, light(self._theme, feed_words.grade(state)))
            row.setToolTip(0, feed_words.explained(state, live.made_ms))
            row.setToolTip(1, state.reason)
            self._show_streams(row, state.streams, live.made_ms)

    def open_exchange(self, name: str) -> None:
        """Open an exchange's branch and go there."""
        if (row := self._rows.get(name)) is not None:
            row.setExpanded(True)
            self.setCurrentItem(row)
            self.scrollToItem(row)

    def _show_streams(self, row: QTreeWidgetItem, streams: tuple[StreamState, ...], now_ms: int) -> None:
        if not row.isExpanded():  # of 200 streams nobody looks at, only that they are there matters
            if row.childCount() == 0 and streams:
                row.addChild(QTreeWidgetItem())
            return
        # what is not well first, or it would have to be looked for
        ordered = sorted(streams, key=lambda s: (_STREAM_GRADES.get(s.health, "warn") == "good", s.topic))
        children = [row.child(index) for index in range(row.childCount())]
        children += [QTreeWidgetItem(row) for _ in range(len(ordered) - len(children))]
        for child, stream in zip_longest(children, ordered):
            if child is not None and stream is None:
                row.removeChild(child)
            elif child is not None:
                self._show_stream(child, stream, now_ms)

    def _show_stream(self, child: QTreeWidgetItem, stream: StreamState, now_ms: int) -> None:
        child.setText(0, stream.topic)
        child.setText(1, stream.health.value)
        child.setText(2, feed_words.age(now_ms - stream.last_ms if stream.last_ms else -1))
        child.setTextAlignment(2, _RIGHT)
        child.setToolTip(1, stream.note)
        child.setIcon(0, light(self._theme, _STREAM_GRADES.get(stream.health, "warn")))


@cache
def light(theme: Tokens, grade: str) -> QIcon:
    """The shape and colour of a grade; words beside it stay as dark as any other."""
    picture = QPixmap(_LIGHT_PX, _LIGHT_PX)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setFont(ui_font(SMALL_PX))
    painter.setPen(QColor(getattr(theme, grade)))
    painter.drawText(picture.rect(), Qt.AlignmentFlag.AlignCenter, feed_words.MARKS[grade])
    painter.end()
    return QIcon(picture)
