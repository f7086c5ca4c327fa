"""Order books: only one that follows without a hole from a snapshot is whole (N10)."""

from __future__ import annotations

import random

import pytest

from heatdesk.events import BookChange, Market
from heatdesk.feed.books import CROSSED_S, RETRY_S, STALE_S, Book

MARKET = Market("binance", "BTC/USDT:USDT")


def change(
    bids: list[tuple[float, float]] | None = None,
    asks: list[tuple[float, float]] | None = None,
    *,
    snapshot: bool = False,
    first: int = -1,
    last: int = -1,
    previous: int = -1,
) -> BookChange:
    return BookChange(MARKET.symbol, last, snapshot, bids or [], asks or [], first, last, previous)


SNAPSHOT = change([(100.0, 1.0), (99.0, 2.0)], [(101.0, 1.0), (102.0, 3.0)], snapshot=True, last=10)


@pytest.fixture
def book() -> Book:
    book = Book(MARKET)
    book.take(SNAPSHOT, 0.0)
    return book


def levels(book: Book) -> tuple[list[list[float]], list[list[float]]]:
    state = book.state()
    return state.bids.tolist(), state.asks.tolist()


def test_changes_set_and_remove_levels_best_first(book: Book) -> None:
    book.take(change([(100.0, 0.0), (98.0, 4.0)], [(101.5, 2.0)], last=11, previous=10), 0.1)
    assert book.state().whole
    assert levels(book) == ([[99.0, 2.0], [98.0, 4.0]], [[101.0, 1.0], [101.5, 2.0], [102.0, 3.0]])
    assert not book.state().bids.flags.writeable


def test_a_book_without_a_snapshot_asks_for_one_and_asks_again() -> None:
    book = Book(MARKET)
    book.take(change([(1.0, 1.0)], last=5, previous=4), 0.0)
    assert not book.state().whole
    assert book.wants_new(0.0)
    assert not book.wants_new(RETRY_S / 2)
    assert book.wants_new(RETRY_S)


@pytest.mark.parametrize(
    "gap",
    [change([(99.5, 1.0)], last=13, previous=12), change([(99.5, 1.0)], first=13, last=14)],
    ids=["previous", "first"],
)
def test_a_missing_change_breaks_the_book_until_a_snapshot(book: Book, gap: BookChange) -> None:
    follows = (
        change([(99.0, 5.0)], last=11, previous=10)
        if gap.previous_id >= 0
        else change([(99.0, 5.0)], first=11, last=11)
    )
    book.take(follows, 0.1)
    assert book.state().whole
    book.take(gap, 0.2)
    assert not book.state().whole
    assert book.wants_new(0.2)
    book.take(SNAPSHOT._replace(last_id=20), 0.5)
    assert book.state().whole


def test_old_changes_change_nothing(book: Book) -> None:
    book.take(change([(100.0, 9.0)], last=10, previous=9), 0.1)
    assert book.state().whole
    assert levels(book)[0][0] == [100.0, 1.0]


def test_a_crossed_book_is_not_shown_whole_and_made_anew_if_it_stays_so(book: Book) -> None:
    book.take(change([(101.5, 1.0)], last=11, previous=10), 0.1)
    assert not book.state().whole
    assert not book.wants_new(0.2)
    assert book.wants_new(0.2 + CROSSED_S + 0.1)
    book.take(SNAPSHOT, 1.5)
    assert book.state().whole


def test_a_book_that_is_crossed_between_two_levels_of_one_move_goes_on(book: Book) -> None:
    book.take(change([(101.5, 1.0)], last=11, previous=10), 0.1)
    assert not book.wants_new(0.1)
    book.take(change([], [(101.0, 0.0)], last=12, previous=11), 0.1)
    assert book.state().whole
    assert not book.wants_new(2.0)


def test_a_book_that_stands_still_is_not_whole(book: Book) -> None:
    assert not book.wants_new(STALE_S)
    assert book.wants_new(STALE_S + 0.1)
    assert not book.state().whole


def test_a_snapshot_from_elsewhere_joins_the_changes_that_came_before_it() -> None:
    book = Book(MARKET)
    book.take(change([(90.0, 1.0)], first=5, last=8, previous=4), 0.0)
    book.take(change([(100.0, 7.0)], first=9, last=12, previous=8), 0.1)
    book.take(change([(98.0, 7.0)], first=13, last=15, previous=12), 0.2)
    book.take(SNAPSHOT, 0.3)
    assert book.state().whole
    assert levels(book)[0] == [[100.0, 7.0], [99.0, 2.0], [98.0, 7.0]]
    assert book.last_id == 15


def test_a_snapshot_older_than_the_changes_that_came_is_no_use() -> None:
    book = Book(MARKET)
    book.take(change([(90.0, 1.0)], first=15, last=18, previous=14), 0.0)
    book.take(SNAPSHOT, 0.3)
    assert not book.state().whole


def test_unnumbered_snapshots_follow_each_other() -> None:
    book = Book(MARKET)
    for price in (100.0, 103.0, 97.0):
        book.take(change([(price, 1.0)], [(price + 1, 1.0)], snapshot=True), 0.0)
        assert levels(book) == ([[price, 1.0]], [[price + 1, 1.0]])


@pytest.mark.parametrize("seed", range(20))
def test_a_lossy_stream_never_shows_a_wrong_book(seed: int) -> None:
    """The truth, sent with losses, repeats and snapshots on request: a whole book equals the truth of its number."""
    chance = random.Random(seed)
    bids = {100.0 - i: 1.0 for i in range(20)}
    asks = {101.0 + i: 1.0 for i in range(20)}
    history = {}
    book = Book(MARKET)
    sent: list[BookChange] = []
    shown = 0
    for number in range(1, 400):
        side, sign = chance.choice(((bids, -1), (asks, 1)))
        price = (100.0 if sign < 0 else 101.0) + sign * chance.randrange(20)
        quantity = float(chance.randrange(4))
        side.pop(price, None)
        if quantity:
            side[price] = quantity
        history[number] = (dict(bids), dict(asks))
        level = [(price, quantity)]
        now = change(
            level if sign < 0 else [],
            level if sign > 0 else [],
            first=number,
            last=number,
            previous=number - 1,
        )
        sent.append(now)
        if chance.random() > 0.05:
            book.take(now, number / 10)
        if chance.random() < 0.1:
            book.take(chance.choice(sent[-5:]), number / 10)
        if book.wants_new(number / 10):
            at = max(1, number - chance.randrange(3))
            b, a = history[at]
            book.take(change(list(b.items()), list(a.items()), snapshot=True, last=at), number / 10)
        state = book.state()
        if state.whole:
            shown += 1
            true_bids, true_asks = history[book.last_id]
            assert dict(state.bids.tolist()) == true_bids
            assert dict(state.asks.tolist()) == true_asks
    assert shown > 150
