"""Where a chart looks: which times and prices are in sight, what follows the newest column, what fits by itself."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from heatdesk.engine import Snapshot
from heatdesk.gui.plot_view import PlotView
from heatdesk.gui.price_scale import PriceScale
from heatdesk.gui.visible_range import (
    LEAST_ROOM,
    Anchor,
    Span,
    data_span,
    fitting_prices,
    limits,
    room_ahead,
    whole_time,
)


class Navigation(QObject):
    """Moves a `PlotView`. `anchor_changed` carries an `Anchor`; `other_place` says that another market is shown.

    Ranges stay as the user left them until the symbol or the stretch of time asked for changes; prices fit what is in
    sight until the user moves them.
    """

    anchor_changed = Signal(object)
    other_place = Signal()

    def __init__(self, view_box: PlotView, parent: QObject) -> None:
        super().__init__(parent)
        self._view_box = view_box
        self._snapshot: Snapshot | None = None
        self._scale = PriceScale()
        self._anchor = Anchor.LIVE
        self._fits_price = True
        self._room_ms = 0
        view_box.time_moved.connect(self._user_moved_time)
        view_box.price_moved.connect(self._user_moved_price)

    @property
    def anchor(self) -> Anchor:
        """Whether the newest column is followed."""
        return self._anchor

    def times(self) -> Span:
        """The visible range in ms."""
        return Span(*self._view_box.viewRange()[0])

    def prices(self) -> Span:
        """The visible range as prices."""
        low, high = self._view_box.viewRange()[1]
        return Span(self._scale.price(low), self._scale.price(high))

    def show_snapshot(self, snapshot: Snapshot, scale: PriceScale) -> None:
        """Stay, follow, or go to what is new."""
        before, prices = self._snapshot, self.prices()
        self._snapshot, self._scale = snapshot, scale
        self._allow(snapshot)
        if before is None or _place(before) != _place(snapshot):
            self.other_place.emit()
            self.reset_range()
            return
        moved_on = data_span(snapshot).high - data_span(before).high
        if self._anchor is Anchor.LIVE and moved_on:
            times = self.times()
            self._show_times(Span(times.low + moved_on, times.high + moved_on))
        self._settle_price(prices)

    def follow(self, low: float, high: float) -> None:
        """Keep these prices of the newest candle in sight, while prices fit by themselves and it is followed."""
        shown = self.prices()
        if not self._fits_price or self._anchor is not Anchor.LIVE or (shown.low < low and high < shown.high):
            return
        room = LEAST_ROOM * high
        self._show_prices(
            Span(
                shown.low if shown.low < low else low - room, shown.high if high < shown.high else high + room
            )
        )

    def set_scale(self, scale: PriceScale) -> None:
        """The same prices on another scale."""
        prices, self._scale = self.prices(), scale
        if self._snapshot is not None:
            self._allow(self._snapshot)
            self._settle_price(prices)

    def set_room(self, ahead_ms: int) -> None:
        """Keep this much time free right of the newest column, as far as that leaves enough of the past in sight."""
        if ahead_ms != self._room_ms:
            self._room_ms = ahead_ms
            if self._anchor is Anchor.LIVE:
                self.go_live()

    def set_times(self, start_ms: float, end_ms: float) -> None:
        """Show a stretch of time as if the user had moved there; an empty one is ignored."""
        if end_ms > start_ms:
            self._show_times(Span(start_ms, end_ms))
            self._user_moved_time()

    def set_prices(self, low: float, high: float) -> None:
        """Show a stretch of price as if the user had moved there; an empty one is ignored."""
        if high > low:
            self._fits_price = False
            self._show_prices(Span(low, high))

    def reset_range(self) -> None:
        """All of the time, and prices that fit it."""
        self.reset_time()
        self.reset_price()

    def reset_time(self) -> None:
        """All of the time; prices keep fitting while they are automatic."""
        if self._snapshot is not None:
            self._show_times(whole_time(self._snapshot, self._room_ms))
        self._set_anchor(Anchor.LIVE)
        self._fit_price()

    def reset_price(self) -> None:
        """Prices that fit what is visible, now and after every move in time."""
        self._fits_price = True
        self._fit_price()

    def go_live(self) -> None:
        """Bring the newest column to the right edge at the present zoom, and follow it."""
        if self._snapshot is not None:
            times, span = self.times(), data_span(self._snapshot)
            margin = min(whole_time(self._snapshot).high - span.high, 0.1 * times.width)
            end = span.high + max(margin, room_ahead(times.width, self._room_ms))
            self._show_times(Span(end - times.width, end))
        self._set_anchor(Anchor.LIVE)
        self._fit_price()

    def _allow(self, snapshot: Snapshot) -> None:
        allowed = limits(snapshot, self._scale)
        self._view_box.setLimits(
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
        self._view_box.setXRange(times.low, times.high, padding=0)

    def _show_prices(self, prices: Span) -> None:
        self._view_box.setYRange(self._scale.y(prices.low), self._scale.y(prices.high), padding=0)

    def _settle_price(self, before: Span) -> None:
        """After a change of scale or data: fit again, or keep the prices that were visible."""
        if self._fits_price:
            self._fit_price()
        else:
            self._show_prices(before)

    def _fit_price(self) -> None:
        if self._fits_price and self._snapshot is not None:
            self._show_prices(fitting_prices(self._snapshot, self.times()))

    def _user_moved_time(self) -> None:
        if self._snapshot is not None:
            edge, times = data_span(self._snapshot).high, self.times()
            self._set_anchor(Anchor.LIVE if times.low < edge <= times.high else Anchor.PAUSED)
        self._fit_price()

    def _user_moved_price(self) -> None:
        self._fits_price = False

    def _set_anchor(self, anchor: Anchor) -> None:
        if anchor is not self._anchor:
            self._anchor = anchor
            self.anchor_changed.emit(anchor)


def _place(snapshot: Snapshot) -> tuple[object, ...]:
    """What of a question decides where the chart looks."""
    question = snapshot.question
    return question.symbol, question.simulated, question.lookback_ms, question.start_ms, question.end_ms
