"""When liquidations were listened to, and which were told twice."""

from __future__ import annotations

import pytest

from heatdesk.events import Liquidation
from heatdesk.feed.heard import HeardSpans, ToldOnce, share
from heatdesk.market import DAY_MS, Interval

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
T = 1_795_270_200_000


def span(start_s: int, end_s: int) -> Interval:
    return Interval(T + start_s * 1000, T + end_s * 1000)


def test_a_stream_about_all_symbols_counts_for_each() -> None:
    spans = HeardSpans()
    spans.add("", span(0, 10))
    spans.add(BTC, span(20, 30))
    assert spans.of(BTC) == (span(0, 10), span(20, 30))
    assert spans.of(ETH) == (span(0, 10),)


def test_what_was_heard_is_taken_once_and_only_as_far_as_it_is_certain() -> None:
    spans = HeardSpans()
    spans.add(BTC, span(0, 100))
    assert spans.take(BTC, T + 60_000) == (span(0, 60),)
    assert spans.take(BTC, T + 60_000) == ()
    spans.add(BTC, span(100, 200))
    assert spans.take(BTC, T + 150_000) == (span(60, 150),)


def test_the_end_of_a_stretch_waits_for_what_the_exchange_had_gathered() -> None:
    """An outage longer than a minute: that its first moments were lost is told only when it is over."""
    spans = HeardSpans()
    spans.add(BTC, span(0, 100))
    assert spans.take(BTC, T + 200_000) == (span(0, 98),)
    assert spans.take(BTC, T + 300_000) == ()
    spans.lose(BTC, span(98, 310))
    spans.add(BTC, span(310, 320))
    assert spans.take(BTC, T + 400_000) == (span(310, 318),)


def test_a_loss_that_is_told_later_outweighs_what_was_heard() -> None:
    spans = HeardSpans()
    spans.add("", span(0, 100))
    spans.lose("", span(40, 90))
    assert spans.take(BTC, T + 95_000) == (span(0, 40), span(90, 95))


def test_memory_is_bounded_to_two_days() -> None:
    spans = HeardSpans()
    for day in range(5):
        spans.add(BTC, span(day * DAY_MS // 1000, day * DAY_MS // 1000 + 10))
    assert len(spans.of(BTC)) == 2


def test_shares() -> None:
    heard = (span(0, 50), span(90, 200))
    assert share(heard, T, T + 100_000) == pytest.approx(0.6)
    assert share((), T, T + 100_000) == 0.0
    assert share((), T, T) == 1.0


def test_two_sockets_tell_a_liquidation_once() -> None:
    once = ToldOnce()
    event = Liquidation(BTC, T, 1, 100.0, 2.0)
    other = event._replace(quantity=3.0)
    assert once.new([event, other]) == [event, other]
    assert once.new([event]) == []
    assert once.new([event, event]) == [event]  # one batch knows of two equal ones


def test_what_was_told_is_forgotten_in_the_end() -> None:
    once = ToldOnce()
    for i in range(50_000):
        assert once.new([Liquidation(BTC, T + i, 1, 100.0, 1.0)])
    assert len(once._seen) <= 20_001
    assert once.new([Liquidation(BTC, T + 49_999, 1, 100.0, 1.0)]) == []
