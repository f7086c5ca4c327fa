"""What a chart wants to hear, under the names of each exchange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from heatdesk.engine import Question
from heatdesk.events import Market
from heatdesk.gui.watching import NOTHING, Watching, watched_by
from heatdesk.live import Instrument

_ASKED = Question("BTC/USDT:USDT", ("binance", "dydx", "deribit", "absent"))


def _instrument(exchange: str, symbol: str, kind: str = "linear", active: bool = True) -> Instrument:
    base, quote = symbol.partition(":")[0].split("/")
    return Instrument(exchange, symbol, symbol, base, quote, kind, active=active)


_TRADED = (
    _instrument("binance", "BTC/USDT:USDT"),
    _instrument("binance", "BTC/USDT", kind="spot"),
    _instrument("binance", "ETH/USDT:USDT"),
    _instrument("dydx", "BTC/USDC:USDC"),
    _instrument("deribit", "BTC/USDC:USDC", active=False),
    _instrument("deribit", "BTC/USD:BTC", kind="inverse"),
    _instrument("bybit", "BTC/USDT:USDT"),
)
_MARKETS = {
    Market("binance", "BTC/USDT:USDT"),
    Market("dydx", "BTC/USDC:USDC"),
    Market("deribit", "BTC/USD:BTC"),
}


def test_every_exchange_by_its_own_name():
    watched = watched_by(_ASKED, _TRADED, book=False)
    assert watched.markets == _MARKETS
    assert not watched.books


def test_books_only_where_they_are_drawn():
    assert watched_by(_ASKED, _TRADED, book=True).books == _MARKETS


def test_the_past_and_the_simulated_market_are_not_heard():
    assert watched_by(None, _TRADED, book=True) == NOTHING
    assert watched_by(replace(_ASKED, end_ms=1), _TRADED, book=True) == NOTHING
    assert watched_by(replace(_ASKED, simulated=True), _TRADED, book=True) == NOTHING


class _Counted(tuple[Instrument, ...]):
    """Instruments that count how often somebody goes through them."""

    walks = 0

    def __iter__(self) -> Iterator[Instrument]:
        _Counted.walks += 1
        return super().__iter__()


def test_instruments_are_gone_through_once_for_a_question_and_not_thirty_times_a_second() -> None:
    watching, traded = Watching(), _Counted(_TRADED)
    _Counted.walks = 0
    for book in (False, True) * 30:
        assert watching.of(_ASKED, traded, book) == watched_by(_ASKED, _TRADED, book)
    assert _Counted.walks == 1
    assert watching.of(replace(_ASKED, end_ms=1), traded, book=True) == NOTHING
    assert watching.of(_ASKED, traded, book=False).markets == _MARKETS
    assert watching.of(_ASKED, (), book=False) == NOTHING
    assert watching.of(None, traded, book=True) == NOTHING
