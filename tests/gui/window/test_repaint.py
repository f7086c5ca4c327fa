"""What a change of view repaints: after any row of them a desk holds what a new one would paint."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui.desk import ChartDesk
from heatdesk.gui.panels.side import SidePanel
from heatdesk.gui.view import Currency, View

VIEWS = (
    View(low=0.0, high=2e6),
    View(palette="dark-bright", gamma=0.5),
    View(side="long"),
    View(side="net", rendering="bands"),
    View(side="short", rendering="smoothed", minimum_usd=1e5),
    View(up_is_red=True),
    View(side="long", up_is_red=True),
    View(theme="light", side="long"),
    View(theme="light", side="long", currency=Currency("EUR", 0.5, "2026-01-02")),
    View(time_zone="Asia/Tokyo"),
    View(locked=True, low=0.0, high=1e6),
    View(),
)


def desk_with(qtbot: Any, snapshot: Snapshot, view: View) -> ChartDesk:
    made = ChartDesk()
    qtbot.addWidget(made)
    made.set_view(view)
    made.resize(900, 500)
    made.set_profile_width(110)
    made.show()
    made.show_snapshot(snapshot)
    return made


def side_with(qtbot: Any, snapshot: Snapshot, view: View) -> SidePanel:
    made = SidePanel()
    qtbot.addWidget(made)
    made.set_view(view)
    made.resize(420, 600)
    made.show()
    made.show_snapshot(snapshot)
    return made


def on_screen(widget: QWidget) -> QImage:
    """What was really painted, not what would be painted now."""
    for _ in range(3):
        QApplication.processEvents()
        if (focused := QApplication.focusWidget()) is not None:
            focused.clearFocus()  # only one window has it
    image = widget.screen().grabWindow(widget.winId()).toImage()
    return image.convertToFormat(QImage.Format.Format_RGB32)


def check(qtbot: Any, snapshot: Snapshot, make: Any) -> None:
    moved = make(qtbot, snapshot, View())
    seen = [on_screen(moved)]
    for view in (
        *VIEWS,
        *VIEWS[::-2],
        View(price_scale="percent"),
    ):  # the price axis widens and never narrows
        moved.set_view(view)
        fresh = make(qtbot, snapshot, view)
        seen.append(on_screen(moved))
        assert seen[-1] == on_screen(fresh), view
        fresh.close()
    assert sum(before != after for before, after in pairwise(seen)) >= 8


def test_the_desk_leaves_nothing_old_behind(qtbot: Any, snapshot: Snapshot):
    check(qtbot, snapshot, desk_with)


def test_the_panels_leave_nothing_old_behind(qtbot: Any, snapshot: Snapshot):
    check(qtbot, snapshot, side_with)
