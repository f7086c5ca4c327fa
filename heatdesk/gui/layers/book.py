"""The order book over the map: what rests at each price now, at the right edge; it says nothing of the past."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from heatdesk.engine import Snapshot
from heatdesk.events import Market
from heatdesk.gui import numbers, theme
from heatdesk.gui.layers.base import Frame, Look, PlotLayer, redraw, redraw_part
from heatdesk.gui.layers.bubble_shapes import cell_of
from heatdesk.gui.layers.text import LINE_HEIGHT, Plate, Run
from heatdesk.gui.live_bar import follows_now, shown_market, shown_markets
from heatdesk.live import BookState, Live
from heatdesk.market import Floats
from heatdesk.reading.resting import Depth, ThinWay, along, depth_of, thin_ways, walls

_EVERY_MS: Final = 250  # more often it would only flicker
_MOST_WALLS: Final = 6  # with an amount
_MOST_WAYS: Final = 3
# Logical pixels.
_BAR: Final = 112.0  # of the largest row in sight
_ROW_SHARE: Final = 1.0 / 4.0  # of a circle's cell: rows of 3 to 6 pixels
_PART: Final = 480.0  # of the right edge that is painted anew
_ALPHA: Final = 110
_WALL_ALPHA: Final = 235
_GREY_ALPHA: Final = 70


class Rows(NamedTuple):
    """Resting USD of bids and asks (n,) between edges (n + 1,) of the view's y."""

    edges: Floats
    usd: tuple[Floats, Floats]
    walls: tuple[NDArray[np.bool_], NDArray[np.bool_]]


