"""Pieces of a candle: together they are the candle."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.model.subdivide import subdivide
from tests.model.walks import markets


@given(markets, st.sampled_from([2, 3, 6, 12]))
@settings(max_examples=20)
def test_the_pieces_are_the_candle(series, parts):
    fine = subdivide(series, parts)
    shape = (len(series), parts)
    assert fine.step_ms == series.step_ms // parts
    np.testing.assert_allclose(fine.high.reshape(shape).max(axis=1), series.high, rtol=1e-12)
    np.testing.assert_allclose(fine.low.reshape(shape).min(axis=1), series.low, rtol=1e-12)
    np.testing.assert_allclose(fine.open.reshape(shape)[:, 0], series.open, rtol=1e-12)
    np.testing.assert_allclose(fine.close.reshape(shape)[:, -1], series.close, rtol=1e-12)
    np.testing.assert_allclose(fine.close.reshape(shape)[:, :-1], fine.open.reshape(shape)[:, 1:], rtol=1e-12)
    np.testing.assert_allclose(fine.volume.reshape(shape).sum(axis=1), series.volume, rtol=1e-12)
    np.testing.assert_allclose(
        fine.open_interest_step.reshape(shape).sum(axis=1), series.open_interest_step, atol=1e-9
    )
    assert (fine.high >= np.maximum(fine.open, fine.close) * (1 - 1e-12)).all()
    assert (fine.low <= np.minimum(fine.open, fine.close) * (1 + 1e-12)).all()
    assert (np.diff(fine.time_ms) > 0).all()


@given(markets)
def test_one_piece_is_the_series_itself(series):
    assert subdivide(series, 1) is series
