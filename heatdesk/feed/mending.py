"""What is done about a stream that is silent among others that speak: asked for again, then moved, then patience."""

from __future__ import annotations

import math
from enum import Enum
from typing import Final

from heatdesk.feed.exchanges.base import Stream

_AFTER_ASKING_S: Final = 12.0
_AFTER_MOVING_S: Final = 30.0
_LONGEST_S: Final = 600.0


class Step(Enum):
    """What to do next."""

    RESUBSCRIBE = "resubscribe"
    MOVE = "move"


class Mending:
    """The state of every repair; steady seconds. A stream that speaks again has to be told as healed."""

    def __init__(self) -> None:
        self._next: dict[Stream, tuple[int, float]] = {}

    def begin(self, stream: Stream) -> None:
        """A stream has gone silent: its first step is due."""
        self._next.setdefault(stream, (0, -math.inf))

    def step(self, stream: Stream, now_s: float) -> Step | None:
        """What to do about a silent stream now; None while the last step has its time. Counts the step."""
        done, next_s = self._next.get(stream, (0, now_s))
        if now_s < next_s:
            return None
        waits = (_AFTER_ASKING_S, _AFTER_MOVING_S)
        wait_s = waits[done] if done < len(waits) else min(_LONGEST_S, _AFTER_MOVING_S * 2.0 ** (done - 1))
        self._next[stream] = done + 1, now_s + wait_s
        return Step.MOVE if done == 1 else Step.RESUBSCRIBE

    def postpone(self, stream: Stream, until_s: float) -> None:
        """Leave a stream alone until then: the exchange has refused it."""
        self._next[stream] = self._next.get(stream, (2, 0.0))[0], until_s

    def healed(self, stream: Stream) -> None:
        """It speaks, or is no longer wanted."""
        self._next.pop(stream, None)

    def pending(self) -> tuple[Stream, ...]:
        """Everything that is being mended."""
        return tuple(self._next)

    def knows(self, stream: Stream) -> bool:
        """Whether it is being mended."""
        return stream in self._next
