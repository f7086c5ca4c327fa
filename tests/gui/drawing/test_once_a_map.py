"""Measuring a map once: whoever asks first does the work, and nothing of an old map is told of a new one."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np

from heatdesk.gui.once_a_map import once_a_map
from heatdesk.model.heatmap import Heatmap
from tests.gui.drawing.snapshots import heatmap


def frozen(seed: int) -> Heatmap:
    made = heatmap(np.random.default_rng(seed).random((5, 7), np.float32))
    for array in (made.notional_long, made.notional_short):
        array.flags.writeable = False
    return made


def counted() -> tuple[object, list[str]]:
    asked: list[str] = []

    @once_a_map
    def total(of: Heatmap, side: str) -> float:
        asked.append(side)
        return float(of.notional(side).sum()) * of.bin_bps

    return total, asked


def test_it_is_measured_once_for_a_side():
    total, asked = counted()
    of = frozen(1)
    for _ in range(3):
        assert total(of, "long") == float(of.notional_long.sum()) * of.bin_bps
        assert total(of, "both") == total(replace(of, gaps=()), "both")
    assert asked == ["long", "both"]


def test_another_map_is_measured_anew():
    total, asked = counted()
    maps = [frozen(seed) for seed in range(20)]
    for of in (*maps, *maps[::-1]):
        assert total(of, "long") == float(of.notional_long.sum()) * of.bin_bps
    assert 20 < len(asked) < 40, "the last few are remembered"
    assert total(replace(maps[0], bin_bps=20.0), "long") == 2 * total(maps[0], "long")


def test_a_map_that_may_change_is_not_remembered():
    total, _ = counted()
    of = heatmap(np.ones((2, 3), np.float32))
    before = total(of, "long")
    of.notional_long[0, 0] = 5.0
    assert total(of, "long") > before


def test_the_map_itself_is_let_go():
    total, _ = counted()
    of = frozen(3)
    total(of, "long")
    alive = weakref.ref(of.notional_long)
    del of
    gc.collect()
    assert alive() is None
