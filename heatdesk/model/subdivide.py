"""Parts of a candle: the path its open, high, low and close suggest, so that what is born in it can die in it."""

from __future__ import annotations

import numpy as np

from heatdesk.market import Floats
from heatdesk.model.series import Series


def subdivide(series: Series, parts: int) -> Series:
    """Each candle as `parts` equal pieces of the straight path open → nearer extreme → other extreme → close.

    Volume and the step of open interest are spread evenly. A guess, but one that lets what is born early in a candle
    be liquidated later in it; nothing of another candle is used. One part gives the series back.
    """
    if parts <= 1 or not len(series):
        return series
    opened, high, low, close = (np.log(p) for p in (series.open, series.high, series.low, series.close))
    down_first = opened - low <= high - opened
    corners = np.stack(
        [opened, np.where(down_first, low, high), np.where(down_first, high, low), close], axis=1
    )
    length = np.abs(np.diff(corners, axis=1)) + 1e-15
    reached = np.concatenate([np.zeros((len(opened), 1)), np.cumsum(length, axis=1)], axis=1)
    reached /= reached[:, -1:]
    at = np.linspace(0.0, 1.0, parts + 1)
    path = np.stack([_along(corners, reached, share) for share in at], axis=1)
    path[:, 0], path[:, -1] = opened, close
    top, bottom = np.maximum(path[:, 1:], path[:, :-1]), np.minimum(path[:, 1:], path[:, :-1])
    row = np.arange(len(opened))
    for corner in (1, 2):  # a turning point inside a piece is that piece's extreme
        piece = np.minimum((reached[:, corner] * parts).astype(np.intp), parts - 1)
        top[row, piece] = np.maximum(top[row, piece], corners[:, corner])
        bottom[row, piece] = np.minimum(bottom[row, piece], corners[:, corner])
    step_ms = series.step_ms // parts
    time_ms = series.time_ms[:, None] + np.arange(parts, dtype=np.int64)[None, :] * step_ms

    def spread(values: Floats) -> Floats:
        return np.repeat(values / parts, parts)

    return Series(
        time_ms.ravel(),
        step_ms,
        np.exp(path[:, :-1]).ravel(),
        np.exp(top).ravel(),
        np.exp(bottom).ravel(),
        np.exp(path[:, 1:]).ravel(),
        spread(series.volume),
        spread(series.taker_buy_volume),
        np.repeat(series.open_interest, parts),
        spread(series.open_interest_step),
    )


def _along(corners: Floats, reached: Floats, share: float) -> Floats:
    """Where the path is after `share` of its length; shape (n,)."""
    leg = np.clip((reached[:, 1:] < share).sum(axis=1), 0, 2)
    row = np.arange(len(corners))
    start, end = reached[row, leg], reached[row, leg + 1]
    part = np.clip((share - start) / np.maximum(end - start, 1e-300), 0.0, 1.0)
    return np.asarray(corners[row, leg] + part * (corners[row, leg + 1] - corners[row, leg]))