class BookLayer(PlotLayer):
    """Quiet bars of bids and asks, walls strong and with their amount; grey while the book is being rebuilt."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._books: dict[Market, BookState] = {}
        self._titles: dict[str, str] = {}
        self._price = float("nan")
        self._drawn_ms = 0
        self._depth: Depth | None = None
        self._plate = Plate()

    # --- what is known

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw the books of this map's markets; others are forgotten."""
        if not follows_now(snapshot):
            self._books = {}
        self._books = {m: book for m, book in self._books.items() if m in shown_markets(snapshot)}
        self._depth = None
        super().show_snapshot(snapshot)

    def drawn_of(self, snapshot: Snapshot) -> object:
        return id(snapshot) if self.look.view.book else None

    def changed_area(self, before: Snapshot, now: Snapshot) -> QRectF:
        return self._at_the_edge()

    def show_live(self, live: Live) -> None:
        """Draw the books as they stand now, a few times a second."""
        if self.snapshot is None or not self.look.view.book:
            return
        books = {m: live.books[m] for m in shown_markets(self.snapshot) if m in live.books}
        state = live.markets.get(shown_market(self.snapshot))
        self._titles = {one.exchange: one.title for one in live.exchanges}
        same = books.keys() == self._books.keys() and all(books[m] is self._books[m] for m in books)
        whole = [book.whole for book in books.values()] == [book.whole for book in self._books.values()]
        if same or (whole and abs(live.made_ms - self._drawn_ms) < _EVERY_MS):
            return
        self._books, self._drawn_ms, self._depth = books, live.made_ms, None
        self._price = float("nan") if state is None else state.price
        redraw_part(self, self._at_the_edge())

    def set_look(self, look: Look) -> None:
        """Draw like this."""
        before = self.look.view
        super().set_look(look)
        if (before.book, before.wall) != (look.view.book, look.view.wall):
            redraw(self)

    def _at_the_edge(self) -> QRectF:
        """Where bars, amounts and words stand, in logical pixels."""
        area = self.boundingRect()
        return QRectF(area.right() - _PART, area.top(), _PART, area.height())

    @property
    def is_whole(self) -> bool:
        """Whether at least one book is complete; the others are left out."""
        return any(book.whole for book in self._books.values())

    def depth(self) -> Depth:
        """The complete books as one; while none is complete, what was last known."""
        if self._depth is None:
            chosen = [book for book in self._books.values() if book.whole or not self.is_whole]
            self._depth = depth_of((book.bids, book.asks) for book in chosen)
        return self._depth

    def thin_ways(self) -> tuple[ThinWay, ...]:
        """The clusters in reach that little stands before; none while the book is being rebuilt."""
        if self.snapshot is None or not self.is_whole:
            return ()
        return thin_ways(self.snapshot.clusters, self.depth(), self._price)

    def words(self) -> list[str]:
        """Whose book it is, how it stands, and which clusters are behind a thin bid or ask."""
        if not self._books:
            return ["Order book: none is heard yet"]
        whole = [self._title(m) for m, book in self._books.items() if book.whole]
        rest = [self._title(m) for m, book in self._books.items() if not book.whole]
        told = []
        if whole:
            times = f"{self.look.view.wall:g}".rstrip(".")
            told.append(
                f"Order book: {', '.join(whole)}{self._reach()}   wall: {times} × the median and more"
            )
        if rest:
            told.append(f"{', '.join(rest)}: order book is being rebuilt")
        for way in self.thin_ways()[:_MOST_WAYS]:
            zone, amount = numbers.zone(way.cluster.low, way.cluster.high), self.look.wording.amount(way.usd)
            mark, side = ("▲", "ask") if way.cluster.low > self._price else ("▼", "bid")
            told.append(f"{mark} {zone} stands behind a thin {side}: {amount} rests before it")
        return told

    def _reach(self) -> str:
        """``, ±0.05 %``: how far from the price orders are known; exchanges tell the nearest levels only."""
        low, high = self.depth().reach
        share = (high - low) / (high + low) if high > low > 0.0 else float("nan")
        if not np.isfinite(share):
            return ""
        return f", ±{numbers.fixed(share * 100.0, 2 if share < 0.01 else 1)}{numbers.THIN}%"

    def rows(self, frame: Frame) -> Rows:
        """What is drawn: resting USD in rows that stand still while the view moves."""
        height = cell_of((frame.y_max - frame.y_min) / frame.height * frame.pixel * _ROW_SHARE)
        first, last = np.floor(frame.y_min / height), np.ceil(frame.y_max / height)
        edges = np.arange(first, last + 1.0) * height
        depth, y_of = self.depth(), self.look.scale.to_view
        bids = along(y_of(depth.bid_price), depth.bid_usd, edges)
        asks = along(y_of(depth.ask_price), depth.ask_usd, edges)
        marked = walls((bids, asks), self.look.view.wall)
        return Rows(edges, (bids, asks), (marked[0], marked[1]))

    def _title(self, market: Market) -> str:
        return self._titles.get(market.exchange, market.exchange)[:24]

    # --- painting

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if not self.look.view.book or not follows_now(self.snapshot):
            return
        rows = self.rows(frame)
        largest = max(float(side.max(initial=0.0)) for side in rows.usd)
        if largest > 0.0:
            painter.setPen(Qt.PenStyle.NoPen)
            for side, (usd, marked) in enumerate(zip(rows.usd, rows.walls, strict=True)):
                for chosen, alpha in (((usd > 0.0) & ~marked, _ALPHA), (marked, _WALL_ALPHA)):
                    self._draw_bars(
                        painter, frame, rows.edges, usd / largest, chosen, self._ink(side == 0, alpha)
                    )
            if self.is_whole:
                self._draw_amounts(painter, frame, rows, largest)
        self._draw_words(painter, frame)

    def _ink(self, is_bid: bool, alpha: int) -> QColor:
        if not self.is_whole:
            colour, alpha = QColor(self.look.tokens.secondary), _GREY_ALPHA
        else:
            colour = QColor(self.look.move_colour(is_bid))
        colour.setAlpha(alpha)
        return colour

    def _draw_bars(
        self,
        painter: QPainter,
        frame: Frame,
        edges: Floats,
        share: Floats,
        chosen: NDArray[np.bool_],
        ink: QColor,
    ) -> None:
        rows = np.flatnonzero(chosen)
        if not len(rows):
            return
        top, bottom = np.round(frame.y(edges[rows + 1])), np.round(frame.y(edges[rows]))
        width = np.maximum(np.round(share[rows] * _BAR * frame.pixel), 1.0)
        gap = 1.0 if float(np.median(bottom - top)) > 2.0 else 0.0
        held = PrimitiveArray(QRectF, 4)
        held.resize(len(rows))
        held.ndarray()[:] = np.column_stack(
            [frame.left + frame.width - width, top, width, np.maximum(bottom - top - gap, 1.0)]
        )
        painter.setBrush(ink)
        painter.drawRects(*held.drawargs())

    def _draw_amounts(self, painter: QPainter, frame: Frame, rows: Rows, largest: float) -> None:
        """What the largest walls in sight hold, left of them; none over another."""
        found = [
            (float(usd[i]), i)
            for usd, marked in zip(rows.usd, rows.walls, strict=True)
            for i in np.flatnonzero(marked).tolist()
        ]
        font = theme.ui_font(round(theme.SMALL_PX * frame.pixel))
        width_of = QFontMetricsF(font, painter.device()).horizontalAdvance
        height = LINE_HEIGHT * theme.SMALL_PX * frame.pixel
        taken: list[float] = []
        for usd, row in sorted(found, reverse=True)[:_MOST_WALLS]:
            y = float(frame.y((rows.edges[row] + rows.edges[row + 1]) / 2.0))
            if any(abs(y - other) < height for other in taken):
                continue
            taken.append(y)
            words = self.look.wording.amount(usd)
            x = (
                frame.left
                + frame.width
                - usd / largest * _BAR * frame.pixel
                - width_of(words)
                - 8 * frame.pixel
            )
            line: list[Run] = [(words, QColor(self.look.tokens.text), False)]
            self._plate.draw(painter, frame, self.look, QPointF(x, y - height / 2), [line], theme.SMALL_PX)

    def _draw_words(self, painter: QPainter, frame: Frame) -> None:
        lines = self.words()
        font = theme.ui_font(round(theme.SMALL_PX * frame.pixel))
        width_of = QFontMetricsF(font, painter.device()).horizontalAdvance
        width = max(width_of(words) for words in lines)
        text, secondary = QColor(self.look.tokens.text), QColor(self.look.tokens.secondary)
        rows: list[list[Run]] = [[(words, text if i else secondary, False)] for i, words in enumerate(lines)]
        height = LINE_HEIGHT * theme.SMALL_PX * len(lines) * frame.pixel
        x = max(frame.left + frame.width - width - 8 * frame.pixel, frame.left + 8 * frame.pixel)
        corner = QPointF(x, frame.top + frame.height - height - 8 * frame.pixel)
        self._plate.draw(painter, frame, self.look, corner, rows, theme.SMALL_PX)
