"""Frames that others recorded, and a stand-in for REST that answers with recorded pages."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

from heatdesk.feed.exchanges.base import RestError
from heatdesk.live import Instrument


def bitcoin(exchange: str, wire: str, kind: str = "linear", size: float = 1.0) -> Instrument:
    """The instrument that most recordings are about."""
    symbol = {"linear": "BTC/USDT:USDT", "spot": "BTC/USDT", "inverse": "BTC/USD:BTC"}[kind]
    return Instrument(exchange, symbol, wire, "BTC", "USD" if kind == "inverse" else "USDT", kind, size)


def frame(message: object) -> bytes:
    """A message as it comes."""
    return json.dumps(message).encode()


def wrapped(path: Path) -> list[Any]:
    """The payloads of a recording that wraps each into an object with its time."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [entry["data"] for entry in json.loads(text) if entry["data"]]


def lines(path: Path) -> Iterator[bytes]:
    """The frames of a recording that has one a line, after the time it came."""
    with gzip.open(path) as file:
        for line in file:
            yield line.partition(b" ")[2]


def bybit(path: Path) -> Iterator[tuple[str, str]]:
    """Route (or address) and text of everything that a recording received."""
    routes: dict[str, str] = {}
    with path.open("rb") as file:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file)):
            entry = json.loads(line)
            if entry["t"] == "connect":
                routes[entry["conn"]] = entry["addr"].rpartition("/")[2]
            elif entry["t"] == "recv":
                yield routes[entry["conn"]], entry["data"]
            elif entry["t"] == "http":
                yield entry["url"], entry["data"]


class Pages:
    """A `Rest` that answers each method with what it was given, and keeps what it was asked."""

    def __init__(self, answers: dict[str, Any], markets: dict[str, Any] | None = None) -> None:
        self.answers, self._markets = answers, markets or {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        self.asked.append((method, params or {}))
        if method not in self.answers:
            raise RestError(f"{method} is not offered here", 404)
        answer = self.answers[method]
        return answer(params or {}) if callable(answer) else answer

    async def get(self, url: str, params: dict[str, Any] | None = None) -> Any:
        return await self.call(url, params)

    async def markets(self) -> dict[str, dict[str, Any]]:
        return self._markets
