"""Tells every subscriber what has happened since the last time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import Listing
from tests.exchange_server.market import Market
from tests.exchange_server.news import News
from tests.exchange_server.protocols.base import Protocol

Lie = Callable[[Line, Sub, Listing, list[str]], Iterable[str | bytes]]


class Pump:
    """One turn of it covers the stretch from the last turn to now, however long that was."""

    def __init__(self, market: Market, protocols: Collection[Protocol]) -> None:
        self._market = market
        self._protocols = {protocol.name: protocol for protocol in protocols}
        self.lie: Lie = lambda line, sub, listing, frames: frames
        market.told_ms = market.now_ms()

    def turn(self, lines: Collection[Line]) -> None:
        """Send what is due, all of a line at once; frames are made once for each topic."""
        begin, now = self._market.told_ms, self._market.now_ms()
        if now <= begin:
            return
        news: dict[tuple[str, str, str], News] = {}
        made: dict[tuple[object, ...], list[str]] = {}
        for line in lines:
            if not line.open or line.stalled:
                continue
            protocol = self._protocols[line.exchange]
            said: list[str | bytes] = []
            for sub in list(line.subs.values()):
                for listing in self._about(protocol, sub):
                    told = news.get(listing.key)
                    if told is None:
                        told = news[listing.key] = News(self._market, listing, begin, now)
                    key = (line.exchange, sub.topic, sub.form, listing.key)
                    frames = made.get(key)
                    if frames is None:
                        frames = made[key] = protocol.tell(sub, told)
                    said += self.lie(line, sub, listing, frames)
            line.say(said)
        self._market.told_ms = now

    @staticmethod
    def _about(protocol: Protocol, sub: Sub) -> Iterable[Listing]:
        if sub.mute:
            return ()
        if sub.listing is not None:
            current = protocol.find(sub.listing.kind, sub.listing.wire)
            return () if current is None or current.status != "trading" else (current,)
        return [
            item
            for item in protocol.listings.values()
            if item.status == "trading" and protocol.covers(sub, item)
        ]
