"""Which streams go on which socket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from heatdesk.feed.exchanges.base import Limits, Stream

_RESERVED: Final = (
    2  # room on every socket for streams about the whole market, which need company to be judged
)


class Allotment(NamedTuple):
    """What sockets take on and give up, by their place in the list that was asked about, and what new ones carry."""

    added: dict[int, tuple[Stream, ...]]
    dropped: dict[int, tuple[Stream, ...]]
    opened: tuple[tuple[Stream, ...], ...]


def allot(
    wanted: Iterable[Stream], carried: Sequence[tuple[str, frozenset[Stream]]], limits: Limits
) -> Allotment:
    """Carry what is wanted on sockets of (route, streams) with as little change as possible.

    Nothing that is carried moves. The streams of an instrument stay together, a quiet one beside one that speaks.
    """
    wanted_now = frozenset(wanted)
    dropped = {place: tuple(streams - wanted_now) for place, (_, streams) in enumerate(carried)}
    load = [(route, len(streams & wanted_now)) for route, streams in carried]
    new = wanted_now.difference(*(streams for _, streams in carried)) if carried else wanted_now
    added: dict[int, list[Stream]] = {}
    for stream in sorted(new, key=_together):
        room = limits.streams_per_socket - (
            _RESERVED if stream.symbol and limits.streams_per_socket > _RESERVED else 0
        )
        place = next(
            (p for p, (route, count) in enumerate(load) if route == stream.route and count < room), len(load)
        )
        if place == len(load):
            load.append((stream.route, 0))
        load[place] = stream.route, load[place][1] + 1
        added.setdefault(place, []).append(stream)
    first_new = len(carried)
    return Allotment(
        {place: tuple(streams) for place, streams in added.items() if place < first_new},
        {place: streams for place, streams in dropped.items() if streams},
        tuple(tuple(added[place]) for place in sorted(added) if place >= first_new),
    )


def _together(stream: Stream) -> tuple[str, bool, str, str]:
    """The streams of one instrument in a row; those of the whole market first, where the first instrument follows."""
    return stream.route, bool(stream.symbol), stream.symbol, stream.topic
