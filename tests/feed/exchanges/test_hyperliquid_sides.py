"""Does Hyperliquid count both sides of its open interest? Public sources contradict each other; its own minutes do not.

A trade of a coin opens or closes at most one coin on either side. Counted once, open interest moves by no more than
what is traded; counted on both sides, by no more than twice that.
"""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from heatdesk.feed.exchanges.hyperliquid_history import SIDES_COUNTED
from heatdesk.market import MINUTE_MS


@pytest.mark.parametrize("coin", ["BTC", "ETH", "SOL"])
def test_open_interest_moves_by_up_to_twice_what_is_traded(shared: Path, coin: str) -> None:
    (file,) = (shared / "data" / "hyperliquid").glob(f"{coin}_1m_oi*")
    with gzip.open(file, "rt") as text:
        rows = list(csv.DictReader(text))
    time_ms, volume, held = (
        np.array([float(row[name] or "nan") for row in rows])
        for name in ("time_ms", "volume", "open_interest")
    )
    next_minute = np.diff(time_ms) == MINUTE_MS
    moved = np.abs(np.diff(held))[next_minute]
    traded = (volume[1:] + volume[:-1])[next_minute]  # the sample lies somewhere in between
    ratio = (moved / traded)[np.isfinite(moved) & (traded > 0)]
    assert len(ratio) > 7_000
    assert (ratio > 1.0).mean() > 0.04  # impossible where each coin counts once
    assert np.percentile(ratio, 99.9) <= SIDES_COUNTED
