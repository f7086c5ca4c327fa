import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.engine import Snapshot
from heatdesk.gui.along_price import close, close_readable, closed, smooth, smooth_readable, smoothed

amounts = st.one_of(st.just(0.0), st.floats(0.125, 1e6, width=32))
columns = st.lists(amounts, min_size=1, max_size=40).map(lambda c: np.array([c], np.float32))


@given(columns)
def test_the_compiled_kernels_agree_with_their_readable_twins(cells: np.ndarray) -> None:
    for kernel, readable in ((smooth, smooth_readable), (close, close_readable)):
        fast, slow = np.zeros_like(cells), np.zeros_like(cells)
        kernel(cells, fast)
        readable(cells, slow)
        assert np.allclose(fast, slow, rtol=1e-6)


def _zones(column: np.ndarray, least: float) -> list[slice]:
    steps = np.flatnonzero(np.diff(np.concatenate(([0], (column >= least).astype(int), [0]))))
    return [slice(a, b) for a, b in zip(steps[::2], steps[1::2], strict=True)]


@given(columns, st.floats(0.125, 1e6))
def test_smoothing_moves_the_peak_of_no_zone_by_more_than_a_row(cells: np.ndarray, least: float) -> None:
    column, shown = cells[0], smoothed(cells.T)[:, 0]
    for zone in _zones(column, least):
        peaks = np.flatnonzero(column[zone] == column[zone].max())
        seen = int(np.argmax(shown[zone]))
        assert np.abs(peaks - seen).min() <= 1
        assert shown[zone].max() == column[zone].max()


@given(columns, st.floats(0.125, 1e6))
def test_closing_leaves_the_peak_of_every_zone_the_densest_row_of_it(cells: np.ndarray, least: float) -> None:
    column, shown = cells[0], closed(cells.T)[:, 0]
    assert (shown >= column).all()
    assert np.array_equal(closed(shown[:, None])[:, 0], shown)
    for zone in _zones(column, least):
        assert shown[zone][np.argmax(column[zone])] == shown[zone].max()


def test_gaps_of_up_to_four_rows_join_the_band_around_them() -> None:
    for gap, joined in ((1, True), (4, True), (5, False)):
        column = np.array([0, 9, *[0] * gap, 7, 0, 0], np.float32)
        shown = closed(column[:, None])[:, 0]
        assert shown[2 : 2 + gap].tolist() == [7.0 if joined else 0.0] * gap
        assert shown[[0, 1, -1]].tolist() == [0.0, 9.0, 0.0]


def test_a_lone_band_gets_shoulders_and_a_valley_is_filled() -> None:
    column = np.array([0, 0, 0, 16, 0, 0, 0, 8, 2, 8, 0, 0], np.float32)
    shown = smoothed(column[:, None])[:, 0]
    assert shown.tolist() == [0, 0, 4, 16, 4, 0, 2.125, 8, 4.75, 8, 2.125, 0]


def test_a_net_map_is_treated_alike_in_both_signs() -> None:
    cells = np.array([[0, -16, 0, 0, 8, 0]], np.float32).T
    assert np.array_equal(closed(-cells), -closed(cells))
    assert np.array_equal(smoothed(-cells), -smoothed(cells))
    assert smoothed(cells)[:, 0].tolist() == [-4, -16, -4, 2, 8, 2]


def test_what_is_no_number_counts_as_nothing() -> None:
    cells = np.array([[np.nan, 4.0, np.nan]], np.float32).T
    assert smoothed(cells)[:, 0].tolist() == [1.0, 4.0, 1.0]


def test_on_real_data_no_clusters_peak_moves_by_more_than_a_row(real_month: Snapshot) -> None:
    heatmap = real_month.heatmap
    assert len(real_month.clusters) > 10
    for cluster in real_month.clusters:
        side = heatmap.notional(cluster.side)
        zone = slice(*np.searchsorted(heatmap.prices, [cluster.low, cluster.high]).tolist())
        raw, shown = side[zone, -1], smoothed(side[:, -1:])[zone, 0]
        assert abs(int(np.argmax(raw)) - int(np.argmax(shown))) <= 1, cluster


def test_on_real_data_a_map_keeps_its_peaks_and_its_maximum_everywhere(real_month: Snapshot) -> None:
    cells = real_month.heatmap.notional_long[:, ::50]
    shown = smoothed(cells)
    assert (shown >= cells).all()
    assert np.array_equal(shown.max(axis=0), cells.max(axis=0))
