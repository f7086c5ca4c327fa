"""The chart: candles over the map, axes and crosshair, and what a reader wants pointed out."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGraphicsGridLayout, QVBoxLayout, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui import theme
from heatdesk.gui.axis_tags import moment_pointed_at, price_pointed_at, price_tags
from heatdesk.gui.canvas import Canvas
from heatdesk.gui.colour_table import Contrast
from heatdesk.gui.contrast import ContrastLimits
from heatdesk.gui.crosshair import CrosshairLayer
from heatdesk.gui.heatmap_item import HeatmapItem, HeatPainter
from heatdesk.gui.hover import Hover, hover_at
from heatdesk.gui.layers.agreement import AgreementLayer
from heatdesk.gui.layers.base import Look, PlotLayer, redraw, redraw_all
from heatdesk.gui.layers.book import BookLayer
from heatdesk.gui.layers.bubbles import BubbleLayer
from heatdesk.gui.layers.candles import CandleLayer
from heatdesk.gui.layers.frame_zones import FrameLayer
from heatdesk.gui.layers.gaps import GapLayer
from heatdesk.gui.layers.highlight import HighlightLayer
from heatdesk.gui.layers.joins import JoinLayer
from heatdesk.gui.layers.last_price import LastPriceLayer, last_close
from heatdesk.gui.layers.notice import NoticeLayer
from heatdesk.gui.layers.positions import PositionLayer
from heatdesk.gui.layers.reach import ReachLayer, horizon_ms
from heatdesk.gui.layers.truth import TruthLayer
from heatdesk.gui.live_bar import Forming, LiveBar, countdown, follows_now
from heatdesk.gui.navigation import Navigation
from heatdesk.gui.panes.stack import LAST_ROW, PaneStack
from heatdesk.gui.plot_view import PlotView
from heatdesk.gui.price_axis import PriceAxis
from heatdesk.gui.price_scale import PriceScale
from heatdesk.gui.sides import ages_shown
from heatdesk.gui.time_axis import TimeAxis, ZoneCorner
from heatdesk.gui.view import View
from heatdesk.gui.visible_range import Anchor, Span
from heatdesk.live import Live
from heatdesk.market import Floats
from heatdesk.model.ensemble import Agreement

# Bottom to top. A new layer is one file in layers/ and one row here.
LAYERS: Final[tuple[type[PlotLayer], ...]] = (
    HeatmapItem,
    AgreementLayer,
    GapLayer,
    HighlightLayer,
    CandleLayer,
    PositionLayer,
    LastPriceLayer,
    TruthLayer,
    BookLayer,
    BubbleLayer,
    JoinLayer,
    ReachLayer,
    FrameLayer,
    NoticeLayer,
    CrosshairLayer,
)

_Kind = TypeVar("_Kind", bound=PlotLayer)


class ChartView(QWidget):
    """A snapshot as a picture that can be moved.

    `show_snapshot` and `set_view` say what to draw; a new snapshot of the same question keeps the user's ranges and
    follows the newest column while the anchor is live. `hovered` carries a `Hover` or None, `picked` the one
    that was clicked, `range_changed` follows every move of the plot, `anchor_changed` carries an `Anchor`, `fold_asked`
    the name of a pane and whether it shall be folded.
    """

    hovered = Signal(object)
    picked = Signal(object)
    range_changed = Signal()
    anchor_changed = Signal(object)
    fold_asked = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._snapshot: Snapshot | None = None
        self._look = Look()
        self._limits = ContrastLimits()
        self._hover: Hover | None = None
        self._moment_ms: int | None = None
        self._forming, self._closes_in = Forming(), ""
        self._bar: LiveBar | None = None
        self.view_box = PlotView()
        self.time_axis = TimeAxis(self.view_box)
        self.price_axis = PriceAxis(self.view_box)
        self._corner = ZoneCorner(self.view_box)
        self.layers = tuple(layer(self.view_box) for layer in LAYERS)
        self.heatmap_item = self._layer(HeatmapItem)
        self._crosshair, self._bubbles = self._layer(CrosshairLayer), self._layer(BubbleLayer)
        self._navigation = Navigation(self.view_box, self)
        self.canvas = Canvas(self)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # whoever holds the chart has its keys
        for item in (self._crosshair, self.price_axis.cursor_tag, self.time_axis.cursor_tag):
            self.canvas.floats(item)
        self._lay_out()
        self._connect()
        self.canvas.setBackground(self._look.tokens.background)
        self._set_look(View())

    def _lay_out(self) -> None:
        grid = QGraphicsGridLayout()
        grid.setContentsMargins(0.0, 0.0, 0.0, 0.0)
        grid.setSpacing(0.0)
        grid.addItem(self.view_box, 0, 0)
        grid.addItem(self.price_axis, 0, 1)
        grid.addItem(self.time_axis, LAST_ROW, 0)
        grid.addItem(self._corner, LAST_ROW, 1)
        self.panes = PaneStack(self.view_box, grid, self.canvas)
        self.canvas.lay_out(grid)
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
        self.view_box.hovered.connect(self._cursor_moved)
        self.view_box.clicked.connect(self._pick)
        self.time_axis.reset_asked.connect(self.reset_time)
        self.price_axis.reset_asked.connect(self.reset_price)
        self._navigation.anchor_changed.connect(self.anchor_changed)
        self._navigation.other_place.connect(self.price_axis.forget_width)
        self.panes.fold_asked.connect(self.fold_asked)
        self.panes.moment_hovered.connect(self._moment_hovered)

    # --- what is drawn

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw this. The ranges stay unless the symbol or the stretch of time asked for has changed."""
        self._snapshot = snapshot
        self._show_bar(self._forming.show_snapshot(snapshot))
        self._limits.show(snapshot.question, snapshot.heatmap)
        self._set_look(self._look.view)
        for layer in self.layers:
            layer.show_snapshot(snapshot)
        self.panes.show_snapshot(snapshot)
        self._colour_map()
        self._make_room()
        self._navigation.show_snapshot(snapshot, self.price_scale)
        self._tag_axes()
        self.view_box.tell_cursor()

    def show_live(self, live: Live) -> None:
        """Follow the market without a new snapshot, up to 30 times a second; only what has changed is painted."""
        if not follows_now(self._snapshot):
            return
        bar = self._forming.hear(live)
        closes_in = "" if bar is None else countdown(bar.end_ms - live.made_ms)
        changed = bar != self._bar or closes_in != self._closes_in
        self._closes_in = closes_in
        self._show_bar(bar)
        if bar is not None:
            self._navigation.follow(bar.ohlc.low, bar.ohlc.high)
        if changed:
            self._tag_axes()
        for layer in self.layers:
            layer.show_live(live)
        self.panes.show_live(live)

    def _show_bar(self, bar: LiveBar | None) -> None:
        if bar == self._bar:
            return
        self._bar = bar
        for layer in self.layers:
            layer.show_bar(bar)

    def set_view(self, view: View) -> None:
        """Look at it like this: recomputes nothing of the map."""
        before = self._look
        self._set_look(view)
        if view.price_scale != before.view.price_scale:
            self._navigation.set_scale(self.price_scale)
        if view.reach != before.view.reach:
            self._make_room()
        self._colour_map()
        if view.side != before.view.side or self._look.differs_beside_the_plot(before):
            self._tag_axes()

    @property
    def contrast_limits(self) -> tuple[float, float]:
        """The contrast limits that hold, USD per 0.1 % of price: the view's own, or the map's where it has none."""
        return self._limits.of(self._look.view)

    def highlight(self, low: float | None = None, high: float | None = None) -> None:
        """Point at a zone between two prices, or, without one, at none."""
        self._layer(HighlightLayer).set_zone(None if low is None or high is None else (low, high))

    def show_agreement(self, agreement: Agreement | None) -> None:
        """Know where the models of an ensemble agree, None while that is being worked out."""
        self._layer(AgreementLayer).show_agreement(agreement)

    def show_truth(self, prices: Floats, usd_long: Floats, usd_short: Floats) -> None:
        """Draw what truly stands beside the estimate: USD (n,) between the prices (n + 1,); empty arrays end it."""
        self._layer(TruthLayer).set_levels(prices, usd_long, usd_short)

    def set_simulated(self, simulated: bool) -> None:
        """Say on the chart that this market is no real one."""
        self._layer(NoticeLayer).set_simulated(simulated)

    def _set_look(self, view: View) -> None:
        before, reference = self._look, last_close(self._snapshot)
        scale = PriceScale(view.price_scale)
        if scale.mode == "percent" and reference is not None:  # others read the same whatever the price is
            scale = replace(scale, reference=reference)
        self._look = Look(view, scale)
        for layer in self.layers:
            layer.set_look(self._look)
        for axis in (self.time_axis, self.price_axis, self._corner):
            axis.set_look(self._look)
        self.panes.set_look(self._look)
        if view != before.view:
            redraw(self.heatmap_item)
        if self._look.differs_beside_the_plot(before):
            self.canvas.setBackground(self._look.tokens.background)
            redraw_all(self.view_box)

    def _colour_map(self) -> None:
        if self._snapshot is None:
            return
        heatmap, view = self._snapshot.heatmap, self._look.view
        contrast = Contrast(*self.contrast_limits, view.gamma, view.minimum_usd)
        item: HeatPainter = self.heatmap_item
        item.set_map(heatmap, self.price_scale.to_view(heatmap.prices))
        item.set_side(view.side, view.rendering)
        aged = ages_shown(heatmap, view.side) is not None
        palette = (
            theme.age_tables(view.theme) if aged else theme.palette_pair(view.palette, view.theme, view.side)
        )
        item.set_colours(palette, contrast.times(heatmap.bin_bps / 10.0))

    def _make_room(self) -> None:
        """Room right of the newest column for what is drawn of the time ahead."""
        shown = self._snapshot if self._look.view.reach else None
        self._navigation.set_room(0 if shown is None else horizon_ms(shown))

    # --- where it looks

    @property
    def anchor(self) -> Anchor:
        """Whether the newest column is followed."""
        return self._navigation.anchor

    @property
    def price_scale(self) -> PriceScale:
        """How prices stand on the y axis of `view_box`."""
        return self._look.scale

    def plot_area(self) -> QRectF:
        """The plot without its axes, in this widget's logical pixels."""
        return QRectF(self.view_box.mapRectToScene(self.view_box.rect()))

    def visible_times(self) -> Span:
        """The visible range in ms."""
        return self._navigation.times()

    def visible_prices(self) -> Span:
        """The visible range in USD."""
        return self._navigation.prices()

    def set_range(
        self,
        start_ms: float | None = None,
        end_ms: float | None = None,
        price_low: float | None = None,
        price_high: float | None = None,
    ) -> None:
        """Show a stretch of time, of price, or both, as if the user had moved there."""
        if start_ms is not None and end_ms is not None:
            self._navigation.set_times(start_ms, end_ms)
        if price_low is not None and price_high is not None:
            self._navigation.set_prices(price_low, price_high)

    def reset_range(self) -> None:
        """All of the time, and prices that fit it."""
        self._navigation.reset_range()

    def reset_time(self) -> None:
        """All of the time; prices keep fitting while they are automatic."""
        self._navigation.reset_time()

    def reset_price(self) -> None:
        """Prices that fit what is visible, now and after every move in time."""
        self._navigation.reset_price()

    def go_live(self) -> None:
        """Bring the newest column to the right edge at the present zoom, and follow it."""
        self._navigation.go_live()

    def _range_changed(self) -> None:
        self.range_changed.emit()

    # --- what is under the cursor

    def _cursor_moved(self, at: QPointF | None) -> None:
        self._hover = None
        if at is not None and self._snapshot is not None:
            self._hover = hover_at(self._snapshot, at.x(), self.price_scale.price(at.y()))
        self._crosshair.set_hover(self._hover)
        self._bubbles.set_cursor(at)
        self.panes.set_moment(None if self._hover is None else self._hover.time_ms)
        self._tag_cursor()
        self.hovered.emit(self._hover)

    def _moment_hovered(self, time_ms: float | None) -> None:
        """The cursor is over a pane: the map marks the moment."""
        slot = None
        if time_ms is not None and self._snapshot is not None:
            slot = hover_at(self._snapshot, time_ms, float("nan")).time_ms
        self._moment_ms = slot
        self._crosshair.set_moment(slot)
        self.panes.set_moment(slot)
        self._tag_cursor()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.panes.fit(self.height() - self.time_axis.minimumHeight())

    def _pick(self, at: QPointF) -> None:
        if self._snapshot is not None:
            self.picked.emit(hover_at(self._snapshot, at.x(), self.price_scale.price(at.y())))

    def _tag_axes(self) -> None:
        """Stand the frame and the last price on the axes."""
        tags = price_tags(self.price_axis, self._snapshot, self._look, self._bar, self._closes_in)
        self.price_axis.set_tags(tags)
        self._tag_cursor()

    def _tag_cursor(self) -> None:
        """Stand what the cursor is on beside them."""
        hover = self._hover
        price = price_pointed_at(self.price_axis, self._look, hover)
        self.price_axis.make_room_for(price)
        self.price_axis.cursor_tag.set_tag(price)
        moment = self._moment_ms if hover is None else hover.time_ms
        self.time_axis.cursor_tag.set_tag(moment_pointed_at(self._look, moment))
