"""heatdesk: where leveraged positions would be force-closed, as an estimate over time and price.

From a script: ``heatdesk.snapshot("BTC/USDT:USDT", "binance", timeframe="5m", lookback="30d").heatmap`` is the map as
NumPy arrays, from the history that `heatdesk import` stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heatdesk.api import snapshot

__version__ = "0.1.0"
__all__ = ["snapshot"]


def __getattr__(name: str) -> Any:
    # the model is imported when it is first asked for: `heatdesk --help` must not pay for it
    if name == "snapshot":
        from heatdesk.api import snapshot

        return snapshot
    raise AttributeError(f"module 'heatdesk' has no attribute {name!r}")
