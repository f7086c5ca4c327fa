"""Plays frames that were recorded from the real exchanges, at the pace they came in, to whoever subscribed to them."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import orjson
import zstandard

from tests.exchange_server.line import Line, Sub

if TYPE_CHECKING:
    from tests.exchange_server.server import ExchangeServer

_LONGEST_PAUSE_S = 2.0


class Recorded(NamedTuple):
    """A frame of a recording."""

    at_s: float  # since the beginning of its recording
    exchange: str
    topic: str
    text: str


def read(folder: Path) -> list[Recorded]:
    """Every frame of a folder's recordings, as they came; raises FileNotFoundError where there is none."""
    found: list[Recorded] = []
    for file in sorted(folder.rglob("*.jsonl.*")):
        frames = list(_binance(file) if file.suffix == ".gz" else _bybit(file))
        found += [frame._replace(at_s=frame.at_s - frames[0].at_s) for frame in frames]
    if not found:
        raise FileNotFoundError(f"no recording in {folder}")
    return sorted(found, key=lambda frame: frame.at_s)


def _binance(file: Path) -> Iterator[Recorded]:
    """Lines of ``nanoseconds {"stream":…,"data":…}``."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            stamp, _, text = line.rstrip("\n").partition(" ")
            if text.startswith('{"stream"'):
                yield Recorded(int(stamp) / 1e9, "binance", orjson.loads(text)["stream"], text)


def _bybit(file: Path) -> Iterator[Recorded]:
    """Lines of ``{"t":"recv","ts":…,"data":"…"}``."""
    with file.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as plain:
        for line in io.TextIOWrapper(plain, encoding="utf-8"):
            row = orjson.loads(line)
            if row.get("t") == "recv" and '"topic"' in row["data"]:
                yield Recorded(float(row["ts"]), "bybit", orjson.loads(row["data"])["topic"], row["data"])


class Replay:
    """The market is silent meanwhile: what is subscribed gets the recorded frames and nothing else."""

    def __init__(self, server: ExchangeServer, folder: Path) -> None:
        self._server = server
        self._frames = read(folder)
        server.pumping = False
        self.sent = 0

    async def run(self, speed: float = 1.0) -> None:
        """Play all recordings together, each from its own beginning, once."""
        told = 0.0
        for frame in self._frames:
            if frame.at_s > told:
                await asyncio.sleep(min(frame.at_s - told, _LONGEST_PAUSE_S) / speed)
                told = frame.at_s
            self._tell(frame)

    def _tell(self, frame: Recorded) -> None:
        for line in self._server.lines:
            sub = self._wanted(line, frame)
            if sub is not None:
                text = frame.text
                if frame.exchange == "binance" and not sub.form.endswith("combined"):
                    text = orjson.dumps(orjson.loads(text)["data"]).decode()
                line.say([text])
                self.sent += 1

    def _wanted(self, line: Line, frame: Recorded) -> Sub | None:
        """The subscription that a frame answers; how often a book is told (``@100ms``) may differ."""
        if line.exchange != frame.exchange:
            return None
        name = frame.topic.removesuffix("@0ms")
        return next(
            (sub for topic, sub in line.subs.items() if topic == name or topic.startswith(f"{name}@")), None
        )
