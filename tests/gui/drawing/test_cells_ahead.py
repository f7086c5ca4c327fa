import numpy as np
import pytest

from heatdesk.gui import cells_ahead
from heatdesk.gui.cells_ahead import CellsAhead, pack
from heatdesk.gui.view import SIDES
from heatdesk.replay.doubting import StoppedError

from .snapshots import snapshot


def _never() -> bool:
    return False


def test_what_was_packed_ahead_is_what_would_be_packed_now():
    heatmap = snapshot().heatmap
    ahead = CellsAhead()
    ahead.want("long", "raw")
    ahead.put(heatmap)
    waiting = ahead._box.cells["long", "raw"]
    taken = ahead.take(heatmap, "long", "raw")
    assert taken is waiting
    assert np.array_equal(taken.level(0), pack(heatmap, "long", "raw").level(0))
    assert not ahead._box.cells, "what was taken is its taker's alone"


def test_the_cells_of_another_map_or_side_are_not_taken_for_these():
    one, other = snapshot().heatmap, snapshot().heatmap
    ahead = CellsAhead()
    for heatmap, side in ((other, "both"), (one, "short")):
        ahead.put(one)
        waiting = ahead._box.cells["both", "raw"]
        assert ahead.take(heatmap, side, "raw") is None
        assert ahead._box.cells["both", "raw"] is waiting


def test_the_other_sides_are_packed_as_the_one_that_is_looked_at():
    heatmap = snapshot().heatmap
    ahead = CellsAhead()
    ahead.want("net", "smoothed")
    ahead.put(heatmap)
    ahead.put_other_sides(heatmap, _never)
    waiting = dict(ahead._box.cells)
    assert set(waiting) == {(side, "smoothed") for side in SIDES}
    for side in SIDES:
        taken = ahead.take(heatmap, side, "smoothed")
        assert taken is waiting[side, "smoothed"]
        assert np.array_equal(taken.level(0), pack(heatmap, side, "smoothed").level(0))


def test_a_newer_map_ends_the_packing_of_an_older_one():
    older, newer = snapshot().heatmap, snapshot().heatmap
    ahead = CellsAhead()
    ahead.put(older)
    ahead.put(newer)
    ahead.put_other_sides(older, _never)
    assert ahead._box.heatmap is newer
    assert set(ahead._box.cells) == {("both", "raw")}


def test_packing_stops_within_a_side_when_something_is_wished():
    heatmap = snapshot().heatmap
    ahead = CellsAhead()
    ahead.put(heatmap)
    looks = iter(
        [False, False, False, True]
    )  # a look at each of three sides that are measured, then one packed
    with pytest.raises(StoppedError):
        ahead.put_other_sides(heatmap, lambda: next(looks))
    assert set(ahead._box.cells) == {("both", "raw")}


def test_of_a_large_map_only_as_many_sides_are_packed_as_memory_allows(monkeypatch):
    heatmap = snapshot().heatmap
    ahead = CellsAhead()
    ahead.put(heatmap)
    rows, columns = heatmap.shape
    monkeypatch.setattr(cells_ahead, "_MOST_BYTES", 2 * 2 * rows * columns)
    ahead.put_other_sides(heatmap, _never)
    assert set(ahead._box.cells) == {("both", "raw"), ("long", "raw"), ("short", "raw")}


def test_a_map_of_nothing_leaves_nothing_in_the_box():
    heatmap = snapshot().heatmap
    ahead = CellsAhead()
    ahead.put(heatmap)
    ahead.put(type(heatmap).empty(heatmap.times_ms, heatmap.step_ms, heatmap.bin_bps))
    assert ahead._box is None
