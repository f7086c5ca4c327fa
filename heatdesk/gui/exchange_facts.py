"""What the exchange menu says beside each name: its share of the map, how fresh and how complete it is."""

from __future__ import annotations

from typing import Final

from heatdesk.engine import Snapshot
from heatdesk.gui import feed_words, numbers
from heatdesk.live import ExchangeState

_SEPARATOR: Final = " · "


def facts(exchange: str, snapshot: Snapshot | None, state: ExchangeState | None) -> str:
    """``41.0 % of the map · BTC/USDC · 0.4 s · 98 % heard · liquidations throttled``, as far as it is known."""
    said = []
    if snapshot is not None:
        share = shares(snapshot).get(exchange)
        if share is not None:
            said.append(f"{numbers.percent(share)} of the map")
        symbol = snapshot.heatmap.meta.get("symbols", {}).get(exchange, snapshot.question.symbol)
        if symbol != snapshot.question.symbol:
            said.append(symbol)
    if state is not None:
        if feed_words.grade(state) == "bad":
            said.append(state.health.value)
        else:
            said += [feed_words.age(state.age_ms), f"{feed_words.share(state.coverage)} heard"]
        if state.progress < 1.0:
            said.append(f"history {feed_words.share(state.progress)}")
        if state.liquidations:
            said.append(f"liquidations {state.liquidations.partition(':')[0]}")
    return _SEPARATOR.join(said)


def shares(snapshot: Snapshot) -> dict[str, float]:
    """Each shown exchange's share of what stands in the newest column; empty where nothing stands."""
    heatmap = snapshot.heatmap
    usd = heatmap.newest_by_exchange.sum(axis=(1, 2)) if len(heatmap.exchanges) else None
    if usd is None or not usd.sum():
        return {}
    return {name: float(part) for name, part in zip(heatmap.exchanges, usd / usd.sum(), strict=True)}
