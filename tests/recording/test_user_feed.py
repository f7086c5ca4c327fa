"""A window's feed: the recorder's where one runs, its own where none does, and its own when that one dies."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from heatdesk.errors import MachineError
from heatdesk.feed.plan import FeedPlan
from heatdesk.live import Live, Watched
from heatdesk.machine import paths
from heatdesk.recording.recorder import Recorder
from heatdesk.recording.user_feed import TAKEN_OVER, UserFeed
from heatdesk.store.lock import WriterLock
from heatdesk.store.user import user_history
from tests.recording.samples import BTC, StillFeed, picture
from tests.recording.waiting import until

_PLAN = FeedPlan(("binance",))


def _recorder(feed: StillFeed) -> Recorder:
    return Recorder(_PLAN, lambda *_: feed)


def test_without_a_recorder_it_records_itself():
    own = StillFeed()
    feed = UserFeed(lambda: _recorder(own))
    feed.watch(Watched(frozenset({BTC})))
    feed.start()
    until(lambda: feed.live().number == 1)
    assert not feed.live().attached
    assert own.started
    assert own.watched[-1] == Watched(frozenset({BTC}))
    assert feed.stop(2.0)
    assert own.stopped
    user_history(read_only=False).close()  # nobody holds it any more


def test_with_a_recorder_it_attaches_and_takes_over_when_that_dies():
    recording, own = StillFeed(picture(7)), StillFeed(picture(2))
    recorder = _recorder(recording)
    recorder.start()
    feed = UserFeed(lambda: _recorder(own))
    feed.start()
    feed.watch(Watched(frozenset({BTC})))
    until(lambda: feed.live().number == 7)
    assert feed.live().attached
    until(lambda: recording.watched)
    printed = feed.live().liquidations[-1].number
    assert recorder.stop(2.0)
    took_s = until(lambda: own.started, within_s=5.0)
    assert took_s < 5.0
    until(lambda: TAKEN_OVER in feed.live().notices)
    live = feed.live()
    assert not live.attached
    assert live.number > 7
    assert live.liquidations[0].number > printed  # nobody takes one for another
    assert own.watched[-1] == Watched(frozenset({BTC}))
    assert feed.stop(2.0)


_RECORDS = """
import sys, time
from heatdesk.feed.plan import FeedPlan
from heatdesk.recording.recorder import Recorder
from tests.recording.samples import StillFeed, picture
recorder = Recorder(FeedPlan(("binance",)), lambda *_: StillFeed(picture(7)))
recorder.start()
print("records", flush=True)
sys.stdin.read()
"""


def test_a_recorder_of_another_process_is_followed_until_it_is_killed():
    own = StillFeed(picture(2))
    with subprocess.Popen(
        [sys.executable, "-c", _RECORDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as recorder:
        assert recorder.stdout is not None
        assert recorder.stdout.readline() == "records\n"
        feed = UserFeed(lambda: _recorder(own))
        feed.start()
        until(lambda: feed.live().number == 7)
        assert feed.live().attached
        with pytest.raises(MachineError, match="is writing the history"):
            _recorder(own)
        recorder.send_signal(signal.SIGKILL)
    assert until(lambda: own.started, within_s=5.0) < 5.0
    until(lambda: not feed.live().attached)
    assert TAKEN_OVER in feed.live().notices
    assert feed.stop(2.0)


def test_two_windows_share_and_the_second_takes_over():
    first_own, second_own = StillFeed(picture(1)), StillFeed(picture(1))
    first, second = UserFeed(lambda: _recorder(first_own)), UserFeed(lambda: _recorder(second_own))
    first.start()
    until(lambda: first_own.started)
    second.start()
    until(lambda: second.live().attached and second.live().number)
    assert not second_own.started
    assert first.stop(2.0)
    until(lambda: second_own.started)
    assert second.stop(2.0)


def test_a_program_that_only_writes_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("heatdesk.recording.user_feed._PATIENCE_S", 0.2)
    lock = WriterLock(paths.data() / "history")
    own = StillFeed()
    feed = UserFeed(lambda: _recorder(own))
    feed.start()
    until(lambda: any("is writing the history" in notice for notice in feed.live().notices))
    assert feed.live().number == 0
    lock.release()
    until(lambda: own.started)
    assert feed.stop(2.0)


def test_it_ends_while_it_still_looks():
    lock = WriterLock(paths.data() / "history")
    feed = UserFeed(lambda: _recorder(StillFeed()))
    feed.start()
    assert feed.stop(2.0)
    lock.release()


def test_a_recorder_that_is_made_while_the_window_closes_lets_go_of_the_history():
    making, made = threading.Event(), threading.Event()
    own = StillFeed()

    def record() -> Recorder:
        recorder = _recorder(own)
        making.set()
        made.wait(10.0)
        return recorder

    feed = UserFeed(record)
    feed.start()
    assert making.wait(10.0)
    assert not feed.stop(0.0)
    made.set()
    assert feed.stop(10.0)
    assert not own.started
    assert own.stopped
    WriterLock(paths.data() / "history").release()  # nobody holds it any more


def test_many_windows_at_once_have_one_recorder():
    recorded: list[int] = []
    guard = threading.Lock()

    def record(number: int) -> Recorder:
        recorder = _recorder(StillFeed(replace(Live(), number=1)))
        with guard:
            recorded.append(number)
        return recorder

    lock = WriterLock(paths.data() / "history")  # in one process the writer is shared: one at a time may try
    feeds = [UserFeed(lambda n=n: record(n)) for n in range(4)]
    feeds[0].start()
    lock.release()
    until(lambda: recorded)
    for feed in feeds[1:]:
        feed.start()
    until(lambda: all(feed.live().attached for feed in feeds[1:]))
    assert recorded == [0]
    assert [feed.stop(2.0) for feed in feeds[1:]] == [True] * 3
    assert feeds[0].stop(2.0)


def test_a_recorder_that_hangs_up_at_once_is_not_called_without_a_pause():
    """One of another version, or one that has all the windows it takes."""
    calls: list[float] = []

    def find(lost: Callable[[], object]) -> StillFeed:
        calls.append(time.monotonic())
        lost()
        return StillFeed(Live())

    feed = UserFeed(lambda: _recorder(StillFeed()), find)
    feed.start()
    until(lambda: len(calls) >= 3)
    assert feed.stop(2.0)
    assert calls[2] - calls[0] > 0.3
