"""`heatdesk record`: records until it is told to end, and refuses in words what it cannot record."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from types import MappingProxyType

import pytest

from heatdesk import cli, settings
from heatdesk.commands import record
from heatdesk.errors import BadInputError
from heatdesk.feed.exchanges import EXCHANGES
from heatdesk.feed.plan import FeedPlan
from heatdesk.live import ExchangeState, Health, Instrument, Live
from heatdesk.recording.choice import plan_for_window, plan_of, why_offline
from heatdesk.recording.recorder import Recorder
from heatdesk.recording.status_line import status_line
from heatdesk.recording.unknown import unknown_symbol
from heatdesk.settings import Settings
from heatdesk.store.user import user_history
from tests.recording.samples import StillFeed, picture

_BTC = "BTC/USDT:USDT"


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[FeedPlan]:
    """What is recorded; by a feed that dials nobody."""
    made: list[FeedPlan] = []

    def recorder(plan: FeedPlan) -> Recorder:
        made.append(plan)
        return Recorder(plan, lambda *_: StillFeed(Live()))

    monkeypatch.setattr(record, "Recorder", recorder)
    monkeypatch.delenv("HEATDESK_OFFLINE")
    return made


def test_it_records_what_the_settings_say_and_ends(plans: list[FeedPlan], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(record, "span_ms", lambda text: 100)
    began = time.monotonic()
    assert cli.main(["record", "--for", "1m"]) == 0
    assert time.monotonic() - began < 2.0
    usual = tuple(name for name, kind in EXCHANGES.items() if kind.row.default)
    assert plans == [FeedPlan(usual, Settings().feeds.symbols, history_days=30.0)]
    user_history(read_only=False).close()  # free for the next


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_within_two_seconds(plans: list[FeedPlan], number: int):
    sent: list[float] = []

    def send() -> None:
        while not plans:
            time.sleep(0.01)
        time.sleep(0.2)
        sent.append(time.monotonic())
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    before = signal.getsignal(number)
    thread.start()
    assert cli.main(["record", "--exchange", "binance", "--symbol", _BTC]) == 0
    thread.join()
    assert time.monotonic() - sent[0] < 2.0
    assert signal.getsignal(number) is before
    assert plans == [FeedPlan(("binance",), (_BTC,), history_days=30.0)]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--exchange", "mtgox"], 3, "Exchange 'mtgox' is unknown; use some of"),
        (["--symbol", "BTC"], 3, "Symbol 'BTC' is no perpetual; write it as BTC/USDT:USDT."),
        (["--symbol", "BTC/USDT"], 3, "is no perpetual"),
        (["--for", "soon"], 2, "is no span of time"),
        (["--for"], 2, "expected one argument"),
    ],
)
def test_nonsense_is_refused_in_words(
    plans: list[FeedPlan], capsys: pytest.CaptureFixture[str], words: list[str], status: int, said: str
):
    assert cli.main(["record", *words]) == status
    assert said in capsys.readouterr().err
    assert not plans


def test_a_second_recorder_is_refused(plans: list[FeedPlan], capsys: pytest.CaptureFixture[str]):
    from heatdesk.machine import paths
    from heatdesk.store.lock import WriterLock

    lock = WriterLock(paths.data() / "history")
    assert cli.main(["record"]) == 5
    assert f"(process {os.getpid()}) is writing the history" in capsys.readouterr().err
    lock.release()


def test_off_the_network_nothing_is_recorded(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["record"]) == 5
    assert "HEATDESK_OFFLINE is set" in capsys.readouterr().err


def test_a_coin_that_nobody_trades_ends_it(
    plans: list[FeedPlan], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    feed = StillFeed(Live(1, 1, (ExchangeState("binance", "Binance", Health.LIVE),)))
    monkeypatch.setattr(record, "Recorder", lambda plan: Recorder(plan, lambda *_: feed))
    assert cli.main(["record", "--symbol", _BTC, "NOPE/USDT:USDT"]) == 3
    assert "No exchange that is connected trades NOPE/USDT:USDT." in capsys.readouterr().err
    assert feed.stopped


def test_an_exchange_that_has_not_told_yet_may_trade_it():
    states = (
        ExchangeState("binance", "Binance", Health.LIVE),
        ExchangeState("okx", "OKX", Health.CONNECTING),
    )
    known = (Instrument("binance", _BTC, "BTCUSDT", "BTC", "USDT", "linear"),)
    asked = ("NOPE/USDT:USDT",)
    assert unknown_symbol(asked, known, Live(exchanges=states)) is None
    assert unknown_symbol(asked, (), Live(exchanges=states[:1])) is None
    lost = (states[0], replace(states[1], health=Health.UNREACHABLE))
    assert unknown_symbol(asked, known, Live(exchanges=lost)) == asked[0]
    assert unknown_symbol((_BTC,), known, Live(exchanges=lost)) is None


def test_how_it_goes_is_one_line():
    live = replace(picture(5), markets=MappingProxyType({}))
    assert status_line(live) == (
        "1970-01-01 00:01 UTC  Binance, Bybit asked to wait; 0 messages/s, 5 writes, 0 open holes"
    )
    assert "no exchange yet" in status_line(Live())


def test_who_may_dial(monkeypatch: pytest.MonkeyPatch):
    chosen = settings.load().settings
    assert "unset it" in why_offline(chosen)
    monkeypatch.setenv("HEATDESK_OFFLINE", "0")
    assert why_offline(chosen) == ""
    assert "turn on Connect" in why_offline(chosen.changed("feeds", connect=False))


def test_a_window_dials_what_it_is_asked_for_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HEATDESK_OFFLINE")
    chosen = Settings()
    plan = plan_for_window(chosen, ("binance", "of-my-own"))
    assert plan == plan_of(chosen)
    wrong = chosen.changed("feeds", exchanges=("mtgox",))
    with pytest.raises(BadInputError, match="unknown"):
        plan_for_window(wrong)
