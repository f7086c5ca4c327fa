"""The colour bar that is the contrast control: histogram, two handles, and everything else on the right button."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from heatdesk.declared import declarations_of
from heatdesk.engine import Snapshot
from heatdesk.gui.cells_ahead import changed_columns
from heatdesk.gui.legend_bar import LEFT, Bar
from heatdesk.gui.legend_bar import WIDTH as BAR_WIDTH
from heatdesk.gui.legend_handle import HEIGHT, LegendHandle
from heatdesk.gui.legend_menu import GAMMAS as GAMMAS
from heatdesk.gui.legend_menu import legend_menu
from heatdesk.gui.legend_scale import AmountScale, Measured, measured
from heatdesk.gui.paint_guard import guarded
from heatdesk.gui.sides import ages_shown
from heatdesk.gui.theme import SMALL_PX, tokens, ui_font
from heatdesk.gui.view import View
from heatdesk.gui.wording import wording_of
from heatdesk.model.heatmap import Heatmap
from heatdesk.settings.declarations import Scale

WIDTH: Final = 60
_PAD: Final = 3
_LINE: Final = 14
_EDITOR_PX: Final = 104
_MOST_STILL: Final = 8  # pictures kept: a side each, and some of another size or theme
_SMALLEST_GAP: Final = 0.005  # of the bar, between the handles
_GAMMA_RANGE: Final = (0.1, 10.0)
_LIMITS: Final = next(d for d in declarations_of(Scale) if d.name == "minimum")


class Legend(QWidget):
    """Emits `view_changed` with the view a person asked for; shows what `show_snapshot` and `set_view` tell it."""

    view_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self._view = View()
        self._shown: tuple[float, float] = (0.0, 1.0)
        self._is_set = False
        self._heatmap: Heatmap | None = None
        self._uncalibrated = True
        self._handles = (LegendHandle("lower", self), LegendHandle("upper", self))
        for index, handle in enumerate(self._handles):
            handle.dragged.connect(lambda y, i=index: self._move(i, self._bar().position(y)))
            handle.stepped.connect(lambda step, i=index: self._step(i, step))
            handle.edit_asked.connect(lambda i=index: self._edit_limit(i))
        self._editor: QLineEdit | None = None
        self._still: dict[tuple[object, ...], QPixmap] = {}
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._name()

    @property
    def limits(self) -> tuple[float, float]:
        """The contrast limits shown, USD per 0.1 % of price."""
        return self._shown

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take the histogram of a map; one that goes on from the map before is told by that."""
        uncalibrated = bool(snapshot.heatmap.meta.get("uncalibrated", True))
        if self._heatmap is None or changed_columns(snapshot.heatmap, self._heatmap) < 0:
            self._heatmap = snapshot.heatmap
        elif uncalibrated == self._uncalibrated:
            return
        self._uncalibrated = uncalibrated
        self._name()
        self._still.clear()
        self._place()

    def set_view(self, view: View, limits: tuple[float, float]) -> None:
        """Show a view whose contrast limits have been resolved (None in a view means automatic)."""
        if self._is_set and (view, limits) == (self._view, self._shown):
            return
        self._is_set, self._view, self._shown = True, view, limits
        for handle, amount in zip(self._handles, limits, strict=True):
            handle.set_theme(tokens(view.theme))
            handle.set_amount(amount, wording_of(view))
        self._name()
        self._place()

    def _of_side(self) -> Measured:
        """What the side looked at holds."""
        if self._heatmap is None:
            return Measured(AmountScale(1.0), {})
        return measured(self._heatmap, self._view.side)

    def _name(self) -> None:
        """What the picture says, for those who hear it, and in the tooltip."""
        words = " ".join(self.head())
        self.setAccessibleName(f"Legend: {words}")
        self.setToolTip(f"{words}\nDrag the handles · right button for palette, rendering, gamma and lock")

    def head(self) -> list[str]:
        """The lines above the bar."""
        wording = wording_of(self._view)
        lines = wording.unit.split(" ", 1)
        if self._uncalibrated:
            lines += ["not", "calibrated"]
        if self._view.locked:
            lines.append("locked")
        if wording.rate_note:
            rate, _, dated = wording.rate_note.partition(", ")
            usd, _, rate = rate.partition(" = ")
            day, _, year = dated.rpartition(" ")
            lines += [f"{usd} =", *rate.split(" "), *filter(None, (day, year))]
        if self._view.side == "net":
            lines.append("▲ shorts")
        return lines

    def _bar(self) -> Bar:
        top = 6 + _LINE * len(self.head()) + 6
        foot = HEIGHT // 2 + 4 + (_LINE if self._view.side == "net" else 0)
        return Bar(top, max(1, self.height() - top - foot), self._of_side().scale, self._view.side == "net")

    def _place(self) -> None:
        left, bar = LEFT + BAR_WIDTH + 1, self._bar()
        for handle, amount in zip(self._handles, self._shown, strict=True):
            handle.setGeometry(left, bar.y(amount) - HEIGHT // 2, self.width() - left, HEIGHT)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    # --- what a person does

    def _move(self, index: int, position: float) -> None:
        low, high = (float(self._of_side().scale.position(amount)) for amount in self._shown)
        if index == 0:
            low = min(position, high - _SMALLEST_GAP)
        else:
            high = max(position, low + _SMALLEST_GAP)
        limits = [float(self._of_side().scale.amount(low)), float(self._of_side().scale.amount(high))]
        limits[1 - index] = self._shown[1 - index]
        self._ask_limits(*limits)

    def _step(self, index: int, step: float) -> None:
        self._move(index, float(self._of_side().scale.position(self._shown[index])) + step)

    def _ask_limits(self, low: float, high: float) -> None:
        if low < high and _is_kept(low) and _is_kept(high):
            self.view_changed.emit(replace(self._view, low=low, high=high))

    def _edit_limit(self, index: int) -> None:
        def take(text: str) -> None:
            limits = list(self._shown)
            limits[index] = wording_of(self._view).parse(text)
            self._ask_limits(*limits)

        handle = self._handles[index]
        amount = self._shown[index] * self._view.currency.rate
        self._edit(f"{amount:.0f}", handle.accessibleName(), handle.y(), take)

    def _edit_gamma(self) -> None:
        def take(text: str) -> None:
            gamma = float(text.replace(",", "."))
            if _GAMMA_RANGE[0] <= gamma <= _GAMMA_RANGE[1]:
                self.view_changed.emit(replace(self._view, gamma=gamma))

        name = f"gamma, {_GAMMA_RANGE[0]:g} to {_GAMMA_RANGE[1]:g}"
        self._edit(f"{self._view.gamma:g}", name, self._bar().top, take)

    def _edit_minimum(self) -> None:
        def take(text: str) -> None:
            minimum = wording_of(self._view).parse(text)
            if _is_kept(minimum):
                self.view_changed.emit(replace(self._view, minimum_usd=minimum))

        amount = self._view.minimum_usd * self._view.currency.rate
        name = f"smallest cell, {wording_of(self._view).unit}"
        self._edit(f"{amount:.0f}", name, self._bar().y(self._view.minimum_usd) - HEIGHT // 2, take)

    def _edit(self, text: str, name: str, y: int, take: Callable[[str], None]) -> None:
        """Ask for a value where it stands; `take` gets what was typed and may raise ValueError."""
        if self._editor is not None:
            self._editor.editingFinished.emit()  # one at a time: what is typed there counts
        host = self.parentWidget() or self  # wider than the bar: amounts have up to ten digits
        at = self.mapTo(host, QPoint(2, min(max(y, 0), self.height() - HEIGHT)))
        editor = QLineEdit(text, host)
        editor.setAccessibleName(name)
        editor.setPlaceholderText(name)
        editor.setToolTip(f"{name} (Esc leaves it as it was)")
        editor.setGeometry(at.x(), at.y(), _EDITOR_PX, HEIGHT)
        back = self.focusWidget() or self
        given_up = QShortcut(QKeySequence("Esc"), editor)
        given_up.setContext(Qt.ShortcutContext.WidgetShortcut)
        given_up.activated.connect(lambda: self._typed(editor, _nothing, back))
        editor.editingFinished.connect(lambda: self._typed(editor, take, back))
        self._editor = editor
        editor.selectAll()
        editor.show()
        editor.setFocus()

    def _typed(self, editor: QLineEdit, take: Callable[[str], None], back: QWidget) -> None:
        if self._editor is not editor:  # closing the editor takes its focus, which reports a second time
            return
        self._editor = None
        with suppress(
            ValueError
        ):  # what cannot be read changes nothing; the legend shows the value that holds
            take(editor.text())
        editor.deleteLater()
        back.setFocus()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.options_menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def options_menu(self, parent: QWidget) -> QMenu:
        """Palette, rendering, gamma, the smallest cell, the lock, and the way back to automatic limits."""
        choose = self.view_changed.emit
        return legend_menu(parent, self._view, self._shown, choose, self._edit_gamma, self._edit_minimum)

    # --- painting

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme, bar = tokens(self._view.theme), self._bar()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._still_part(bar))
        painter.setFont(ui_font(SMALL_PX))
        aged = ages_shown(self._heatmap, self._view.side) is not None
        painter.drawImage(bar.rect, bar.image(self._view, self._shown, aged))
        painter.setPen(QColor(theme.hairline))
        painter.drawRect(bar.rect.adjusted(-1, -1, 0, 0))
        if self._view.side == "net":
            self._paint_mirror(painter, bar)

    def _still_part(self, bar: Bar) -> QPixmap:
        """Ground, words and histogram: what neither a slider nor a palette changes is painted once."""
        ratio = self.devicePixelRatioF()
        shows = self.width(), self.height(), ratio, self._view.theme, self._view.side, tuple(self.head())
        if shows not in self._still:
            if len(self._still) >= _MOST_STILL:
                self._still.clear()
            picture = QPixmap(self.size() * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(QColor(tokens(self._view.theme).background))
            painter = QPainter(picture)
            self._paint_still_part(painter, bar)
            painter.end()
            self._still[shows] = picture
        return self._still[shows]

    def _paint_still_part(self, painter: QPainter, bar: Bar) -> None:
        theme = tokens(self._view.theme)
        painter.fillRect(QRect(0, 0, 1, self.height()), QColor(theme.hairline))
        painter.setFont(ui_font(SMALL_PX))
        for number, line in enumerate(self.head()):
            painter.setPen(QColor(theme.text if number == 0 else theme.secondary))
            self._paint_line(painter, line, 6 + _LINE * number)
        quiet = QColor(theme.secondary)
        quiet.setAlphaF(0.5)
        for sign, heights in self._of_side().heights.items():
            bar.paint_histogram(painter, heights, quiet, sign)

    def _paint_mirror(self, painter: QPainter, bar: Bar) -> None:
        """The other end of a signed bar: the same limit, and whose end it is."""
        theme = tokens(self._view.theme)
        painter.setPen(QColor(theme.secondary))
        y, left = bar.y(self._shown[1], -1), LEFT + BAR_WIDTH
        painter.drawLine(left, y, left + 3, y)
        amount = wording_of(self._view).compact(self._shown[1])
        painter.drawText(
            QRect(left + 9, y - _LINE // 2, self.width(), _LINE), Qt.AlignmentFlag.AlignVCenter, amount
        )
        self._paint_line(painter, "▼ longs", bar.top + bar.height + 4)

    def _paint_line(self, painter: QPainter, line: str, top: int) -> None:
        room = QRect(_PAD, top, self.width() - _PAD, _LINE)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line)


def _is_kept(usd: float) -> bool:
    """Whether the settings take such an amount."""
    return _LIMITS.low is not None and _LIMITS.high is not None and _LIMITS.low <= usd <= _LIMITS.high


def _nothing(_: str) -> None:
    """What is done with a value that was given up."""
