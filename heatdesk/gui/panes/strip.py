"""The line under the panes: which of them are shown, one button each."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from heatdesk.gui.layer_toggles import PER_EXCHANGE, UNDER_MAP, Toggle, without_panes
from heatdesk.gui.view import View

HEIGHT: Final = 26


class PaneStrip(QWidget):
    """Emits `view_asked` with a View; there only while there is a pane, their keys and the View menu work always."""

    view_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._view = View()
        self._buttons: list[tuple[Toggle, QToolButton]] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 1)
        row.setSpacing(4)
        for toggle in UNDER_MAP:
            row.addWidget(self._button(toggle))
        row.addStretch(1)
        row.addWidget(self._button(PER_EXCHANGE))
        away = QToolButton(self)
        away.setText("✕")
        away.setAccessibleName("Hide all panes")
        away.setToolTip("Hide all panes")
        away.setFixedSize(24, 24)
        away.clicked.connect(lambda: self.view_asked.emit(without_panes(self._view)))
        row.addWidget(away)
        self.hide()

    def set_view(self, view: View) -> None:
        """Press the buttons of what is shown."""
        self._view = view
        for toggle, button in self._buttons:
            button.setChecked(toggle.is_on(view))
        self.setVisible(bool(view.panes))

    def _button(self, toggle: Toggle) -> QToolButton:
        button = QToolButton(self)
        button.setText(toggle.short)
        button.setCheckable(True)
        button.setAccessibleName(toggle.text)
        button.setToolTip(f"{toggle.text} ({toggle.key})")
        button.clicked.connect(lambda: self.view_asked.emit(toggle.turned(self._view)))
        self._buttons.append((toggle, button))
        return button
