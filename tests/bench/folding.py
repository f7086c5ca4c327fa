"""What a trade costs on the feed's thread, from the frame to the minute it belongs to; and a picture of what stands."""

from __future__ import annotations

import time
from types import SimpleNamespace

import orjson

from heatdesk.events import Event, Trade
from heatdesk.feed.clock import FastClock
from heatdesk.feed.exchanges import EXCHANGES
from heatdesk.feed.folds import Folds
from heatdesk.live import Instrument

Row = dict[str, object]
PER_S = 20_000  # events a second that must be taken
MOST_SHARE = 0.4  # of one core
EVENTS = 200_000
BATCH = 64
_T = 1_795_270_200_000
_COINS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "AVAX")


def rows() -> list[Row]:
    """Decoding and folding, and folding alone, in shares of one core at the promised rate."""
    frames = [_frame(i) for i in range(EVENTS)]
    both = min(_both(frames) for _ in range(3))
    decoded: list[list[Event]] = [
        [_trade(i) for i in range(at, min(at + BATCH, EVENTS))] for at in range(0, EVENTS, BATCH)
    ]
    alone = min(_fold(decoded) for _ in range(3))
    return [
        _share("decode and fold 20,000 trades a second", both),
        _share("of it, fold", alone),
    ]


def _share(name: str, seconds: float) -> Row:
    share = seconds / EVENTS * PER_S
    return {"name": name, "value": share, "unit": "cores", "target": MOST_SHARE, "ok": share <= MOST_SHARE}


def _frame(i: int) -> bytes:
    coin = _COINS[i % len(_COINS)]
    return orjson.dumps(
        {
            "stream": f"{coin.lower()}usdt@aggTrade",
            "data": {
                "e": "aggTrade", "E": _T + i // 20, "s": f"{coin}USDT", "a": 1000 + i // len(_COINS),
                "p": f"{100 + i % 7 / 10:.1f}", "q": "0.250", "f": i, "l": i, "T": _T + i // 20, "m": i % 2 == 0,
            },
        }
    )  # fmt: skip


def _trade(i: int) -> Trade:
    coin = _COINS[i % len(_COINS)]
    return Trade(
        f"{coin}/USDT:USDT", _T + i // 20, 100 + i % 7 / 10, 0.25, 1 - i % 2 * 2, 1000 + i // len(_COINS)
    )


def _folds() -> Folds:
    folds = Folds("binance", SimpleNamespace(put=lambda *_, **__: None), FastClock(1.0, _T), lambda _: None)
    folds.follow([f"{coin}/USDT:USDT" for coin in _COINS], [])
    return folds


def _both(frames: list[bytes]) -> float:
    exchange = EXCHANGES["binance"]()
    exchange.know(
        [Instrument("binance", f"{coin}/USDT:USDT", f"{coin}USDT", coin, "USDT", "linear") for coin in _COINS]
    )
    folds, decode = _folds(), exchange.decode
    began = time.perf_counter()
    for at in range(0, len(frames), BATCH):
        events: list[Event] = []
        for frame in frames[at : at + BATCH]:
            events.extend(decode(frame)[1])
        folds.take(_T + at // 20, events)
    taken = time.perf_counter() - began
    assert all(fold.trades_told and not fold.duplicates for fold in folds.markets.values())
    return taken


def _fold(batches: list[list[Event]]) -> float:
    folds = _folds()
    began = time.perf_counter()
    for number, batch in enumerate(batches):
        folds.take(_T + number * BATCH // 20, batch)
    return time.perf_counter() - began
