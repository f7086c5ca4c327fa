"""Widgets, menu lines and zones in the words that the witness answers with: JSON, places in pixels of the screen."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def place(widget: Any, rect: Any) -> list[int]:
    """Left, top, width and height on the screen."""
    at = widget.mapToGlobal(rect.topLeft())
    return [at.x(), at.y(), rect.width(), rect.height()]


def _text(widget: Any) -> str:
    for name in ("text", "currentText", "title"):
        if callable(said := getattr(widget, name, None)):
            return str(said())
    return ""


def of_widget(widget: Any, nameless: bool = False) -> dict[str, Any] | None:
    """What a widget is and says; None for one without words, unless those are wanted too."""
    text = _text(widget)
    name = widget.accessibleName() or text
    if not name and not nameless:
        return None
    return {
        "name": name or widget.objectName() or type(widget).__name__,
        "kind": type(widget).__name__,
        "text": text,
        "tip": widget.toolTip(),
        "at": place(widget, widget.rect()),
        "shown": widget.visibleRegion().contains(widget.rect().center()),
        "enabled": widget.isEnabled(),
        "checked": bool(getattr(widget, "isChecked", bool)()),
        "focused": widget.hasFocus(),
        "window": widget.window().windowTitle(),
    }


def of_line(menu: Any, action: Any) -> dict[str, Any]:
    """A line of an open menu."""
    return {
        "text": action.text().split("\t")[0],
        "at": place(menu, menu.actionGeometry(action)),
        "enabled": action.isEnabled(),
        "checked": action.isChecked(),
    }


def of_cluster(snapshot: Any, cluster: Any) -> dict[str, Any]:
    """A row of the ranking beside what the newest column holds between its prices."""
    heatmap = snapshot.heatmap
    column = (heatmap.notional_long if cluster.side == "long" else heatmap.notional_short)[:, -1]
    middles = np.sqrt(heatmap.prices[:-1] * heatmap.prices[1:])
    inside = (middles > cluster.low) & (middles < cluster.high)
    return {
        "side": cluster.side,
        "low": float(cluster.low),
        "high": float(cluster.high),
        "usd": float(cluster.usd),
        "distance": float(cluster.distance),
        "map": float(column[inside].sum(dtype=np.float64)),
    }


def pointed_zone(chart: Any) -> list[float] | None:
    """The prices between which the chart points at something."""
    from heatdesk.gui.layers.highlight import HighlightLayer

    zone = chart._layer(HighlightLayer)._zone
    return None if zone is None else list(zone)
