"""The first launch: exchanges or a simulated market, decided within seconds and never by a dialog."""

from __future__ import annotations

import asyncio
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from heatdesk.events import Market
from heatdesk.gui.opening import Outlook, open_first, outlook, waiting_words, why_simulated
from heatdesk.live import ExchangeState, Health, Live, MarketState
from heatdesk.markets import Markets
from heatdesk.simulation import Simulation

_BTC = Market("binance", "BTC/USDT:USDT")


def _live(*healths: Health, stored: bool = False) -> Live:
    states = tuple(
        ExchangeState(f"x{n}", f"Exchange {n}", health, reason=f"it is {health.value}")
        for n, health in enumerate(healths)
    )
    markets = {_BTC: MarketState(_BTC, history_from_ms=1 if stored else 0)}
    return Live(1, 0, states, MappingProxyType(markets))


@pytest.mark.parametrize(
    ("live", "waited_s", "seen"),
    [
        (Live(), 0.0, Outlook.WAIT),
        (_live(Health.CONNECTING, Health.CONNECTING), 5.0, Outlook.WAIT),
        (_live(Health.CONNECTING, Health.CONNECTING), 7.0, Outlook.NOTHING),
        (_live(Health.LIVE, Health.UNREACHABLE), 30.0, Outlook.WAIT),
        (_live(Health.UNREACHABLE, Health.UNREACHABLE), 0.5, Outlook.NOTHING),
        (_live(Health.UNREACHABLE, Health.REFUSED), 0.5, Outlook.NOTHING),
        (_live(Health.UNREACHABLE, Health.CONNECTING), 0.5, Outlook.WAIT),
        (_live(Health.LIVE, Health.UNREACHABLE, stored=True), 0.5, Outlook.CHART),
    ],
)
def test_what_can_be_opened(live: Live, waited_s: float, seen: Outlook):
    assert outlook(live, waited_s) is seen


def test_what_is_waited_for_is_said():
    assert waiting_words(_live(Health.CONNECTING)) == "Connecting to the exchanges"
    words = waiting_words(_live(Health.LIVE, Health.UNREACHABLE, Health.LIVE))
    assert words == "Fetching the first candles from Exchange 0, Exchange 2"


class _Told:
    """Stands for the parts of a window and a bridge: notes what it is told."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.warned: list[str] = []
        self.offered: list[bool] = []
        self.read: list[object] = []
        self.question: str | None = None
        self.written_after = 1
        self.page = SimpleNamespace(show_waiting=self.waiting.append)
        self.notices = SimpleNamespace(warn=self.warned.append)
        self.side = SimpleNamespace(simulated=SimpleNamespace(offer_history=self.offered.append))

    def read_again(self, question: object) -> None:
        self.read.append(question)
        if len(self.read) == self.written_after:
            self.question = "the first"


def _open(pictures: list[Live], written_after: int = 1) -> tuple[_Told, Markets]:
    """Let the first launch see one picture after another, the last for good."""
    told: Any = _Told()
    told.written_after = written_after
    markets = Markets(lambda: pytest.fail("nothing is asked here"), Simulation())
    markets.expects_history = True
    feed: Any = SimpleNamespace(live=lambda: pictures[0])

    async def sleep(seconds: float) -> None:
        if len(pictures) > 1:
            pictures.pop(0)

    asyncio.run(asyncio.wait_for(open_first(feed, markets, told, told, sleep), 5.0))
    return told, markets


def test_the_chart_opens_once_candles_are_stored():
    told, markets = _open(
        [Live(), _live(Health.CONNECTING), _live(Health.LIVE), _live(Health.LIVE, stored=True)]
    )
    assert told.read == [None]
    assert not markets.simulated
    assert told.waiting[-1].startswith("Fetching the first candles")
    assert not told.warned


def test_candles_that_are_not_written_yet_are_asked_for_again():
    told, _ = _open([_live(Health.LIVE, stored=True)], written_after=3)
    assert told.read == [None] * 3


def test_without_a_network_the_market_is_simulated_until_a_person_goes_live():
    lost = _live(Health.UNREACHABLE)
    told, markets = _open([_live(Health.CONNECTING), lost, lost, _live(Health.LIVE, stored=True)])
    assert told.read == [None]
    assert markets.simulated, "nobody is taken out of it unasked"
    assert "it is unreachable" in told.warned[0]
    assert "go live" in told.warned[1]
    assert told.offered == [True]
    markets.open_history()
    assert not markets.simulated


def test_why_nothing_is_heard_is_told():
    silent = why_simulated(_live(Health.CONNECTING, Health.UNREACHABLE))
    assert silent.startswith("No exchange has told anything yet")
    assert silent.endswith("Exchange 1: it is unreachable"), (
        "one that failed says more than one that is dialled"
    )
    lost = why_simulated(_live(Health.REFUSED, Health.UNREACHABLE))
    assert lost.startswith("No exchange can be reached")
    assert lost.endswith("Exchange 0: it is not offered here")
    assert why_simulated(Live(notices=("The authority cannot be read.",))).endswith(
        "The authority cannot be read."
    )
    assert why_simulated(Live()).endswith("none has answered.")
