"""What reading a trade costs, beside ccxt's own reading of the same frames: recorded ones, published ones of Kraken.

Where others recorded answers of REST instead of frames, each of their trades comes in a frame of its own, as it would.
ccxt's side is what its client does with a frame: parse the JSON, make its trade structures, keep them in its cache.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import ccxt.pro
import orjson

from heatdesk.events import Trade
from heatdesk.feed.exchanges import EXCHANGES
from heatdesk.live import Instrument
from tests.feed.exchanges.recorded import bybit, lines, wrapped

MOST_US = 5.0
LEAST_TIMES = 5.0
_TRADES = 10_000  # read in a round
_ROUNDS = 5

Row = dict[str, Any]


def rows() -> list[Row]:
    """Per exchange: ours, ccxt's, and how many times ours is faster. Nothing where the recordings are not at hand."""
    folder = os.environ.get("HEATDESK_SHARED")
    if not folder:
        return []
    found: list[Row] = []
    for name, frames in _frames(Path(folder) / "data" / "frames").items():
        ours, theirs = _ours(name, frames), _theirs(name, frames)
        faster = theirs / ours
        found += [
            _row(f"reading a trade of {name}", ours, "µs", MOST_US, ours <= MOST_US),
            _row(f"reading a trade of {name}, by ccxt", theirs, "µs", None, True),
            _row(f"times faster than ccxt on {name}", faster, "times", LEAST_TIMES, faster >= LEAST_TIMES),
        ]  # fmt: skip
    return found


def _row(name: str, value: float, unit: str, target: float | None, ok: bool) -> Row:
    return {"name": name, "value": value, "unit": unit, "target": target, "ok": ok}


def _ours(name: str, frames: list[bytes]) -> float:
    exchange = EXCHANGES[name]()
    exchange.know([_INSTRUMENTS[name]])
    decode = exchange.decoder(next(iter(exchange.routes)))
    trades = sum(isinstance(event, Trade) for frame in frames for event in decode(frame)[1])
    return _microseconds(lambda frame: decode(frame), frames, trades)


def _theirs(name: str, frames: list[bytes]) -> float:
    ccxt_id = EXCHANGES[name].row.ccxt_id
    exchange = getattr(ccxt.pro, ccxt_id)({"options": {"tradesLimit": 100_000}})
    exchange.set_markets([_market(_INSTRUMENTS[name], ccxt_id)])
    client = _Client(next(iter(EXCHANGES[name]().routes.values())))
    kept = 0

    def read(frame: bytes) -> None:
        exchange.handle_message(client, orjson.loads(frame))

    for frame in frames:
        read(frame)
    kept = sum(len(cache) for cache in exchange.trades.values())
    if not kept:
        raise RuntimeError(f"ccxt has read no trade of {name}")
    return _microseconds(read, frames, kept)


