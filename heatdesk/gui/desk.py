"""Chart, legend and profile as one picture: the window hosts it, `heatdesk snapshot` renders it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from heatdesk.engine import Question, Snapshot
from heatdesk.gui import numbers
from heatdesk.gui.chart import ChartView
from heatdesk.gui.legend import Legend
from heatdesk.gui.paint_guard import guarded
from heatdesk.gui.panes.strip import PaneStrip
from heatdesk.gui.profile import Profile
from heatdesk.gui.theme import tokens, ui_font
from heatdesk.gui.view import View
from heatdesk.reading.clusters import Cluster

_CAPTION_PX: Final = 32
_PATIENCE_MS: Final = 150  # what is answered sooner is felt as at once
_PAD_PX: Final = 12
_STILL_PX: Final = 72  # from the top: what the chart reads out stands above
_CENTRE_MARGIN: Final = 6.0  # zone heights of price on either side of a zone the chart is centred on


class ChartDesk(QWidget):
    """Emits `view_changed` with the view a person asked for on the legend; whoever owns the view sets it."""

    view_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("desk")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._view = View()
        self._shown: Snapshot | None = None
        self._is_picture = False
        self._caption = QLabel(self)
        self._caption.setTextFormat(Qt.TextFormat.PlainText)
        self._caption.setFixedHeight(_CAPTION_PX)
        self._caption.setContentsMargins(8, 0, 8, 0)
        self._caption.hide()
        self.chart, self.legend, self.profile = ChartView(self), Legend(self), Profile(self)
        for waiting in (self.legend, self.profile):  # a map gives them something to say
            place = waiting.sizePolicy()
            place.setRetainSizeWhenHidden(True)
            waiting.setSizePolicy(place)
            waiting.hide()
        self._strip = PaneStrip(self)
        self._veil = _Veil(self)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(lambda: self.set_loading(True, at_once=True))
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.chart, 1)
        row.addWidget(self.legend)
        row.addWidget(self.profile)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._caption)
        column.addLayout(row, 1)
        column.addWidget(self._strip)
        self.legend.view_changed.connect(self.view_changed)
        self._strip.view_asked.connect(self.view_changed)
        self.chart.fold_asked.connect(
            lambda name, folded: self.view_changed.emit(self._view.with_fold(name, folded))
        )
        self.chart.range_changed.connect(self._align_profile)
        self.chart.view_box.sigResized.connect(self._align_profile)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show a map and what stands beside it; the old one is forgotten."""
        self.show_map(snapshot)
        self.show_beside(snapshot)

    def show_map(self, snapshot: Snapshot) -> None:
        """Show a map; legend, profile and caption go on telling of the one before until `show_beside`."""
        self._shown = snapshot
        self.chart.show_snapshot(snapshot)
        self.chart.set_view(self._view)
        self.set_loading(False)

    def show_beside(self, snapshot: Snapshot) -> None:
        """Show legend, profile and caption of a map that is shown."""
        self._caption.setText(_caption(snapshot))
        self.legend.show_snapshot(snapshot)
        self.profile.show_snapshot(snapshot)
        self.legend.show()
        self.profile.show()
        self.set_view(self._view)

    def show_candles(self, snapshot: Snapshot) -> None:
        """Show a snapshot that has no map yet; the legend and the profile wait for it."""
        self.chart.show_snapshot(snapshot)
        self.set_loading(True, at_once=True)

    def set_view(self, view: View) -> None:
        """Look at the map like this; recomputes nothing of it."""
        self._view = view
        self.chart.set_view(view)
        self.legend.set_view(view, self.chart.contrast_limits)
        self.profile.set_view(view)
        self._strip.set_view(replace(view, panes=()) if self._is_picture else view)
        self._veil.set_theme(view.theme)
        self._align_profile()

    def set_profile_width(self, width: int) -> None:
        """Give the profile this many pixels."""
        self.profile.setFixedWidth(width)

    def set_loading(self, loading: bool, at_once: bool = False) -> None:
        """Dim the old picture and show a bar at the top while a new one is being made.

        An answer that comes quickly would only make the picture flash, so it is dimmed a little later, or `at_once`.
        """
        if loading and not at_once:
            self._patience.start()
            return
        self._patience.stop()
        if not loading:
            self._veil.say("")
            self._veil.say_shown("")
        self._veil.setVisible(loading)
        self._veil.raise_()

    def wait_for(self, question: Question) -> None:
        """Dim the picture until this is answered; where it is of something else, say what it still shows."""
        shown = self._shown
        still = "" if shown is None or shown.question == question else f"Still {_caption(shown)}"
        self._veil.say_shown(still)
        self.set_loading(True)

    def say_while_loading(self, sentence: str) -> None:
        """Why the next picture takes longer than one would expect."""
        self._veil.say(sentence)

    def show_caption(self) -> None:
        """Say above the chart what it shows: a picture on its own has no top bar, nor buttons."""
        self._is_picture = True
        self._caption.show()

    def centre_on(self, low: float, high: float) -> None:
        """Bring a zone to the middle of the price axis at the present zoom, or wider where it would not fit."""
        shown = self.chart.visible_prices()
        half = max(shown.width / 2, (high - low) * _CENTRE_MARGIN / 2)
        middle = (low + high) / 2
        self.chart.set_range(price_low=middle - half, price_high=middle + half)

    def highlight(self, cluster: Cluster | None) -> None:
        """Point at a zone on the chart, or at none."""
        if cluster is None:
            self.chart.highlight()
        else:
            self.chart.highlight(cluster.low, cluster.high)

    def go_live(self) -> None:
        """Bring the newest column to the right edge."""
        self.chart.go_live()

    def reset_range(self) -> None:
        """All of the time, and prices that fit."""
        self.chart.reset_range()

    def _align_profile(self, *_: object) -> None:
        """Put the profile's price axis where the chart's is."""
        if not self.chart.isVisibleTo(self):
            return
        area = self.chart.plot_area()
        top = self.profile.mapFromGlobal(self.chart.mapToGlobal(QPoint(0, round(area.top())))).y()
        y_min, y_max = self.chart.view_box.viewRange()[1]
        self.profile.set_span(self.chart.price_scale, y_min, y_max, top, round(area.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._veil.setGeometry(self.rect())
        self._align_profile()


class _Veil(QWidget):
    """Dims what lies under it by a tenth, with a thin bar at the top; the mouse goes through.

    In its middle it says why that takes so long, at its top what is still shown meanwhile.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme = tokens("dark")
        self._words = self._shown = ""
        self.hide()

    def set_theme(self, name: str) -> None:
        self._theme = tokens(name)

    def say(self, sentence: str) -> None:
        if sentence != self._words:
            self._words = sentence
            self.setAccessibleName(sentence)
            self.update()

    def say_shown(self, sentence: str) -> None:
        if sentence != self._shown:
            self._shown = sentence
            self.setAccessibleDescription(sentence)
            self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        shade = QColor(self._theme.background)
        shade.setAlphaF(0.1)
        painter.fillRect(self.rect(), shade)
        painter.fillRect(0, 0, self.width(), 2, QColor(self._theme.accent))
        painter.setFont(ui_font())
        if self._words:
            self._draw_plate(painter, self._words, self.height() // 2)
        if self._shown:
            self._draw_plate(painter, self._shown, _STILL_PX)

    def _draw_plate(self, painter: QPainter, words: str, middle: int) -> None:
        """A sentence on a plate of its own, centred at a height; cut where there is no room for it."""
        metrics = painter.fontMetrics()
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, self.width() - 4 * _PAD_PX)
        plate = metrics.boundingRect(words).adjusted(-_PAD_PX, -_PAD_PX, _PAD_PX, _PAD_PX)
        plate.moveCenter(QPoint(self.width() // 2, middle))
        painter.fillRect(plate, QColor(self._theme.panel))
        painter.setPen(QColor(self._theme.text))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)


def _caption(snapshot: Snapshot) -> str:
    question, heatmap = snapshot.question, snapshot.heatmap
    end = int(heatmap.times_ms[-1]) + heatmap.step_ms
    parts = (
        question.symbol,
        " + ".join(question.exchanges),
        question.timeframe,
        f"{numbers.moment(int(heatmap.times_ms[0]))} – {numbers.moment(end)} UTC",
        f"estimator {question.params.estimator}",
    )
    return "   ·   ".join(parts)
