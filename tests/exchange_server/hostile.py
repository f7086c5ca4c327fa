"""Frames and answers that no client should trust: broken, huge, deep, compressed to nothing, or full of bad numbers."""

from __future__ import annotations

import random
import re

from tests.exchange_server.line import Line, bomb, frame

_DECIMAL = re.compile(r'"-?\d+\.\d+"')
BAD_NUMBERS = ('"NaN"', '"inf"', '"-Infinity"', '"0"', '"-1.5"', '""', "null", '"1e999"', '"abc"', "[]", "{}")
_HUGE = 2 << 20

TEXTS = (
    b"",
    b"{",
    b'{"e":"aggTrade","p":',
    b"[" * 100_000,
    b"null",
    b"[]",
    b'"hello"',
    b"1e999",
    b"NaN",
    b'{"data":null}',
    b'{"data":[null,1,"x",{}]}',
    b'{"topic":"publicTrade.BTCUSDT","data":7}',
    b'{"arg":[],"data":{}}',
    b'{"stream":5,"data":[]}',
    b'{"e":"kline","k":[]}',
    '{"e":"☃\\ud800"}'.encode(),
    b"<html><body>502 Bad Gateway</body></html>",
)


def send_malformed(line: Line) -> int:
    """Every text that cannot be read, one after the other; the socket lives on. Returns how many."""
    line.say(TEXTS)
    return len(TEXTS)


def send_huge(line: Line) -> int:
    """One frame beyond any sensible size."""
    line.write(frame(b'{"data":"' + b"x" * _HUGE + b'"}'))
    return 1


def send_bomb(line: Line) -> int:
    """A few kilobytes that unpack to 64 MiB; to a client that agreed to no compression it is a broken frame."""
    line.write(bomb(64 << 20))
    return 1


def send_partial(line: Line) -> int:
    """Half a frame, and then nothing any more."""
    line.write(frame(b'{"e":"aggTrade","s":"BTCUSDT","p":"65000.1"}')[:20])
    line.cut()
    return 1


def send_binary(line: Line) -> int:
    """Bytes where text belongs."""
    line.write(frame(bytes(range(256)), opcode=0x2))
    return 1


def poisoned(text: str, chance: random.Random) -> str | None:
    """The frame with its first decimal made something that is no positive number; None where it has none."""
    bad = chance.choice(BAD_NUMBERS)
    changed, count = _DECIMAL.subn(bad, text, count=1)
    return changed if count else None
