"""The chart: candles over the map, axes, crosshair, and where it looks."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtWidgets import QGraphicsGridLayout, QVBoxLayout, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui import theme
from heatdesk.gui.axes import PriceAxis, Tag, TimeAxis
from heatdesk.gui.contrast import automatic_limits
from heatdesk.gui.crosshair import CrosshairLayer
from heatdesk.gui.heatmap_item import HeatmapItem, HeatPainter
from heatdesk.gui.hover import Hover, hover_at
from heatdesk.gui.layers.base import Look, PlotLayer
from heatdesk.gui.layers.candles import CandleLayer
from heatdesk.gui.layers.gaps import GapLayer
from heatdesk.gui.layers.last_price import LastPriceLayer, last_close, last_colour
from heatdesk.gui.layers.notice import NoticeLayer
from heatdesk.gui.plot_view import PlotView
from heatdesk.gui.price_scale import PriceScale
from heatdesk.gui.time_ticks import moment_text
from heatdesk.gui.view import View
from heatdesk.gui.visible_range import Anchor, Span, data_span, fitting_prices, limits, whole_time

# Bottom to top. A new layer is one file in layers/ and one row here.
LAYERS: Final[tuple[type[PlotLayer], ...]] = (
    HeatmapItem,
    GapLayer,
    CandleLayer,
    LastPriceLayer,
    NoticeLayer,
    CrosshairLayer,
)

_Kind = TypeVar("_Kind", bound=PlotLayer)


class ChartView(QWidget):
    """A snapshot as a picture that can be moved.

    `show_snapshot` and `set_view` say what to draw; a new snapshot of the same question keeps the user's ranges and
    follows the newest column while the anchor is live. `hovered` carries a `Hover` or None, `range_changed` follows
    every move of the plot, `anchor_changed` carries an `Anchor`.
    """

    hovered = Signal(object)
    range_changed = Signal()
    anchor_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._snapshot: Snapshot | None = None
        self._look = Look()
        self._anchor = Anchor.LIVE
        self._fits_price = True
        self._automatic: dict[str, tuple[float, float]] = {}
        self._hover: Hover | None = None
        self.view_box = PlotView()
        self.time_axis = TimeAxis(self.view_box)
        self.price_axis = PriceAxis(self.view_box)
        self.layers = tuple(layer(self.view_box) for layer in LAYERS)
        self.heatmap_item = self._layer(HeatmapItem)
        self._crosshair = self._layer(CrosshairLayer)
        self.canvas = pg.GraphicsView(self, useOpenGL=False, background=None)
        self._lay_out()
        self._connect()
        self._use_scale(View())
        self.canvas.setBackground(self._look.tokens.background)

    def _lay_out(self) -> None:
        grid = QGraphicsGridLayout()
        grid.setContentsMargins(0.0, 0.0, 0.0, 0.0)
        grid.setSpacing(0.0)
        grid.addItem(self.view_box, 0, 0)
        grid.addItem(self.price_axis, 0, 1)
        grid.addItem(self.time_axis, 1, 0)
        self.canvas.centralWidget.setLayout(grid)
        self.canvas.viewport().setCursor(Qt.CursorShape.CrossCursor)
        self.canvas.setMinimumSize(200, 120)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.canvas)

    def _layer(self, kind: type[_Kind]) -> _Kind:
        """The layer of one kind."""
        return next(layer for layer in self.layers if isinstance(layer, kind))

    def _connect(self) -> None:
        self.view_box.sigRangeChanged.connect(self._range_changed)
        self.view_box.time_moved.connect(self._user_moved_time)
        self.view_box.price_moved.connect(self._user_moved_price)
        self.view_box.hovered.connect(self._cursor_moved)
        self.time_axis.reset_asked.connect(self.reset_time)
        self.price_axis.reset_asked.connect(self.reset_price)

    @property
    def anchor(self) -> Anchor:
        """Whether the newest column is followed."""
        return self._anchor

    @property
    def price_scale(self) -> PriceScale:
        """How prices stand on the y axis of `view_box`."""
        return self._look.scale

    def plot_area(self) -> QRectF:
        """The plot without its axes, in this widget's logical pixels."""
        return QRectF(self.view_box.mapRectToScene(self.view_box.rect()))

    def visible_times(self) -> Span:
        """The visible range in ms."""
        return Span(*self.view_box.viewRange()[0])

    def visible_prices(self) -> Span:
        """The visible range in USD."""
        low, high = self.view_box.viewRange()[1]
        return Span(self.price_scale.price(low), self.price_scale.price(high))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw this. The ranges stay unless the symbol or the stretch of time asked for has changed."""
        before, self._snapshot = self._snapshot, snapshot
        other = before is None or _place(before) != _place(snapshot)
        moved_on = 0.0 if before is None else data_span(snapshot).high - data_span(before).high
        prices = self.visible_prices()
        self._use_scale(self._look.view)
        self._automatic.clear()
        for layer in self.layers:
            layer.show_snapshot(snapshot)
        self._colour_map()
        self._apply_limits(snapshot)
        if other:
            self.price_axis.forget_width()
            self.reset_range()
        else:
            if self._anchor is Anchor.LIVE and moved_on:
                times = self.visible_times()
                self._show_times(Span(times.low + moved_on, times.high + moved_on))
            self._settle_price(prices)
        self._tag_axes()
        self.view_box.tell_cursor()

    def set_view(self, view: View) -> None:
        """Look at it like this: recomputes nothing of the map."""
        before, prices = self._look.view, self.visible_prices()
        if (view.theme, view.price_scale) != (before.theme, before.price_scale):
            self._use_scale(view)
            self.canvas.setBackground(self._look.tokens.background)
            if self._snapshot is not None:
                self._apply_limits(self._snapshot)
                self._settle_price(prices)
                self._tag_axes()
        self._look = replace(self._look, view=view)
        self._colour_map()

    def set_range(
        self,
        start_ms: float | None = None,
        end_ms: float | None = None,
        price_low: float | None = None,
        price_high: float | None = None,
    ) -> None:
        """Show a stretch of time, of price, or both, as if the user had moved there."""
        if start_ms is not None and end_ms is not None and end_ms > start_ms:
            self._show_times(Span(start_ms, end_ms))
            self._user_moved_time()
        if price_low is not None and price_high is not None and price_high > price_low:
            self._fits_price = False
            self._show_prices(Span(price_low, price_high))

    def reset_range(self) -> None:
        """All of the time, and prices that fit it."""
        self.reset_time()
        self.reset_price()

    def reset_time(self) -> None:
        """All of the time; prices keep fitting while they are automatic."""
        if self._snapshot is not None:
            self._show_times(whole_time(self._snapshot))
        self._set_anchor(Anchor.LIVE)
        self._fit_price()

    def reset_price(self) -> None:
        """Prices that fit what is visible, now and after every move in time."""
        self._fits_price = True
        self._fit_price()

    def go_live(self) -> None:
        """Bring the newest column to the right edge at the present zoom, and follow it."""
        if self._snapshot is not None:
            times, whole = self.visible_times(), whole_time(self._snapshot)
            margin = min(whole.high - data_span(self._snapshot).high, 0.1 * times.width)
            end = data_span(self._snapshot).high + margin
            self._show_times(Span(end - times.width, end))
        self._set_anchor(Anchor.LIVE)
        self._fit_price()

    def _use_scale(self, view: View) -> None:
        reference = last_close(self._snapshot)
        scale = PriceScale(view.price_scale, float("nan") if reference is None else reference)
        self._look = Look(view, scale)
        for layer in self.layers:
            layer.set_look(self._look)
        for axis in (self.time_axis, self.price_axis):
            axis.set_look(self._look)

    def _colour_map(self) -> None:
        if self._snapshot is None:
            return
        heatmap, view = self._snapshot.heatmap, self._look.view
        if view.side not in self._automatic:
            self._automatic[view.side] = automatic_limits(heatmap, view.side)
        low, high = self._automatic[view.side]
        low, high = (low if view.low is None else view.low), (high if view.high is None else view.high)
        per_bin = heatmap.bin_bps / 10.0
        item: HeatPainter = self.heatmap_item
        item.set_map(heatmap, self.price_scale.to_view(heatmap.prices))
        item.set_side(view.side)
        item.set_colours(
            theme.palette_table(view.palette, view.theme), low * per_bin, high * per_bin, view.gamma
        )

    def _apply_limits(self, snapshot: Snapshot) -> None:
        allowed = limits(snapshot, self.price_scale)
        self.view_box.setLimits(
            xMin=allowed.x.low,
            xMax=allowed.x.high,
            yMin=allowed.y.low,
            yMax=allowed.y.high,
            minXRange=allowed.x_width.low,
            maxXRange=allowed.x_width.high,
            minYRange=allowed.y_width.low,
            maxYRange=allowed.y_width.high,
        )

    def _show_times(self, times: Span) -> None:
        self.view_box.setXRange(times.low, times.high, padding=0)

    def _show_prices(self, prices: Span) -> None:
        scale = self.price_scale
        self.view_box.setYRange(scale.y(prices.low), scale.y(prices.high), padding=0)

    def _settle_price(self, before: Span) -> None:
        """After a change of scale or data: fit again, or keep the prices that were visible."""
        if self._fits_price:
            self._fit_price()
        else:
            self._show_prices(before)

    def _fit_price(self) -> None:
        if self._fits_price and self._snapshot is not None:
            self._show_prices(fitting_prices(self._snapshot, self.visible_times()))

    def _user_moved_time(self) -> None:
        if self._snapshot is not None:
            edge, times = data_span(self._snapshot).high, self.visible_times()
            self._set_anchor(Anchor.LIVE if times.low < edge <= times.high else Anchor.PAUSED)
        self._fit_price()

    def _user_moved_price(self) -> None:
        self._fits_price = False

    def _set_anchor(self, anchor: Anchor) -> None:
        if anchor is not self._anchor:
            self._anchor = anchor
            self.anchor_changed.emit(anchor)

    def _range_changed(self) -> None:
        self.range_changed.emit()

    def _cursor_moved(self, at: QPointF | None) -> None:
        self._hover = None
        if at is not None and self._snapshot is not None:
            self._hover = hover_at(self._snapshot, at.x(), self.price_scale.price(at.y()))
        self._crosshair.set_hover(self._hover)
        self._tag_axes()
        self.hovered.emit(self._hover)

    def _tag_axes(self) -> None:
        """Stand the last price and the crosshair on the axes."""
        tokens, price, hover = self._look.tokens, last_close(self._snapshot), self._hover
        prices: list[Tag] = []
        times: list[Tag] = []
        if self._snapshot is not None and price is not None:
            fill = last_colour(self._snapshot, self._look).name()
            prices.append(self.price_axis.tag(price, fill, tokens.background))
        if hover is not None:
            prices.append(self.price_axis.tag(hover.price, tokens.text, tokens.background))
            times.append(Tag(hover.time_ms, moment_text(hover.time_ms), tokens.text, tokens.background))
        self.price_axis.set_tags(prices)
        self.time_axis.set_tags(times)


def _place(snapshot: Snapshot) -> tuple[object, ...]:
    """What of a question decides where the chart looks."""
    question = snapshot.question
    return question.symbol, question.lookback_ms, question.start_ms, question.end_ms
