"""Exchanges whose spot pairs bear the names of their perpetuals: only the route tells which of them a frame means."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from heatdesk.events import Event
from heatdesk.feed.exchanges.base import Decoder, Exchange
from heatdesk.feed.exchanges.frames import MISREAD, parse, unreadable
from heatdesk.live import Instrument

Known = Mapping[str, Instrument]


class Paired(Exchange):
    """Frames of the route ``spot`` are about pairs, all others about perpetuals."""

    def __init__(self) -> None:
        super().__init__()
        self._spot: dict[str, Instrument] = {}

    def know(self, instruments: Sequence[Instrument]) -> None:
        """Decode these from now on; sockets that are open learn of it."""
        super().know(instruments)
        self.instruments = {i.wire: i for i in instruments if i.kind != "spot"}
        self._spot = {i.wire: i for i in instruments if i.kind == "spot"}

    def decoder(self, route: str) -> Decoder:
        """What reads the frames of a route; raises FrameError as `decode` does."""
        return partial(self._decode, self._pairs if route == "spot" else self._perpetuals)

    def decode(self, frame: str | bytes) -> tuple[str, list[Event]]:
        """A frame about perpetuals; raises FrameError."""
        return self._decode(self._perpetuals, frame)

    @abstractmethod
    def read(self, message: dict[str, Any], known: Known) -> tuple[str, list[Event]]:
        """The topic and the events of a message about instruments that go by these names; may raise `MISREAD`."""

    def _perpetuals(self) -> Known:
        return self.instruments

    def _pairs(self) -> Known:
        return self._spot

    def _decode(self, known: Callable[[], Known], frame: str | bytes) -> tuple[str, list[Event]]:
        message = parse(frame)
        try:
            return self.read(message, known())
        except MISREAD as error:
            raise unreadable(error) from None
