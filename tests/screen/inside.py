"""What the witness knows about the window: where things are, what they say, what the numbers are."""

from __future__ import annotations

from typing import Any

import numpy as np

from .told import of_cluster, of_line, of_widget, place, plain, pointed_zone

_DOUBLE_CLICK_MS = 300  # the hand knows it: two clicks of two tests are no double click


class Witness:
    """Answers questions about the window; lives in the thread of the window."""

    def __init__(self, application: Any, window: Any) -> None:
        self._application, self._window = application, window
        self._answers = 0
        self._first: Any = None
        window._bridge.answered.connect(self._count)
        if window._snapshot is not None:
            self._count(window._snapshot)
        self._settings = window.preferences.settings
        application.setDoubleClickInterval(_DOUBLE_CLICK_MS)
        application.setCursorFlashTime(0)

    def _count(self, snapshot: Any) -> None:
        self._answers += 1
        self._first = self._first or snapshot.question

    # --- questions

    def calm(self) -> bool:
        """Whether nothing is on its way: no map, no errand, no button that a key is pressing."""
        from PySide6.QtWidgets import QAbstractButton

        bridge, window = self._window._bridge, self._window
        buttons = window.findChildren(QAbstractButton)
        if any(b.isDown() for b in buttons if b.window() is window):
            return False
        return bridge.is_at_rest and window.errands._current is None

    def shows_map(self) -> bool:
        """Whether the first map is there."""
        return self._window._snapshot is not None and self.calm()

    def widgets(self) -> list[dict[str, Any]]:
        """Everything visible that has a name or says something, with its place on the screen."""
        return [told for w in self._application.allWidgets() if w.isVisible() and (told := of_widget(w))]

    def areas(self) -> dict[str, list[int]]:
        """Where the parts of the window are; `plot` is the chart without its axes."""
        window = self._window
        parts = {
            "bar": window.bar,
            "chart": window.desk.chart,
            "legend": window.desk.legend,
            "profile": window.desk.profile,
            "panel": window.side,
            "status": window.status,
        }
        area = window.desk.chart.plot_area().toAlignedRect()
        places = {name: place(part, part.rect()) for name, part in parts.items() if part.isVisible()}
        return places | {"plot": place(window.desk.chart, area)}

    def lines(self) -> list[dict[str, Any]]:
        """The lines of the menus that are open, the innermost menu last."""
        from PySide6.QtWidgets import QMenu

        menus = [w for w in self._application.topLevelWidgets() if isinstance(w, QMenu) and w.isVisible()]
        return [of_line(menu, action) for menu in menus for action in menu.actions() if action.text()]

    def table(self) -> dict[str, Any]:
        """Where the rows and headings of the ranking are; only those in sight."""
        from PySide6.QtCore import QPoint

        view = self._window.side.clusters.list
        rows = [view.visualRect(view.rows.index(row, 1)) for row in range(view.rows.rowCount())]
        port, header = view.viewport(), view.horizontalHeader()
        titles = {}
        for column in range(header.count()):
            if not header.isSectionHidden(column):
                at = header.viewport().mapToGlobal(QPoint(header.sectionViewportPosition(column), 0))
                title = view.rows.sourceModel()._title(column) or "Side"
                titles[title] = [at.x(), at.y(), header.sectionSize(column), header.height()]
        inside = [place(port, rect) for rect in rows if port.rect().contains(rect.center())]
        return {"rows": inside, "headings": titles}

    def state(self) -> dict[str, Any]:
        """What is shown, in numbers."""
        window, snapshot = self._window, self._window._snapshot
        desk, clusters = window.desk, window.side.clusters
        heatmap = snapshot.heatmap
        long, short = heatmap.notional_long, heatmap.notional_short
        return {
            "answers": self._answers,
            "asked": window._bridge._wishes.generation,
            "title": window.windowTitle(),
            "line": window.status.line,
            "notice": window.notices.text,
            "question": plain(snapshot.question),
            "view": plain(window._view),
            "limits": list(desk.legend.limits),
            "total": {"long": float(long.sum(dtype=np.float64)), "short": float(short.sum(dtype=np.float64))},
            "newest": {"long": long[:, -1].tolist(), "short": short[:, -1].tolist()},
            "prices": heatmap.prices.tolist(),
            "times": [int(heatmap.times_ms[0]), int(heatmap.times_ms[-1]) + heatmap.step_ms],
            "step": heatmap.step_ms,
            "gaps": len(snapshot.gaps),
            "close": float(snapshot.candles["close"][-1]),
            "candles": float(snapshot.candles["close"].sum()),
            "visible_prices": list(desk.chart.visible_prices()),
            "visible_times": list(desk.chart.visible_times()),
            "listed": [of_cluster(snapshot, c) for c in clusters.list.rows.clusters()],
            "selected": len(clusters.list.selected()),
            "count": clusters._count.text(),
            "clusters": len(snapshot.clusters),
            "frame": {
                side: c and c.peak
                for side, c in (("above", snapshot.frame.above), ("below", snapshot.frame.below))
            },
            "exposure": snapshot.exposure and plain(snapshot.exposure),
            "truth": snapshot.truth and plain(snapshot.truth.estimate),
            "pointed": pointed_zone(desk.chart),
        }

    def focus(self) -> dict[str, Any] | None:
        """Which widget has the keyboard."""
        widget = self._application.focusWidget()
        return None if widget is None else of_widget(widget, nameless=True)

    def tab_stops(self) -> list[str]:
        """The names of what Tab must reach in the window."""
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QWidget

        stops = (w for w in self._window.findChildren(QWidget) if w.isVisible() and w.isEnabled())
        return [
            of_widget(w, nameless=True)["name"]
            for w in stops
            if w.window() is self._window
            and w.focusProxy() is None
            and w.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]

    def keys(self) -> list[str]:
        """The keys that work all over the window, once for each that listens."""
        from PySide6.QtCore import Qt
        from PySide6.QtGui import QAction, QShortcut
        from PySide6.QtWidgets import QAbstractButton

        whole, window = Qt.ShortcutContext.WindowShortcut, self._window
        shortcuts = [s for s in window.findChildren(QShortcut) if s.parent().window() is window]
        found = [s.key() for s in shortcuts if s.context() == whole and s.isEnabled()]
        for action in window.findChildren(QAction):
            found += action.shortcuts() if action.shortcutContext() == whole else []
        found += [b.shortcut() for b in window.findChildren(QAbstractButton) if b.window() is window]
        return [key.toString() for key in found if not key.isEmpty()]

    # --- between two tests

    def reset(self, theme: str, still: bool = True) -> None:
        """The first look at the first question; nothing listed is filtered, nothing is open."""
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QDialog, QLineEdit, QMenu

        from heatdesk.gui.panels.cluster_filter_bar import ClusterFilter
        from heatdesk.gui.view import View

        window = self._window
        for widget in self._application.topLevelWidgets():
            if isinstance(widget, QMenu | QDialog) and widget.isVisible():
                widget.close()
        window.notices.clear()
        window.status._error_until = 0.0
        window.status.show_snapshot(window._snapshot)
        window.preferences.choose(self._settings)
        window.set_view(View(theme=theme))
        side = window.side
        side.simulated.truth.setChecked(False)
        bar = side.clusters.bar
        bar.as_map.setChecked(False)
        bar.side.show_choice("both")
        for field in bar.findChildren(QLineEdit):
            field.show_text("")
        bar._filter = ClusterFilter()
        side.clusters._set_filter(bar._filter)
        side.clusters.list.clearSelection()
        side.clusters.list.sortByColumn(2, Qt.SortOrder.DescendingOrder)
        side.clusters.list.scrollToTop()
        if still and self._first is not None:
            if window._asked != self._first:
                window.ask(self._first)
            window.bar.show_question(self._first)
        window.desk.reset_range()
        window.desk.setFocus()
