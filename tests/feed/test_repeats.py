"""Liquidations that are told twice count once; those that are equal and were told together count as often as told."""

from __future__ import annotations

from heatdesk.events import Event, Liquidation
from heatdesk.feed.repeats import Repeats
from tests.feed.live_samples import trade


def _one(time_ms: int, quantity: float = 1.0) -> Liquidation:
    return Liquidation("BTC", time_ms, 1, 100.0, quantity)


def test_equal_ones_of_one_frame_are_several_and_of_two_frames_the_same() -> None:
    repeats = Repeats()
    frame: list[Event] = [_one(1), _one(1), _one(2), trade("BTC", 7)]
    assert repeats.without(frame) == frame
    assert repeats.without(list(frame)) == [trade("BTC", 7)]
    assert repeats.without([_one(1), _one(1), _one(1), _one(3)]) == [_one(1), _one(3)]
    assert repeats.without([_one(1, 2.0)]) == [_one(1, 2.0)]


def test_what_holds_no_liquidation_is_passed_on_as_it_is() -> None:
    frame: list[Event] = [trade("BTC", 7), trade("BTC", 7)]
    assert Repeats().without(frame) is frame


def test_it_remembers_a_cascade_and_no_more() -> None:
    repeats = Repeats()
    for number in range(10_000):
        assert repeats.without([_one(number)])
    assert repeats.without([_one(9_999)]) == []
    assert repeats.without([_one(0)]) == [_one(0)]
