"""Packs the cells that a painter lacks on a thread of their own: meanwhile it goes on showing what it has."""

from __future__ import annotations

import logging
import threading
from typing import Final, NamedTuple

from PySide6.QtCore import QObject, Qt, Signal

from heatdesk.gui.cells_ahead import brought_up_to, changed_columns, pack
from heatdesk.gui.heat_cells import HeatCells
from heatdesk.model.heatmap import Heatmap

_LOG: Final = logging.getLogger(__name__)


class _Wish(NamedTuple):
    """Cells that are lacking."""

    heatmap: Heatmap
    side: str
    rendering: str

    def is_same(self, other: _Wish) -> bool:
        """Whether both are for the same cells."""
        return self.heatmap is other.heatmap and self[1:] == other[1:]

    def serves(self, later: _Wish) -> bool:
        """Whether its cells can become those of a later wish by a few new columns."""
        return self.is_same(later) or (
            self[1:] == later[1:] and changed_columns(later.heatmap, self.heatmap) >= 0
        )


class Packing(QObject):
    """Packs one thing at a time; of what is lacking only the newest is packed next, and what failed last not again.

    `packed` says on the GUI thread that there is something to take.
    """

    packed = Signal()
    _posted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()  # guards what follows
        self._wish: _Wish | None = None
        self._at_work_on: _Wish | None = None
        self._made: tuple[_Wish, HeatCells] | None = None
        self._failed: _Wish | None = None
        self._posted.connect(self.packed, Qt.ConnectionType.QueuedConnection)

    def take(self, heatmap: Heatmap, side: str, rendering: str) -> HeatCells | None:
        """These cells, from now on the taker's alone; None while they are packed, or cannot be. For the GUI thread."""
        wish = _Wish(heatmap, side, rendering)
        with self._lock:
            made, self._made = self._made, None
            self._wish = None
            if made is not None and made[0].serves(wish):
                before, cells = made
                if brought_up_to(cells, heatmap, before.heatmap, side):
                    return cells
            if self._failed is not None and self._failed.is_same(wish):
                return None
            if self._at_work_on is None:
                self._at_work_on = wish
                threading.Thread(target=self._work, name="packing", daemon=True).start()
            elif not self._at_work_on.serves(wish):
                self._wish = wish
        return None

    def _work(self) -> None:
        wish = self._at_work_on
        while wish is not None:
            cells = _packed(wish)
            with self._lock:
                self._made = None if cells is None else (wish, cells)
                self._failed = wish if cells is None else None
                self._wish, self._at_work_on = None, self._wish
                wish = self._at_work_on
            try:
                self._posted.emit()
            except RuntimeError:  # the chart, and with it this object, is gone
                return


def _packed(wish: _Wish) -> HeatCells | None:
    """The cells; None where that fails, which leaves the picture before."""
    try:
        return pack(*wish)
    except Exception:
        _LOG.exception("the %s side could not be packed as %s", wish.side, wish.rendering)
        return None
