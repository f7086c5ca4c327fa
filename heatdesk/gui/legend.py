"""The colour bar that is the contrast control: histogram, two handles, palette and gamma on the right button."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import (
    QActionGroup,
    QColor,
    QContextMenuEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers
from heatdesk.gui.legend_handle import HEIGHT, LegendHandle
from heatdesk.gui.legend_scale import AmountScale, amount_scale, colour_index, histogram
from heatdesk.gui.theme import SMALL_PX, palette_names, palette_table, tokens, ui_font
from heatdesk.gui.view import View
from heatdesk.model.heatmap import Heatmap

WIDTH: Final = 84
GAMMAS: Final = (0.5, 0.7, 1.0, 1.4, 2.0)
_HEAD: Final = 36
_HISTOGRAM_WIDTH: Final = 18
_BAR_LEFT: Final = 24
_BAR_WIDTH: Final = 10
_BINS: Final = 96
_SMALLEST_GAP: Final = 0.005  # of the bar, between the handles


class Legend(QWidget):
    """Emits `view_changed` with the view a person asked for; shows what `show_snapshot` and `set_view` tell it."""

    view_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Legend: USD per 0.1 % of price, uncalibrated")
        self._view = View()
        self._shown: tuple[float, float] = (0.0, 1.0)
        self._heatmap: Heatmap | None = None
        self._side = ""
        self._uncalibrated = True
        self._scale = AmountScale(1.0)
        self._heights = np.zeros(_BINS)
        self._handles = (LegendHandle("lower", self), LegendHandle("upper", self))
        for index, handle in enumerate(self._handles):
            handle.dragged.connect(lambda y, i=index: self._move(i, self._position(y)))
            handle.stepped.connect(lambda step, i=index: self._step(i, step))
            handle.edit_asked.connect(lambda i=index: self._edit(i))
        self._editor: QLineEdit | None = None

    @property
    def limits(self) -> tuple[float, float]:
        """The contrast limits shown, USD per 0.1 % of price."""
        return self._shown

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take the histogram of a map."""
        self._heatmap = snapshot.heatmap
        self._uncalibrated = bool(snapshot.heatmap.meta.get("uncalibrated", True))
        self._measure()

    def set_view(self, view: View, limits: tuple[float, float]) -> None:
        """Show a view whose contrast limits have been resolved (None in a view means automatic)."""
        self._view, self._shown = view, limits
        if view.side != self._side:
            self._measure()
        for handle, amount in zip(self._handles, limits, strict=True):
            handle.set_theme(tokens(view.theme))
            handle.set_amount(amount)
        self._place()

    def _measure(self) -> None:
        self._side = self._view.side
        if self._heatmap is not None:
            self._scale = amount_scale(self._heatmap, self._side)
            self._heights = histogram(self._heatmap, self._side, self._scale, _BINS)
        self._place()

    # --- geometry: the bar runs from `_HEAD` to a half handle above the lower edge

    def _bar(self) -> QRect:
        return QRect(_BAR_LEFT, _HEAD, _BAR_WIDTH, max(1, self.height() - _HEAD - HEIGHT // 2 - 4))

    def _position(self, y: int) -> float:
        bar = self._bar()
        return min(1.0, max(0.0, 1.0 - (y - bar.top()) / bar.height()))

    def _y(self, amount: float) -> int:
        bar = self._bar()
        return bar.top() + round((1.0 - float(self._scale.position(amount))) * bar.height())

    def _place(self) -> None:
        left = _BAR_LEFT + _BAR_WIDTH + 1
        for handle, amount in zip(self._handles, self._shown, strict=True):
            handle.setGeometry(left, self._y(amount) - HEIGHT // 2, self.width() - left, HEIGHT)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    # --- what a person does

    def _move(self, index: int, position: float) -> None:
        low, high = (float(self._scale.position(amount)) for amount in self._shown)
        if index == 0:
            low = min(position, high - _SMALLEST_GAP)
        else:
            high = max(position, low + _SMALLEST_GAP)
        limits = [float(self._scale.amount(low)), float(self._scale.amount(high))]
        limits[1 - index] = self._shown[1 - index]
        self._ask_limits(*limits)

    def _step(self, index: int, step: float) -> None:
        self._move(index, float(self._scale.position(self._shown[index])) + step)

    def _ask_limits(self, low: float, high: float) -> None:
        if 0 <= low < high:
            self.view_changed.emit(replace(self._view, low=low, high=high))

    def _edit(self, index: int) -> None:
        handle = self._handles[index]
        editor = QLineEdit(f"{self._shown[index]:.0f}", self)
        editor.setAccessibleName(handle.accessibleName())
        editor.setGeometry(2, min(handle.y(), self.height() - HEIGHT), self.width() - 4, HEIGHT)
        editor.editingFinished.connect(lambda: self._typed(index, editor))
        self._editor = editor
        editor.selectAll()
        editor.show()
        editor.setFocus()

    def _typed(self, index: int, editor: QLineEdit) -> None:
        if self._editor is not editor:  # closing the editor takes its focus, which reports a second time
            return
        self._editor = None
        try:
            limits = list(self._shown)
            limits[index] = numbers.parse_amount(editor.text())
            self._ask_limits(*limits)
        except ValueError:
            pass  # what cannot be read changes nothing; the handle still shows the amount that holds
        editor.deleteLater()
        self._handles[index].setFocus()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.options_menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def options_menu(self, parent: QWidget) -> QMenu:
        """Palette, gamma and the way back to automatic limits."""
        menu = QMenu(parent)
        palettes = menu.addMenu("Palette")
        group = QActionGroup(palettes)
        for name in palette_names():
            action = palettes.addAction(name)
            action.setCheckable(True)
            action.setChecked(name == self._view.palette)
            group.addAction(action)
            action.triggered.connect(
                lambda _=False, n=name: self.view_changed.emit(replace(self._view, palette=n))
            )
        gammas = menu.addMenu("Gamma")
        group = QActionGroup(gammas)
        for gamma in GAMMAS:
            action = gammas.addAction(f"{gamma:g}")
            action.setCheckable(True)
            action.setChecked(gamma == self._view.gamma)
            group.addAction(action)
            action.triggered.connect(
                lambda _=False, g=gamma: self.view_changed.emit(replace(self._view, gamma=g))
            )
        menu.addSeparator()
        reset = menu.addAction("Automatic limits")
        reset.triggered.connect(lambda: self.view_changed.emit(replace(self._view, low=None, high=None)))
        return menu

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = tokens(self._view.theme)
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.background))
        painter.fillRect(QRect(0, 0, 1, self.height()), QColor(theme.hairline))
        painter.setFont(ui_font(SMALL_PX))
        painter.setPen(QColor(theme.secondary))
        painter.drawText(QRect(4, 4, self.width() - 4, 14), Qt.AlignmentFlag.AlignLeft, "USD per 0.1 %")
        if self._uncalibrated:
            painter.drawText(QRect(4, 18, self.width() - 4, 14), Qt.AlignmentFlag.AlignLeft, "uncalibrated")
        bar = self._bar()
        quiet = QColor(theme.secondary)
        quiet.setAlphaF(0.5)
        self._paint_histogram(painter, bar, quiet)
        painter.drawImage(bar, self._bar_image(bar.height()))
        painter.setPen(QColor(theme.hairline))
        painter.drawRect(bar.adjusted(-1, -1, 0, 0))

    def _paint_histogram(self, painter: QPainter, bar: QRect, colour: QColor) -> None:
        edges = np.rint(np.linspace(bar.bottom() + 1, bar.top(), _BINS + 1)).astype(int)
        for height, bottom, top in zip(self._heights, edges[:-1], edges[1:], strict=True):
            width = round(float(height) * _HISTOGRAM_WIDTH)
            painter.fillRect(QRect(_BAR_LEFT - 2 - width, int(top), width, int(bottom - top)), colour)

    def _bar_image(self, height: int) -> QImage:
        positions = 1.0 - (np.arange(height) + 0.5) / height
        entries = colour_index(self._scale.amount(positions), *self._shown, self._view.gamma)
        strip = np.ascontiguousarray(palette_table(self._view.palette, self._view.theme)[entries])
        return QImage(strip.data, 1, height, 4, QImage.Format.Format_RGBA8888).copy()