class _Client:
    """What ccxt's handlers want of a connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.subscriptions: dict[str, Any] = {}
        self.futures: dict[str, Any] = {}
        self.lastPong = 0

    def resolve(self, *_: Any) -> None:
        """Nobody waits."""

    def reject(self, error: Any, *_: Any) -> None:
        """A frame that ccxt cannot read must not be measured."""
        raise error


def _microseconds(read: Callable[[bytes], object], frames: list[bytes], trades: int) -> float:
    """Of this thread, per trade, the best of several rounds."""
    repeats = max(1, _TRADES // max(trades, 1))
    best = float("inf")
    for _ in range(_ROUNDS):
        began = time.thread_time()
        for _ in range(repeats):
            for frame in frames:
                read(frame)
        best = min(best, time.thread_time() - began)
    return best / (repeats * trades) * 1e6


# --- frames


def _frames(folder: Path) -> dict[str, list[bytes]]:
    made = {
        "binance": _binance(folder / "binance/btcusdt_depth_trade_2024-08-08.jsonl.gz"),
        "bybit": _bybit(folder / "bybit/bybit_v5_2026-08-09.jsonl.zst"),
        "okx": _with_data(folder / "okx/okx_perp_btcusdt_trades.json.gz"),
        "dydx": _dydx(folder / "dydx/http_get_trades.json"),
        "hyperliquid": _hyperliquid(folder / "hyperliquid/http_recent_trades_btc.json"),
        "bitget": (m for m in _with_data(folder / "bitget/bitget_perp_btcusdt_trades.json.gz") if len(m["data"]) < 10),
        "gate": _gate(folder / "gate/gateio_perp_btcusdt_trades.json"),
        "deribit": (m for m in wrapped(folder / "deribit/deribit_perp_btcusd_trades.json.gz") if "params" in m),
        "kraken": iter([_KRAKEN]),
    }  # fmt: skip
    return {name: [orjson.dumps(message) for message in islice(found, 500)] for name, found in made.items()}


def _binance(path: Path) -> Iterator[Any]:
    """Single trades were recorded; aggregated ones look the same but for their name and number."""
    for line in lines(path):
        told = json.loads(line).get("data", {})
        if told.get("e") == "trade" and told["X"] == "MARKET":
            yield {
                "e": "aggTrade", "E": told["E"], "s": told["s"], "a": told["t"], "p": told["p"], "q": told["q"],
                "f": told["t"], "l": told["t"], "T": told["T"], "m": told["m"],
            }  # fmt: skip


def _bybit(path: Path) -> Iterator[Any]:
    for route, frame in bybit(path):
        if route == "linear" and '"publicTrade.BTCUSDT"' in frame and '"data"' in frame:
            yield json.loads(frame)


def _with_data(path: Path) -> Iterator[Any]:
    return (message for message in wrapped(path) if "data" in message)


def _dydx(path: Path) -> Iterator[Any]:
    for trade in json.loads(path.read_text())["result"]["trades"]:
        yield {
            "type": "channel_data", "connection_id": "c", "message_id": 3, "id": "BTC-USD", "channel": "v4_trades",
            "version": "1.0.0", "contents": {"trades": [trade]},
        }  # fmt: skip


def _hyperliquid(path: Path) -> Iterator[Any]:
    for trade in json.loads(path.read_text()):
        yield {"channel": "trades", "data": [trade]}


def _gate(path: Path) -> Iterator[Any]:
    for trade in wrapped(path)[0]:
        yield {"time": 1709549757, "channel": "futures.trades", "event": "update", "result": [trade]}


_KRAKEN = {
    "feed": "trade", "product_id": "PF_XBTUSD", "uid": "05af78ac-a774-478c-a50c-8b9c234e071e", "side": "sell",
    "type": "fill", "seq": 653355, "time": 1612266317519, "qty": 0.5, "price": 34969.5,
}  # fmt: skip


# --- instruments


def _instrument(name: str, symbol: str, wire: str, kind: str = "linear", size: float = 1.0) -> Instrument:
    base, _, rest = symbol.partition("/")
    return Instrument(name, symbol, wire, base, rest.partition(":")[0], kind, size)


_INSTRUMENTS = {
    one.exchange: one
    for one in (
        _instrument("binance", "BTC/USDT:USDT", "BTCUSDT"),
        _instrument("bybit", "BTC/USDT:USDT", "BTCUSDT"),
        _instrument("okx", "BTC/USDT:USDT", "BTC-USDT-SWAP", size=0.01),
        _instrument("dydx", "BTC/USDC:USDC", "BTC-USD"),
        _instrument("hyperliquid", "BTC/USDC:USDC", "BTC"),
        _instrument("bitget", "BTC/USDT:USDT", "BTCUSDT"),
        _instrument("gate", "BTC/USDT:USDT", "BTC_USDT", size=0.0001),
        _instrument("deribit", "BTC/USD:BTC", "BTC-PERPETUAL", "inverse"),
        _instrument("kraken", "BTC/USD:USD", "PF_XBTUSD"),
    )
}


def _market(instrument: Instrument, ccxt_id: str) -> dict[str, Any]:
    """The instrument as ccxt's unified market."""
    settle = instrument.symbol.partition(":")[2]
    return {
        "id": "0" if ccxt_id == "hyperliquid" else instrument.wire, "symbol": instrument.symbol,
        "base": instrument.base, "quote": instrument.quote, "settle": settle, "baseName": instrument.base,
        "baseId": instrument.base, "quoteId": instrument.quote, "settleId": settle, "type": "swap", "spot": False,
        "margin": False, "swap": True, "future": False, "option": False, "active": True, "contract": True,
        "linear": instrument.kind == "linear", "inverse": instrument.kind == "inverse",
        "contractSize": instrument.contract_size, "precision": {"amount": 1e-8, "price": 1e-8},
        "limits": {"amount": {}, "price": {}, "cost": {}, "leverage": {}}, "info": {},
    }  # fmt: skip
