"""Windows look on while another program records; none can hold it up or hurt it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

import pytest

from heatdesk.live import Live, Watched
from heatdesk.machine import paths
from heatdesk.machine.local_line import call
from heatdesk.recording import publisher as publishing
from heatdesk.recording.attached import AttachedFeed
from heatdesk.recording.publisher import NAME, Publisher
from tests.recording.samples import BTC, ETH, INSTRUMENTS, StillFeed, market_state, picture, printed
from tests.recording.waiting import until


@pytest.fixture
def feed() -> StillFeed:
    return StillFeed()


@pytest.fixture
def publisher(feed: StillFeed) -> Iterator[Publisher]:
    publisher = Publisher(feed)
    yield publisher
    publisher.hang_up()
    assert publisher.wait(2.0)


def _attached() -> AttachedFeed:
    attached = AttachedFeed.find()
    assert attached is not None
    attached.start()
    return attached


@pytest.fixture
def attached(publisher: Publisher) -> Iterator[AttachedFeed]:
    attached = _attached()
    yield attached
    assert attached.stop(2.0)


def test_a_window_sees_what_the_recorder_sees(feed: StillFeed, attached: AttachedFeed):
    until(lambda: attached.live().number == 1)
    assert attached.live().attached
    assert repr(attached.live().exchanges) == repr(feed.shown.exchanges)
    assert [i.symbol for i in attached.instruments()] == [i.symbol for i in INSTRUMENTS]
    feed.shown = replace(
        feed.shown,
        number=2,
        markets=MappingProxyType({BTC: market_state(BTC, 5.0), ETH: feed.shown.markets[ETH]}),
        liquidations=(*feed.shown.liquidations, printed(3)),
    )
    took_s = until(lambda: attached.live().number == 2)
    assert attached.live().markets[BTC].price == 5.0
    assert [p.number for p in attached.live().liquidations] == [0, 1, 2, 3]
    assert took_s < 0.5


def test_how_exchanges_are_travels_a_few_times_a_second(feed: StillFeed, attached: AttachedFeed):
    until(lambda: attached.live().number == 1)
    heard: set[int] = set()
    began = time.monotonic()
    number = 1
    while time.monotonic() - began < 0.6:
        number += 1
        state = replace(feed.shown.exchanges[0], messages=number)
        feed.shown = replace(feed.shown, number=number, exchanges=(state,))
        time.sleep(0.02)
        heard.add(attached.live().exchanges[0].messages)
    assert len(heard) <= 5
    until(lambda: attached.live().exchanges[0].messages == number)


def test_what_windows_watch_is_added_up(feed: StillFeed, publisher: Publisher, attached: AttachedFeed):
    publisher.watch(Watched(frozenset({ETH})))
    attached.watch(Watched(frozenset({BTC}), frozenset({BTC})))
    until(lambda: feed.watched and feed.watched[-1] == Watched(frozenset({BTC, ETH}), frozenset({BTC})))
    attached.stop(2.0)
    until(lambda: feed.watched[-1] == Watched(frozenset({ETH})))


def test_every_liquidation_arrives_once_however_slow_a_window_is(feed: StillFeed, attached: AttachedFeed):
    until(lambda: attached.live().number == 1)
    for n in range(3, 200):
        feed.shown = replace(picture(n), liquidations=(*feed.shown.liquidations, printed(n)))
        if not n % 50:
            time.sleep(0.05)
    until(lambda: attached.live().number == 199)
    assert [p.number for p in attached.live().liquidations] == list(range(200))


def test_no_recorder_no_feed():
    assert AttachedFeed.find() is None


def test_the_end_of_the_recorder_is_noticed_at_once(feed: StillFeed):
    publisher = Publisher(feed)
    lost = threading.Event()
    attached = AttachedFeed.find(lost.set)
    assert attached is not None
    attached.start()
    until(lambda: attached.live().number == 1)
    publisher.hang_up()
    assert lost.wait(1.0)
    assert publisher.wait(2.0)
    assert attached.stop(1.0)


def test_nonsense_ends_the_line_and_nothing_else(feed: StillFeed, publisher: Publisher):
    for nonsense in (b"x", b"[]", b'{"watched": 1}', b'{"watched": [[["a"]], []]}', b"\xff" * 1000):
        line = call(paths.running(), NAME)
        assert line is not None
        with line:
            line.send(nonsense)
            until(lambda line=line: _is_dead(line))
    attached = _attached()
    until(lambda: attached.live().number == 1)
    assert attached.stop(2.0)
    assert not feed.watched


def _is_dead(line: object) -> bool:
    try:
        line.receive(0.1)  # type: ignore[attr-defined]
    except Exception:
        return True
    return False


def test_more_windows_than_there_can_be_are_not_served(publisher: Publisher, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(publishing, "MOST_WINDOWS", 2)
    first, second = _attached(), _attached()
    until(lambda: first.live().number and second.live().number)
    lost = threading.Event()
    third = AttachedFeed.find(lost.set)
    assert third is not None
    third.start()
    assert lost.wait(2.0)
    assert third.live() == Live(attached=True)
    assert [feed.stop(2.0) for feed in (first, second, third)] == [True] * 3


def test_a_mistake_over_a_picture_counts_as_a_lost_recorder(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
):
    def mistaken(*_: object) -> Live:
        raise RuntimeError("a mistake")

    monkeypatch.setattr("heatdesk.recording.attached.picture_after", mistaken)
    lost = threading.Event()
    attached = AttachedFeed.find(lost.set)
    assert attached is not None
    attached.start()
    assert lost.wait(3.0)
    assert attached.stop(2.0)


def test_the_feed_hears_of_wishes_in_the_order_they_were_made(feed: StillFeed, publisher: Publisher):
    slow, going = threading.Event(), threading.Event()
    note = feed.watch

    def watch(watched: Watched) -> None:
        if watched == Watched(frozenset({BTC})) and not going.is_set():
            going.set()
            slow.wait(1.0)  # another wish comes meanwhile
        note(watched)

    feed.watch = watch  # type: ignore[method-assign]
    first = threading.Thread(target=publisher.watch, args=(Watched(frozenset({BTC})),))
    second = threading.Thread(target=publisher.watch, args=(Watched(frozenset({ETH})),))
    first.start()
    assert going.wait(2.0)
    second.start()
    second.join(0.3)
    slow.set()
    first.join(2.0)
    second.join(2.0)
    assert feed.watched[-1] == Watched(frozenset({ETH}))
