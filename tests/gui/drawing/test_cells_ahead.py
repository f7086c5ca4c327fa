import numpy as np

from heatdesk.gui.cells_ahead import CellsAhead, pack

from .snapshots import snapshot


def test_what_was_packed_ahead_is_what_would_be_packed_now():
    heatmap = snapshot().heatmap
    ahead = CellsAhead()
    ahead.want("long", "raw")
    ahead.put(heatmap)
    waiting = ahead._box.cells
    taken = ahead.take(heatmap, "long", "raw")
    assert taken is waiting
    assert np.array_equal(taken.level(0), pack(heatmap, "long", "raw").level(0))
    assert ahead._box is None, "the box keeps no map alive"


def test_the_cells_of_another_map_or_side_are_not_taken_for_these():
    one, other = snapshot().heatmap, snapshot().heatmap
    ahead = CellsAhead()
    for heatmap, side in ((other, "both"), (one, "short")):
        ahead.put(one)
        waiting = ahead._box.cells
        cells = ahead.take(heatmap, side, "raw")
        assert cells is not waiting
        assert np.array_equal(cells.level(0), pack(heatmap, side, "raw").level(0))
