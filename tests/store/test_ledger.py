"""The gap ledger: whatever is lost and found again, every moment has one label, also after a kill and after damage."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import starmap
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from heatdesk.errors import MachineError
from heatdesk.events import Market
from heatdesk.live import LEFT_OUT, Hole, HoleState
from heatdesk.market import DAY_MS, MINUTE_MS, Interval
from heatdesk.store.ledger import KILLED, NOT_RUNNING, Ledger
from heatdesk.store.ledger_file import HoleRow, LedgerFile

BTC = "BTC/USDT:USDT"


def hole(start: int, end: int, cause: str = "cut", what: str = "candles") -> Hole:
    return Hole("binance", BTC, what, Interval(start, end), HoleState.OPEN, cause)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger(path) as opened:
        yield opened


def spans(ledger: Ledger, state: str) -> list[tuple[int, int]]:
    return [tuple(h.interval) for h in ledger.holes() if h.state == state]


def test_holes_of_one_cause_that_touch_are_one(ledger: Ledger) -> None:
    ledger.add([hole(0, 10), hole(10, 20), hole(30, 40), hole(15, 18)])
    assert spans(ledger, HoleState.OPEN) == [(0, 20), (30, 40)]


def test_a_moment_is_told_once_whatever_its_causes(ledger: Ledger) -> None:
    ledger.add([hole(10, 20, "cut")])
    ledger.add([hole(0, 30, "ban")])
    assert [(*h.interval, h.cause) for h in ledger.holes()] == [
        (0, 10, "ban"),
        (10, 20, "cut"),
        (20, 30, "ban"),
    ]


def test_filling_the_middle_leaves_both_ends_open(ledger: Ledger) -> None:
    ledger.add([hole(0, 30)])
    ledger.settle("binance", BTC, "candles", Interval(10, 20), HoleState.FILLED)
    assert spans(ledger, HoleState.OPEN) == [(0, 10), (20, 30)]
    assert spans(ledger, HoleState.FILLED) == [(10, 20)]
    ledger.settle("binance", BTC, "candles", Interval(0, 100), HoleState.FILLED)
    assert spans(ledger, HoleState.FILLED) == [(0, 30)]


def test_what_the_exchange_has_not_is_not_opened_again(ledger: Ledger) -> None:
    ledger.add([hole(0, 10)])
    ledger.settle("binance", BTC, "candles", Interval(0, 10), HoleState.NONE_THERE)
    ledger.add([hole(5, 15)])
    assert spans(ledger, HoleState.OPEN) == [(10, 15)]


def test_things_are_strangers(ledger: Ledger) -> None:
    ledger.add([hole(0, 10), hole(0, 10, what="liquidations")])
    ledger.settle("binance", BTC, "candles", Interval(0, 10), HoleState.FILLED)
    assert [h.what for h in ledger.holes() if h.state == HoleState.OPEN] == ["liquidations"]


def test_a_killed_process_leaves_its_holes_to_the_next_start(path: Path) -> None:
    thing = ("binance", BTC, "candles")
    with Ledger(path) as first:
        assert first.begin(1000) == ()
        first.heard({thing: 5000})  # and no end: killed
    with Ledger(path) as second:
        assert second.begin(9000) == (hole(5000, 9000, KILLED),)
        second.heard({thing: 12_000})
        second.end(12_500)
    with Ledger(path) as third:
        assert third.begin(20_000) == (hole(12_000, 20_000, NOT_RUNNING),)
        third.forget([thing])
        third.end(20_000)
    with Ledger(path) as fourth:
        assert fourth.begin(30_000) == ()
        assert len(fourth.holes()) == 2


def test_filled_holes_are_forgotten_after_a_month(ledger: Ledger) -> None:
    ledger.add([hole(0, 10), hole(20, 30, "ban")])
    ledger.settle("binance", BTC, "candles", Interval(0, 10), HoleState.FILLED)
    ledger.age(30 * DAY_MS, {})
    assert len(ledger.holes()) == 2
    ledger.age(40 * DAY_MS, {})
    assert [h.cause for h in ledger.holes()] == ["ban"]  # it is open still


def test_what_an_exchange_left_out_is_known_as_long_as_it_could_be_asked_for(ledger: Ledger) -> None:
    day = Interval(0, DAY_MS)
    ledger.add(
        [hole(*day, LEFT_OUT), hole(2 * DAY_MS, 3 * DAY_MS, "cut"), hole(*day, LEFT_OUT, "candles 5m")]
    )
    for what in ("candles", "candles 5m"):
        ledger.settle("binance", BTC, what, Interval(0, 3 * DAY_MS), HoleState.NONE_THERE)
    asked = {"candles": 2 * DAY_MS, "candles 5m": 50 * DAY_MS}
    ledger.age(3 * DAY_MS, asked)
    assert len(ledger.holes()) == 3
    ledger.age(4 * DAY_MS, asked)
    assert [(h.what, h.cause) for h in ledger.holes()] == [("candles 5m", LEFT_OUT), ("candles", "cut")]
    assert ledger.none_there("binance", BTC, "candles 5m", Interval(5, 10)) == (Interval(5, 10),)
    assert ledger.none_there("binance", BTC, "candles", Interval(5, 10)) == ()
    ledger.age(40 * DAY_MS, asked)  # a loss of ours is told for a month
    assert [h.what for h in ledger.holes()] == ["candles 5m"]
    ledger.age(60 * DAY_MS, asked)
    assert ledger.holes() == ()


def test_what_is_forgotten_is_gone_from_the_file(path: Path, ledger: Ledger) -> None:
    ledger.add([hole(0, 10, LEFT_OUT)])
    ledger.settle("binance", BTC, "candles", Interval(0, 10), HoleState.NONE_THERE)
    ledger.age(10 * DAY_MS, {})
    with Ledger(path, read_only=True) as reader:
        assert reader.holes() == ()


def test_the_newest_holes_are_told_and_open_ones_first(path: Path, ledger: Ledger) -> None:
    eth = hole(5, 6)._replace(symbol="ETH/USDT:USDT")
    whole = hole(60, 70, what="liquidations")._replace(symbol="")
    ledger.add([hole(0, 1), *(hole(start, start + 1, LEFT_OUT) for start in range(10, 50, 10)), eth, whole])
    ledger.settle("binance", BTC, "candles", Interval(10, 50), HoleState.NONE_THERE)
    btc = Market("binance", BTC)
    with Ledger(path, read_only=True) as reader:
        for there in (ledger, reader):
            assert [h.interval.start_ms for h in there.newest([btc], 0, 4)] == [0, 30, 40, 60]
            assert [h.interval.start_ms for h in there.newest([btc], 31, 9)] == [40, 60]
            assert [h.interval.start_ms for h in there.newest([eth[:2]], 0, 9)] == [5, 60]
            assert there.open_holes() == {"binance": 3}


def test_an_older_file_that_tells_a_moment_twice_is_read(path: Path) -> None:
    filled = [hole(start, end, cause)._replace(state=str(HoleState.FILLED)) for start, end, cause in (
        (0, 10, "cut"), (5, 15, "ban"), (6, 9, "cut"), (20, 30, "ban"))]  # fmt: skip
    Ledger(path).close()
    file = LedgerFile(path, read_only=False)
    file.write(holes=[HoleRow(number, one) for number, one in enumerate(filled, 1)])
    file.close()
    with Ledger(path) as ledger:
        assert spans(ledger, HoleState.FILLED) == [(0, 10), (10, 15), (20, 30)]
        ledger.age(40 * DAY_MS, {})
        assert ledger.holes() == ()


def test_readers_see_what_is_written_and_may_not_write(path: Path, ledger: Ledger) -> None:
    ledger.add([hole(0, 10)])
    with Ledger(path, read_only=True) as reader:
        assert reader.holes() == ledger.holes()
        ledger.add([hole(50, 60)])
        assert len(reader.holes()) == 2
        assert [h.interval.start_ms for h in reader.holes(since_ms=20)] == [50]
        with pytest.raises(MachineError):
            reader.end(0)


def test_a_full_disk_keeps_nothing_from_beginning(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    write = LedgerFile.write

    def refuse(*_: object, **__: object) -> None:
        raise MachineError("The disk is full.")

    ledger.heard({("binance", BTC, "candles"): 500})
    monkeypatch.setattr(LedgerFile, "write", refuse)
    assert ledger.begin(1000) == (hole(500, 1000, NOT_RUNNING),)
    ledger.add([hole(2000, 3000)])
    monkeypatch.setattr(LedgerFile, "write", write)
    assert len(ledger.holes()) == 2


def test_no_file_means_no_holes(tmp_path: Path) -> None:
    with Ledger(tmp_path / "none.sqlite", read_only=True) as reader:
        assert reader.holes() == ()


def test_a_damaged_row_is_left_out(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.add([hole(0, 10), hole(20, 30)])
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE hole SET end_ms = 11 WHERE start_ms = 0")
    raw.close()
    with Ledger(path) as ledger:
        assert spans(ledger, HoleState.OPEN) == [(20, 30)]


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_file_never_stops_a_start_and_tells_nothing_wrong(path: Path, seed: int) -> None:
    written = [hole(i * 100, i * 100 + 50, f"cause {i}") for i in range(200)]
    with Ledger(path) as ledger:
        ledger.add(written)
    chance = random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 16, 400))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    path.write_bytes(data[: chance.choice((len(data), len(data) // 2, 10))])
    with Ledger(path) as ledger:
        assert set(ledger.holes()) <= set(written)
        ledger.add([hole(10**6, 10**6 + 1)])
        assert ledger.holes()[-1].interval.start_ms == 10**6


_CHILD = """
import sys, pathlib
from heatdesk.live import Hole, HoleState
from heatdesk.market import Interval
from heatdesk.store.ledger import Ledger
ledger = Ledger(pathlib.Path(sys.argv[1]))
ledger.begin(1)
for n in range(1, 10**6):
    ledger.add([Hole("okx", "BTC/USDT:USDT", "candles", Interval(n * 10, n * 10 + 5), HoleState.OPEN, "cut")])
    ledger.heard({("okx", "BTC/USDT:USDT", "candles"): n * 10})
    print(n, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("after_s", [0.02, 0.1, 0.25])
def test_nothing_acknowledged_is_lost_by_a_kill(path: Path, after_s: float) -> None:
    child = subprocess.Popen([sys.executable, "-c", _CHILD, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(after_s)
    os.kill(child.pid, signal.SIGKILL)
    acknowledged = [1, *(int(line) for line in child.stdout.read().split("\n")[:-1] if line)][-1]
    child.stdout.close()
    child.wait(10)
    with Ledger(path) as ledger:
        starts = [h.interval.start_ms for h in ledger.holes()]
        assert starts[:acknowledged] == [n * 10 for n in range(1, acknowledged + 1)]
        (left,) = ledger.begin(10**8)
        assert left.cause == KILLED
        assert left.interval.start_ms >= acknowledged * 10


_TIMES = st.integers(0, 60)
_CAUSES = st.sampled_from(["cut", "ban"])


class _Moments(RuleBasedStateMachine):
    """Against a ledger of single moments; the file is closed and opened again now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "ledger.sqlite"
        self.ledger = Ledger(self._path)
        self.told: dict[int, tuple[str, str]] = {}

    def teardown(self) -> None:
        self.ledger.close()
        self._folder.cleanup()

    @rule(start=_TIMES, length=st.integers(0, 20), cause=_CAUSES)
    def lose(self, start: int, length: int, cause: str) -> None:
        self.ledger.add([hole(start, start + length, cause)])
        for moment in range(start, start + length):
            if self.told.get(moment, (HoleState.FILLED,))[0] == HoleState.FILLED:
                self.told[moment] = (HoleState.OPEN, cause)

    @rule(start=_TIMES, length=st.integers(0, 20), state=st.sampled_from(["filled", "exchange has none"]))
    def settle(self, start: int, length: int, state: str) -> None:
        self.ledger.settle("binance", BTC, "candles", Interval(start, start + length), state)
        for moment in range(start, start + length):
            if self.told.get(moment, ("",))[0] == HoleState.OPEN:
                self.told[moment] = (state, self.told[moment][1])

    @rule()
    def start_again(self) -> None:
        self.ledger.close()
        self.ledger = Ledger(self._path)

    @invariant()
    def every_moment_has_its_label(self) -> None:
        unsettled: dict[int, tuple[str, str]] = {}
        filled: set[int] = set()
        for h in self.ledger.holes():
            for moment in range(*h.interval):
                if h.state == HoleState.FILLED:
                    filled.add(moment)
                else:
                    assert moment not in unsettled
                    unsettled[moment] = (h.state, h.cause)
        assert unsettled == {m: told for m, told in self.told.items() if told[0] != HoleState.FILLED}
        assert filled >= {m for m, told in self.told.items() if told[0] == HoleState.FILLED}


_Moments.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
test_every_moment_has_one_label = _Moments.TestCase


def test_whoever_looks_at_the_holes_waits_for_no_disk(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.add([hole(0, 10)])
    writing, written = threading.Event(), threading.Event()

    def slowly(self: LedgerFile, **_: object) -> None:
        writing.set()
        written.wait(10.0)

    monkeypatch.setattr(LedgerFile, "write", slowly)
    writer = threading.Thread(target=lambda: ledger.add([hole(20, 30)]))
    looked = threading.Thread(target=lambda: ledger.holes(), daemon=True)
    writer.start()
    assert writing.wait(5.0)
    looked.start()
    looked.join(2.0)
    waited = looked.is_alive()
    written.set()
    writer.join(5.0)
    looked.join(5.0)
    assert not waited


class _Watched(Hole):
    """A hole that counts how often somebody looks at where any of them lies."""

    looks = 0

    @property
    def interval(self) -> Interval:  # type: ignore[override]
        _Watched.looks += 1
        return self[3]


def test_thin_markets_cost_a_question_no_more_than_what_it_is_about(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    markets, each, step = 10, 1500, 4 * MINUTE_MS  # every fourth minute of four days nothing was traded
    left_out = [
        _Watched("okx", f"C{market}/USDT:USDT", "candles", Interval(at, at + MINUTE_MS), "exchange has none", LEFT_OUT)
        for market in range(markets)
        for at in range(0, each * step, step)
    ]  # fmt: skip
    monkeypatch.setattr(LedgerFile, "read_holes", lambda _: list(starmap(HoleRow, enumerate(left_out, 1))))
    with Ledger(path) as ledger:
        middle = each // 2 * step
        thing = ("okx", "C3/USDT:USDT", "candles")

        def looks(question: Callable[[], object]) -> int:
            _Watched.looks = 0
            question()
            return _Watched.looks

        there = Interval(middle, middle + 60 * MINUTE_MS)
        assert len(ledger.none_there(*thing, there)) == 15
        assert looks(lambda: ledger.none_there(*thing, there)) < 100
        lost = _Watched(*thing, Interval(middle + MINUTE_MS, middle + 3 * MINUTE_MS), HoleState.OPEN, "cut")
        assert looks(lambda: ledger.add([lost])) < 100
        assert looks(lambda: ledger.settle(*lost[:4], HoleState.NONE_THERE)) < 100
        shown = [Market("okx", f"C{market}/USDT:USDT") for market in range(markets)]
        assert looks(lambda: ledger.newest(shown, 0, 200)) < 2000
        assert looks(ledger.open_holes) == 0
        now_ms = each * step
        ledger.age(now_ms, {"candles": 2 * DAY_MS})
        assert len(ledger.holes()) == markets * 2 * DAY_MS // step + 1
        assert looks(lambda: ledger.age(now_ms, {"candles": 2 * DAY_MS})) < 100
