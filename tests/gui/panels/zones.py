"""Clusters made of numbers, and widgets dressed as in the window."""

from __future__ import annotations

from heatdesk.gui.style import style_sheet
from heatdesk.gui.theme import tokens
from heatdesk.market import HOUR_MS
from heatdesk.reading.band import Band
from heatdesk.reading.clusters import Cluster
from heatdesk.reading.reach import Touch
from heatdesk.reading.strength import Strength
from heatdesk.reading.zone_life import Age


def cluster(side, distance, usd=1e6, share=0.1, hours=5, state="standing", touch=0.2):
    price = 50_000 * (1 + distance)
    return Cluster(
        price * 0.999,
        price * 1.001,
        price,
        side,
        usd,
        distance,
        share,
        ((10.0, 0.7), (25.0, 0.3)),
        (("binance", 0.8), ("bybit", 0.2)),
        Age(hours * HOUR_MS, at_least=False),
        state,
        Strength(usd / 2e8, 0.5, share, 0.1),
        Touch(touch, 24 * HOUR_MS, 0.025, distance / 0.025, 9500),
        Band(0.4 * usd, 2.2 * usd, 0.75, calibrated=True),
    )


CLUSTERS = (
    cluster("short", 0.05, usd=9e6, hours=30),
    cluster("long", -0.02, usd=1.5e8, hours=2, state="fresh", touch=0.618),
    cluster("short", 0.004, usd=9.5e5, touch=0.995),
    cluster("long", -0.1, usd=2e7, state="drained", touch=0.0004),
)


def shown(qtbot, widget, width=420, height=600):
    qtbot.addWidget(widget)
    widget.setObjectName(widget.objectName() or "side")
    widget.setStyleSheet(style_sheet(tokens("dark")))
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    return widget
