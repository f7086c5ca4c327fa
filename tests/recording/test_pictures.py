"""What travels is what was sent, and little of it twice."""

from __future__ import annotations

from dataclasses import asdict, replace
from types import MappingProxyType

import pytest

from heatdesk.live import Live, Watched
from heatdesk.recording.pictures import (
    MessageError,
    instruments_message,
    instruments_of,
    message_of,
    picture_after,
    picture_message,
    watched_message,
    watched_of,
)
from tests.recording.samples import BTC, ETH, INSTRUMENTS, market_state, picture, printed


def _alike(a: Live, b: Live) -> bool:
    """Compare all but `attached`; not-a-number equals itself here, arrays by their values."""

    def plain(live: Live) -> str:
        markets = sorted((m, repr(asdict(s))) for m, s in live.markets.items())
        books = sorted(
            (m, s.time_ms, s.bids.tolist(), s.asks.tolist(), s.whole) for m, s in live.books.items()
        )
        rest = (live.number, live.made_ms, live.exchanges, live.liquidations, live.holes, live.stored)
        return repr((markets, books, rest, live.notices))

    return plain(a) == plain(b)


def _travelled(before: Live | None, live: Live, there: Live) -> Live:
    return picture_after(there, message_of(picture_message(before, live))["live"])


def test_a_whole_picture_arrives_as_it_was():
    arrived = _travelled(None, picture(), Live())
    assert _alike(arrived, picture())
    assert arrived.attached
    assert not arrived.books[BTC].bids.flags.writeable


def test_changes_make_the_next_picture():
    first = picture(1)
    there = _travelled(None, first, Live())
    second = replace(
        first,
        number=2,
        markets=MappingProxyType({**first.markets, BTC: market_state(BTC, 99.0)}),
        liquidations=(*first.liquidations, printed(3)),
        notices=(),
    )
    assert _alike(_travelled(first, second, there), second)
    third = replace(second, number=3, markets=MappingProxyType({ETH: second.markets[ETH]}), books={})
    assert _alike(_travelled(second, third, _travelled(first, second, there)), third)


def test_what_has_not_changed_does_not_travel():
    first = picture(1)
    second = replace(first, number=2, liquidations=(*first.liquidations, printed(3)))
    message = message_of(picture_message(first, second))["live"]
    assert message["markets"] == message["books"] == []
    assert [row[0] for row in message["liquidations"]] == [3]
    assert not {"exchanges", "holes", "notices", "whole"} & set(message)


def test_a_whole_picture_forgets_what_was_before():
    there = picture_after(Live(), message_of(picture_message(None, picture(7, printed_to=9)))["live"])
    fresh = replace(picture(1), markets={}, liquidations=())
    assert _alike(_travelled(None, fresh, there), fresh)


def test_only_the_newest_liquidations_are_kept():
    there = Live()
    before = None
    for k in range(3):
        after = replace(picture(k), liquidations=tuple(printed(n) for n in range(k * 1000, (k + 1) * 1000)))
        there, before = _travelled(before, after, there), after
    assert [p.number for p in there.liquidations] == list(range(1000, 3000))


def test_instruments_and_what_is_watched_travel():
    assert repr(instruments_of(message_of(instruments_message(INSTRUMENTS))["instruments"])) == repr(
        INSTRUMENTS
    )
    watched = Watched(frozenset({BTC, ETH}), frozenset({ETH}))
    assert watched_of(message_of(watched_message(watched))["watched"]) == watched


@pytest.mark.parametrize("raw", [b"", b"x", b"[]", b"NaN", b'"a"'])
def test_what_is_no_message_is_refused(raw: bytes):
    with pytest.raises(MessageError):
        message_of(raw)


@pytest.mark.parametrize(
    "message",
    [{}, {"number": 1}, {"whole": True, "number": "x"}, {"gone": 1, "gone_books": 2, "markets": [[1]]}],
)
def test_what_is_no_picture_is_refused(message: dict[str, object]):
    with pytest.raises(MessageError):
        picture_after(Live(), message)


@pytest.mark.parametrize("rows", [[], [[], [], []], [[["a"]], []], [[[1, 2]], []], [[["a", "b"]] * 201, []]])
def test_what_a_window_may_not_ask_is_refused(rows: list[object]):
    with pytest.raises(MessageError):
        watched_of(rows)
