"""The account of hearing: since when each stream is heard without a break, and which are not heard and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heatdesk.feed.exchanges.base import Stream
from heatdesk.feed.hearing import Listener, Loss


class Deaf(NamedTuple):
    """A stream has not been heard since `from_ms`; 0: not yet at all.

    With `own_word` no other stream's data proves that it is heard again.
    """

    from_ms: int
    cause: str
    own_word: bool


class Attention:
    """Keeps the account of the streams of one socket, and tells the listener; times are wall time, ms UTC."""

    def __init__(self, exchange: str, listener: Listener) -> None:
        self._exchange, self._listener = exchange, listener
        self._streams: dict[str, Stream] = {}
        self._deaf: dict[str, Deaf] = {}
        self._told_ms: dict[str, int] = {}
        self._quiet_and_deaf: set[str] = set()

    def begin(self, streams: Iterable[Stream]) -> None:
        """These are to be heard from now on."""
        for stream in streams:
            self._streams[stream.topic] = stream
            self._note(stream, Deaf(0, "", False))

    def end(self, streams: Iterable[Stream], until_ms: int) -> None:
        """These are no longer wanted."""
        for stream in streams:
            deaf = self._deaf.pop(stream.topic, None)
            self._quiet_and_deaf.discard(stream.topic)
            if deaf is None:
                self._tell_heard(stream, until_ms)
            elif deaf.from_ms:
                self._listener.lost(Loss(self._exchange, stream, deaf.from_ms, until_ms, deaf.cause))
            self._told_ms.pop(stream.topic, None)
            self._streams.pop(stream.topic, None)

    def missed(self, streams: Iterable[Stream], from_ms: int, cause: str, own_word: bool = False) -> None:
        """These have not been heard since `from_ms`; one that was already deaf stays so for its first cause."""
        for stream in streams:
            known = self._deaf.get(stream.topic)
            if known is None and stream.topic in self._streams:
                self._tell_heard(stream, from_ms)
                self._note(stream, Deaf(max(from_ms, 1), cause, own_word))

    def spoke(self, topics: Iterable[str], now_ms: int) -> None:
        """These gave data."""
        if self._deaf:
            for topic in topics:
                if topic in self._deaf:
                    self._hear(topic, now_ms)

    def proved(self, topics: Iterable[str], now_ms: int) -> None:
        """Quiet streams are heard again: they were confirmed, or others speak on the socket they were asked on."""
        for topic in topics:
            deaf = self._deaf.get(topic)
            if deaf is not None and not deaf.own_word:
                self._hear(topic, now_ms)

    def hand_over(self, stream: Stream, other: Attention) -> None:
        """Another socket carries a stream from now on; it goes on being deaf there for as long as it has been here."""
        deaf = self._deaf.pop(stream.topic, Deaf(0, "", False))
        self._quiet_and_deaf.discard(stream.topic)
        self._told_ms.pop(stream.topic, None)
        self._streams.pop(stream.topic, None)
        other.begin((stream,))
        other._note(stream, deaf)

    @property
    def quiet_and_deaf(self) -> frozenset[str]:
        """Quiet streams that wait for a proof."""
        return frozenset(self._quiet_and_deaf)

    @property
    def unheard(self) -> list[Loss]:
        """The silences that last."""
        return [
            Loss(self._exchange, self._streams[topic], deaf.from_ms, 0, deaf.cause)
            for topic, deaf in self._deaf.items()
            if deaf.from_ms
        ]

    def deaf(self, topic: str) -> Deaf | None:
        """Since when and why a stream is not heard; None where it is."""
        return self._deaf.get(topic)

    def tell(self, until_ms: int) -> None:
        """Tell what has been heard up to the newest sign of life."""
        for topic, stream in self._streams.items():
            if topic not in self._deaf:
                self._tell_heard(stream, until_ms)

    def _note(self, stream: Stream, deaf: Deaf) -> None:
        self._deaf[stream.topic] = deaf
        self._told_ms.pop(stream.topic, None)
        if stream.quiet:
            self._quiet_and_deaf.add(stream.topic)

    def _hear(self, topic: str, now_ms: int) -> None:
        deaf, stream = self._deaf.pop(topic), self._streams[topic]
        self._quiet_and_deaf.discard(topic)
        self._told_ms[topic] = now_ms
        if deaf.from_ms:
            to_ms = max(now_ms, deaf.from_ms)  # a clock that was set back makes no loss of negative length
            self._listener.lost(Loss(self._exchange, stream, deaf.from_ms, to_ms, deaf.cause))

    def _tell_heard(self, stream: Stream, until_ms: int) -> None:
        from_ms = self._told_ms.get(stream.topic)
        if from_ms is not None and until_ms > from_ms:
            self._listener.heard(self._exchange, stream, from_ms, until_ms)
            self._told_ms[stream.topic] = until_ms
