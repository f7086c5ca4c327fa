"""What all decoders share: reading a frame strictly, and naming whatever is wrong with it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson

from heatdesk.errors import HeatdeskError
from heatdesk.events import Candle
from heatdesk.feed.exchanges.base import MAX_FRAME_BYTES, FrameError, RestError, Stream
from heatdesk.market import MINUTE_MS

# What reading a message of the wrong shape raises.
MISREAD: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


def parse(frame: str | bytes) -> Any:
    """The JSON of a frame; raises FrameError for anything else, NaN and infinity included."""
    if len(frame) > MAX_FRAME_BYTES:
        raise FrameError(f"a frame is longer than {MAX_FRAME_BYTES} bytes")
    try:
        return orjson.loads(frame)
    except ValueError:
        raise FrameError("a frame is not JSON") from None


def unreadable(error: BaseException) -> FrameError:
    """The error to raise for what came of reading a message of another shape than promised."""
    if isinstance(error, FrameError):
        return error
    if isinstance(error, KeyError):  # its text is the name that we looked for, if it is text at all
        return FrameError(f"a frame lacks {ascii(error.args[0])[:60]}")
    return FrameError(f"a frame has another shape than promised ({type(error).__name__})")


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Around the reading of an answer of REST to `what` was asked: whatever is wrong with it is told as RestError."""
    try:
        yield
    except RestError:
        raise
    except (HeatdeskError, StopIteration, *MISREAD) as error:
        why = error if isinstance(error, HeatdeskError) else unreadable(error)
        raise RestError(f"{what}: the answer cannot be read: {str(why).replace('a frame', 'it')}") from None


def listed(told: Any) -> list[Any]:
    """What is told, if it is a list; raises FrameError."""
    if type(told) is not list:
        raise FrameError("something else stands where a list belongs")
    return told


def sane(candle: Candle) -> Candle:
    """A candle on the minute whose high and low enclose its open and close; raises FrameError for another."""
    if candle.time_ms % MINUTE_MS:
        raise FrameError("a candle does not begin on a minute")
    if not candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high:
        raise FrameError("a candle's high and low do not enclose its open and close")
    if candle.taker_buy_volume > candle.volume * (1 + 1e-9):
        return candle._replace(taker_buy_volume=math.nan)
    return candle


def portions(streams: Sequence[Stream], size: int) -> Iterator[list[str]]:
    """The topics of streams, at most `size` at a time."""
    for start in range(0, len(streams), size):
        yield [stream.topic for stream in streams[start : start + size]]
