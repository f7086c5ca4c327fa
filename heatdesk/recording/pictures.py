"""`Live` pictures as JSON messages: the first is whole, each after it says what has changed since the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from types import MappingProxyType
from typing import Any, Final, TypeVar

import numpy as np
import orjson

from heatdesk.errors import HeatdeskError
from heatdesk.events import Candle, Liquidation, Market
from heatdesk.live import (
    BookState,
    ExchangeState,
    Health,
    Hole,
    HoleState,
    Instrument,
    Live,
    MarketState,
    Printed,
    StreamState,
    Watched,
)
from heatdesk.market import Floats, Interval

MOST_PRINTED: Final = 2000
_MOST_WATCHED: Final = 200
_UNKNOWN: Final = float("nan")
_State = TypeVar("_State", MarketState, BookState)
Message = dict[str, Any]


class MessageError(HeatdeskError):
    """A message that is none of ours."""


def picture_message(before: Live | None, live: Live) -> bytes:
    """What changes between two pictures; the whole of `live` where there is none `before`."""
    old = before or Live()
    since = old.liquidations[-1].number if old.liquidations else -1
    message: Message = {
        "number": live.number,
        "made_ms": live.made_ms,
        "stored": live.stored,
        "markets": _changed(old.markets, live.markets, _market_row),
        "books": _changed(old.books, live.books, _book_row),
        "gone": [list(m) for m in old.markets if m not in live.markets],
        "gone_books": [list(m) for m in old.books if m not in live.books],
        "liquidations": [
            [p.number, p.exchange, *p.liquidation] for p in live.liquidations if p.number > since
        ],
    }
    if before is None:
        message["whole"] = True
    if before is None or live.exchanges is not old.exchanges:
        message["exchanges"] = [asdict(state) for state in live.exchanges]
    if before is None or live.holes is not old.holes:
        message["holes"] = [[h.exchange, h.symbol, h.what, *h.interval, h.state, h.cause] for h in live.holes]
    if before is None or live.notices != old.notices:
        message["notices"] = live.notices
    return _bytes({"live": message})


def instruments_message(instruments: tuple[Instrument, ...]) -> bytes:
    """Everything that can be traded."""
    return _bytes({"instruments": [asdict(instrument) for instrument in instruments]})


def watched_message(watched: Watched) -> bytes:
    """What a window shows."""
    return _bytes({"watched": [sorted(watched.markets), sorted(watched.books)]})


def message_of(raw: bytes) -> Message:
    """A message as plain values; raises MessageError."""
    try:
        message = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MessageError(f"A message is no JSON: {error}.") from error
    if not isinstance(message, dict):
        raise MessageError("A message is no table.")
    return message


def picture_after(before: Live, message: Message) -> Live:
    """The picture that a message of the recorder makes of the one before; raises MessageError."""
    try:
        if message.get("whole"):
            before = Live()
        markets = {m: s for m, s in before.markets.items() if list(m) not in message["gone"]}
        markets |= {_market(row[0]): _market_state(row) for row in message["markets"]}
        books = {m: s for m, s in before.books.items() if list(m) not in message["gone_books"]}
        books |= {_market(row[0]): _book_state(row) for row in message["books"]}
        printed = tuple(Printed(row[0], row[1], Liquidation(*row[2:])) for row in message["liquidations"])
        exchanges, holes = message.get("exchanges"), message.get("holes")
        return Live(
            number=int(message["number"]),
            made_ms=int(message["made_ms"]),
            exchanges=before.exchanges if exchanges is None else tuple(map(_exchange_state, exchanges)),
            markets=MappingProxyType(markets),
            books=MappingProxyType(books),
            liquidations=(*before.liquidations, *printed)[-MOST_PRINTED:],
            holes=before.holes if holes is None else tuple(map(_hole, holes)),
            stored=int(message["stored"]),
            notices=tuple(map(str, message.get("notices", before.notices))),
            attached=True,
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise MessageError(f"A picture cannot be read: {error!r}.") from error


def instruments_of(message: list[Message]) -> tuple[Instrument, ...]:
    """The instruments of a message; raises MessageError."""
    try:
        return tuple(Instrument(**_numbers(Instrument, row)) for row in message)
    except (TypeError, AttributeError) as error:
        raise MessageError(f"Instruments cannot be read: {error!r}.") from error


def watched_of(message: list[list[list[str]]]) -> Watched:
    """What a window watches; raises MessageError, also where it is more than charts can show."""
    try:
        markets, books = ([_market(row) for row in rows] for rows in message)
    except (TypeError, ValueError) as error:
        raise MessageError(f"What is watched cannot be read: {error!r}.") from error
    if len(markets) + len(books) > _MOST_WATCHED:
        raise MessageError(f"A window watches {len(markets) + len(books)} markets.")
    return Watched(frozenset(markets), frozenset(books))


def _bytes(message: Message) -> bytes:
    return orjson.dumps(message, option=orjson.OPT_SERIALIZE_NUMPY, default=_plain)


def _plain(value: object) -> object:
    """Named tuples as lists; not-a-number goes as null of its own accord."""
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} does not travel")


def _changed(before: Mapping[Market, _State], after: Mapping[Market, _State], row: Any) -> list[Any]:
    return [row(market, state) for market, state in after.items() if before.get(market) is not state]


def _market_row(market: Market, state: MarketState) -> list[Any]:
    forming = None if state.forming is None else list(state.forming)
    values = {f.name: getattr(state, f.name) for f in fields(state) if f.name not in ("market", "forming")}
    return [list(market), forming, values]


def _market_state(row: list[Any]) -> MarketState:
    market, forming, values = row
    cells: list[Any] = [_UNKNOWN if cell is None else cell for cell in forming or ()]
    candle = None if forming is None else Candle(*cells)
    return MarketState(market=_market(market), forming=candle, **_numbers(MarketState, values))


def _book_row(market: Market, state: BookState) -> list[Any]:
    levels = (np.ascontiguousarray(state.bids), np.ascontiguousarray(state.asks))
    return [list(market), state.time_ms, *levels, state.whole]


def _book_state(row: list[Any]) -> BookState:
    _, time_ms, bids, asks, whole = row
    return BookState(int(time_ms), _levels(bids), _levels(asks), bool(whole))


def _levels(rows: list[list[float]]) -> Floats:
    levels = np.array(rows, np.float64).reshape(-1, 2)
    levels.flags.writeable = False
    return levels


def _exchange_state(row: Message) -> ExchangeState:
    values = _numbers(ExchangeState, row)
    streams = tuple(StreamState(**{**s, "health": Health(s["health"])}) for s in values.pop("streams"))
    return ExchangeState(**{**values, "health": Health(values["health"])}, streams=streams)


def _hole(row: list[Any]) -> Hole:
    exchange, symbol, what, start_ms, end_ms, state, cause = row
    return Hole(exchange, symbol, what, Interval(start_ms, end_ms), HoleState(state), cause)


def _market(row: list[str]) -> Market:
    exchange, symbol = row
    if not isinstance(exchange, str) or not isinstance(symbol, str):
        raise TypeError("a market's names are texts")
    return Market(exchange, symbol)


def _numbers(kind: type[Any], values: Message) -> Message:
    """Values by field with null read as not-a-number, where the field is a number."""
    floats = {f.name for f in fields(kind) if f.type == "float"}
    return {name: _UNKNOWN if value is None and name in floats else value for name, value in values.items()}
