"""What rests in order books: summed, its walls, and the clusters behind little of it."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.reading.clusters import Cluster
from heatdesk.reading.resting import along, depth_of, thin_ways, walls


def book(price: float = 100.0, levels: int = 50, step: float = 0.1, quantity: float = 2.0):
    """Bids and asks (n, 2), best first, of one size each."""
    k = np.arange(1, levels + 1)
    return (
        np.column_stack([price - k * step, np.full(levels, quantity)]),
        np.column_stack([price + k * step, np.full(levels, quantity)]),
    )


def zone(low: float, high: float, side: str = "short") -> Cluster:
    middle = (low + high) / 2
    return Cluster(low, high, middle, side, 1e6, middle / 100.0 - 1.0, 0.1)


def test_books_are_summed_as_far_as_all_of_them_reach() -> None:
    near, far = book(levels=20), book(levels=80)
    depth = depth_of([near, far])
    assert depth.reach == pytest.approx((98.0, 102.0))
    assert len(depth.bid_price) == 40
    assert (np.diff(depth.bid_price) <= 0).all()
    assert (np.diff(depth.ask_price) >= 0).all()
    inside = far[1][far[1][:, 0] <= 102.0 + 1e-9]
    assert depth.ask_usd.sum() == pytest.approx(
        sum((side[:, 0] * side[:, 1]).sum() for side in (near[1], inside))
    )


def test_no_book_and_half_a_book_are_nothing() -> None:
    bids, _ = book()
    for books in ([], [(bids, np.zeros((0, 2)))]):
        depth = depth_of(books)
        assert not len(depth.bid_price)
        assert np.isnan(depth.reach).all()
        assert thin_ways([zone(101.0, 102.0)], depth, 100.0) == ()


def test_sums_along_price_lose_nothing_inside_the_edges() -> None:
    depth = depth_of([book()])
    edges = np.linspace(90.0, 110.0, 41)
    assert along(depth.ask_price, depth.ask_usd, edges).sum() == pytest.approx(depth.ask_usd.sum())
    assert along(depth.ask_price, depth.ask_usd, np.array([0.0, 1.0])).tolist() == [0.0]
    assert len(along(depth.ask_price, depth.ask_usd, np.array([1.0]))) == 0


def test_a_wall_is_so_many_times_the_median_of_rows_with_orders() -> None:
    bids, asks = np.array([0.0, 10.0, 10.0, 60.0]), np.array([10.0, 10.0, 0.0, 49.0])
    marked = walls((bids, asks), 5.0)
    assert [side.tolist() for side in marked] == [[False, False, False, True], [False] * 4]
    assert walls((bids, asks), 4.9)[1].tolist() == [False, False, False, True]
    assert [side.any() for side in walls((np.zeros(3), np.zeros(3)), 2.0)] == [False, False]


def test_a_cluster_behind_little_is_told_and_one_behind_much_is_not() -> None:
    bids, asks = book(levels=60)
    asks[:20, 1] = 0.1  # next to nothing up to 102
    depth = depth_of([(bids, asks)])
    above, below, beyond = zone(102.0, 102.5), zone(97.0, 97.5, "long"), zone(120.0, 121.0)
    ways = thin_ways([beyond, above, below], depth, 100.0)
    assert [way.cluster for way in ways] == [above]
    assert ways[0].usd == pytest.approx((asks[:19, 0] * asks[:19, 1]).sum())
    assert ways[0].share < 0.5
    assert thin_ways([zone(99.5, 100.5)], depth, 100.0) == ()  # the price is inside
    assert thin_ways([above], depth, float("nan")) == ()
