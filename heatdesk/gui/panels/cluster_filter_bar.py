"""The row above the ranking: which side, how near, how large, and whether the map's sensitivity counts."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from heatdesk.gui.panels.cluster_rows import ClusterFilter
from heatdesk.gui.panels.typed_number import TypedNumber, parse_percent, parse_usd
from heatdesk.gui.segmented import Segmented

_SIDES: Final = [
    ("both", "List both sides", "Alt+B"),
    ("short", "List shorts, above", "Alt+S"),
    ("long", "List longs, below", "Alt+L"),
]
_FARTHEST_PERCENT: Final = 1000.0


class ClusterFilterBar(QWidget):
    """Emits `changed` with a ClusterFilter, `as_map_changed` with a bool, `complained` with a sentence."""

    changed = Signal(object)
    as_map_changed = Signal(bool)
    complained = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filter = ClusterFilter()
        self.side = Segmented("List", _SIDES, self)
        self.side.set_labels({"both": "all", "short": "▲", "long": "▼"})
        self.side.show_choice("both")
        self.within = TypedNumber(
            "Within",
            "Only zones at most so many % away",
            "Ctrl+F",
            parse_percent(0.0, _FARTHEST_PERCENT),
            self,
        )
        self.within.setPlaceholderText("≤%")
        self.least = TypedNumber("At least", "Only zones of at least so much USD", "Ctrl+M", parse_usd, self)
        self.least.setPlaceholderText("≥$")
        self.as_map = QToolButton(self)
        self.as_map.setText("◐")
        self.as_map.setCheckable(True)
        self.as_map.setAccessibleName("As the map")
        self.as_map.setToolTip("Leave out what the map's sensitivity leaves out (Alt+M)")
        self.as_map.setShortcut("Alt+M")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 4)
        row.setSpacing(4)
        row.addWidget(self.side)
        row.addWidget(self.within, 1)
        row.addWidget(self.least, 1)
        row.addWidget(self.as_map)
        self.side.chosen.connect(lambda side: self._change(side=side))
        self.within.typed.connect(
            lambda percent: self._change(within=math.inf if percent is None else percent / 100)
        )
        self.least.typed.connect(lambda usd: self._change(least_usd=usd or 0.0))
        self.as_map.toggled.connect(self.as_map_changed)
        for field in (self.within, self.least):
            field.complained.connect(self.complained)

    def _change(self, **values: object) -> None:
        self._filter = replace(self._filter, **values)  # type: ignore[arg-type]
        self.changed.emit(self._filter)
