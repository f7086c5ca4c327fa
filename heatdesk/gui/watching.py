"""What a chart wants to hear: the markets behind a question, under the names that exchanges trade them by."""

from __future__ import annotations

from collections.abc import Iterable

from heatdesk.engine import Question
from heatdesk.events import Market
from heatdesk.live import Instrument, Watched
from heatdesk.same_coin import parts_of, symbol_on

NOTHING = Watched()


def watched_by(question: Question | None, instruments: Iterable[Instrument], book: bool) -> Watched:
    """The markets of a question up to now on the exchanges that have told what they trade, and their order books."""
    if question is None or question.simulated or question.end_ms is not None:
        return NOTHING
    coin = parts_of(question.symbol).base
    there = [i.market for i in instruments if i.base == coin and i.active and i.kind != "spot"]
    own = {exchange: symbol_on(there, question.symbol, exchange) for exchange in question.exchanges}
    markets = frozenset(Market(exchange, symbol) for exchange, symbol in own.items() if symbol is not None)
    return Watched(markets, markets if book else frozenset())


class Watching:
    """`watched_by`, looked up anew only for another question or other instruments: there are hundreds of them."""

    def __init__(self) -> None:
        self._of: tuple[Question | None, tuple[Instrument, ...]] = None, ()
        self._markets: frozenset[Market] = frozenset()

    def of(self, question: Question | None, instruments: tuple[Instrument, ...], book: bool) -> Watched:
        """What a chart wants to hear; the instruments are the same as before where they are the same object."""
        if question != self._of[0] or instruments is not self._of[1]:
            self._of = question, instruments
            self._markets = watched_by(question, instruments, book=False).markets
        return Watched(self._markets, self._markets if book else frozenset())
