"""How the parts of a window stand, and which of them hear each other without the window's help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from heatdesk.gui.exchange_facts import facts

if TYPE_CHECKING:
    from heatdesk.gui.window import Window


def lay_out(window: Window) -> None:
    """Bar and notices above, the middle beside the panels, the status below."""
    middle = QHBoxLayout()
    middle.setSpacing(0)
    middle.addWidget(window.middle, 1)
    middle.addWidget(window.side)
    centre = QWidget(window)
    column = QVBoxLayout(centre)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(window.bar)
    column.addWidget(window.bar.map_types.make_strip(window))
    column.addWidget(window.notices)
    column.addLayout(middle, 1)
    window.setCentralWidget(centre)
    window.setStatusBar(window.status)
    window.side.hide()


def connect_parts(window: Window) -> None:
    """What parts tell each other; what they ask of the window it connects itself."""
    desk, side, notices = window.desk, window.side, window.notices
    side.centre_asked.connect(lambda cluster: desk.centre_on(cluster.low, cluster.high))
    side.pointed.connect(desk.highlight)
    side.complained.connect(window.status.show_error)
    window.middle.map_shown.connect(side.setVisible)
    window.middle.map_shown.connect(window.drawing.map_shown)
    window.drawing.failed.connect(notices.warn)
    window.closing.connect(window.drawing.stop)
    window.preferences.kept.connect(window.bar.show_settings)
    window.preferences.failed.connect(notices.warn)
    for busy in (window.take_away, window.importer):
        busy.said.connect(notices.say)
        busy.failed.connect(notices.warn)
    window.bar.exchange_facts = lambda name: facts(name, window.snapshot, window.feeds.state_of(name))
    window.bar.finder.starred.connect(
        lambda symbols: window.preferences.keep(
            window.preferences.settings.changed("session", favourites=symbols)
        )
    )
    window.feeds.told.connect(notices.say)
    window.errands.progressed.connect(notices.show_progress)
    notices.stop_asked.connect(window.errands.stop)
    window.bar.map_types.complained.connect(window.status.show_error)
    window.desk.chart.hovered.connect(window.bar.map_types.set_hover)
    window.desk.chart.hovered.connect(window.explainer.set_hover)
    window.desk.chart.picked.connect(window.explainer.explain)
    window.explainer.pointed.connect(lambda zone: window.desk.chart.highlight(*(zone or ())))
    window.explainer.said.connect(window.notices.say)
    window.explainer.failed.connect(window.notices.warn)
