"""How an exchange speaks. One module per exchange; this is what they share.

To write another exchange (70 to 120 lines):

1. Subclass `Protocol`; set `name`, `hosts` (exactly those that production clients dial), `limits`, and how it tells
   liquidations (`slot_ms`, `latest_only`). Import it in ``protocols/__init__.py``.
2. `list` returns its instruments, made by `listings.listing` (contract size, lot in what the exchange writes).
3. `paths` maps REST paths to methods ``(ask) -> JSON``; raise `RefusalError` for an error answer. `self.bars(…)`,
   `self.market` and `news.coins_text` have the numbers; a path's last part may vary: ``/v4/candles/*``.
4. `heard` answers a socket's text: parse it, `self.add(line, Sub(topic, what, listing))`, `line.say([ack])`. A snapshot
   that belongs to a subscription is said here (`self.whole_book`). `opened` greets.
5. ``tell_<what>(sub, news)`` yields the frames of one subscription for what has happened: ``news.trades``,
   ``news.bars(timeframe_ms)``, ``news.crossed(1000)``, ``news.liquidations(...)`` through `self.forced(news)`,
   ``news.step`` (the book). A subscription without a listing is asked once for every listing that `covers` says yes to.

Frames are made once per tick and topic however many sockets want them, so `tell_…` must not look at the socket.
"""

from __future__ import annotations

import fnmatch
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson

from tests.exchange_server.book import Book
from tests.exchange_server.limits import Limits
from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import Coin, Listing
from tests.exchange_server.market import Forced, Market
from tests.exchange_server.news import Bar, News, bars

MINUTE_MS = 60_000
_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


@dataclass(frozen=True, slots=True)
class Ask:
    """A REST request: `params` of the query and of the body together."""

    method: str
    host: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        value = self.params.get(name, default)
        return default if value is None else str(value)

    def number(self, name: str, default: int) -> int:
        """A whole number; what is none is refused, as exchanges do."""
        text = self.text(name)
        if not text:
            return default
        try:
            return int(float(text))
        except ValueError:
            raise RefusalError(
                400, {"code": -1100, "msg": f"Illegal characters found in parameter '{name}'."}
            ) from None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is not plain JSON with status 200."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class RefusalError(Exception):
    """An error answer in the exchange's own words."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


def text(value: object) -> str:
    """Compact JSON."""
    return orjson.dumps(value).decode()


def timeframe_ms(name: str) -> int:
    """``1m``, ``4h``, ``1D``, ``60`` (minutes) in milliseconds."""
    found = re.fullmatch(r"(\d+)([mhdwHDW]?)(?:in|our|ay)?(?:s)?(?:utc)?", name)
    if found is None:
        return _UNIT_MS.get(name.lower(), MINUTE_MS)
    return int(found[1]) * _UNIT_MS[(found[2] or "m").lower()]


class Protocol(ABC):
    """One exchange's way of saying what the market does."""

    name: ClassVar[str]
    hosts: ClassVar[tuple[str, ...]]
    limits: ClassVar[Limits] = Limits()
    slot_ms: ClassVar[int] = 100  # it gathers liquidations so long
    latest_only: ClassVar[bool] = False  # and then tells only the last one of each symbol
    cut_after_s: ClassVar[float] = 0.0  # how long a socket may live

    def __init__(self, market: Market) -> None:
        self.market = market
        self.listings = {(item.kind, item.wire): item for item in self.list(market.coins)}
        self.paths: dict[str, Callable[[Ask], object]] = self.rest_paths()
        self.admit: Callable[[Line, int], bool] = lambda line, topics: (
            True
        )  # set by the server: enforces the limits

    # --- what every exchange brings

    @abstractmethod
    def list(self, coins: Iterable[Coin]) -> list[Listing]:
        """Its instruments."""

    @abstractmethod
    def rest_paths(self) -> dict[str, Callable[[Ask], object]]:
        """REST paths, a ``*`` for parts that vary."""

    @abstractmethod
    def heard(self, line: Line, said: str) -> None:
        """A client's text."""

    def opened(self, line: Line) -> None:  # noqa: B027 (most exchanges greet nobody)
        """A client has connected."""

    def banned(self, status: int, seconds: float) -> Reply:
        """The answer to who asked too much."""
        return Reply(b'{"msg":"Too many requests"}', status, {"Retry-After": str(max(1, round(seconds)))})

    def covers(self, sub: Sub, listing: Listing) -> bool:
        """Whether a subscription about all instruments means this one."""
        return listing.kind != "spot"

    # --- what they share

    def answer(self, ask: Ask) -> Reply:
        """Ask the method that the path belongs to."""
        method = self.paths.get(ask.path)
        if method is None:
            method = next(
                (m for p, m in self.paths.items() if "*" in p and fnmatch.fnmatch(ask.path, p)), None
            )
        if method is None:
            return Reply(b"{}", 404, {"Content-Type": "application/json"})
        try:
            found, status = method(ask), 200
        except RefusalError as refusal:
            found, status = refusal.body, refusal.status
        if isinstance(found, Reply):
            return found
        return Reply(orjson.dumps(found), status, {"Content-Type": "application/json"})

    def tell(self, sub: Sub, news: News) -> list[str]:
        """Frames of one subscription; made by its ``tell_<what>``."""
        if sub.mute:
            return []
        return list(getattr(self, f"tell_{sub.what}")(sub, news))

    def add(self, line: Line, *subs: Sub) -> bool:
        """Subscribe, unless the limits forbid it (then the socket is on its way out)."""
        if not self.admit(line, len([s for s in subs if s.topic not in line.subs])):
            return False
        for sub in subs:
            line.subscribe(sub)
        return True

    def find(self, kind: str, wire: str) -> Listing | None:
        """An instrument by its own name, None where it has none such."""
        return self.listings.get((kind, wire))

    def of_kind(self, *kinds: str) -> list[Listing]:
        return [listing for listing in self.listings.values() if listing.kind in kinds]

    def now_ms(self) -> int:
        return self.market.now_ms()

    def bars(self, listing: Listing, timeframe: int, start_ms: int, end_ms: int) -> list[Bar]:
        """Candles that start in ``[start_ms, end_ms)``, oldest first, the open one included."""
        found = self.market.candles(listing, start_ms, end_ms, timeframe)
        return bars(listing, found, timeframe, self.now_ms())

    def newest_bars(
        self, listing: Listing, timeframe: int, count: int, until_ms: int | None = None
    ) -> list[Bar]:
        """The last `count` candles before `until_ms` (now), oldest first."""
        return bars(
            listing, self.market.newest(listing, count, timeframe, until_ms), timeframe, self.now_ms()
        )

    def page(self, listing: Listing, timeframe: int, start: int, end: int, limit: int) -> list[Bar]:
        """A page of candles as most exchanges cut it: from `start` on where it is given (not 0), else the last ones."""
        now = self.now_ms()
        end = min(end or now, now)
        if start:
            return self.bars(listing, timeframe, start, min(end + 1, start + limit * timeframe))
        return self.newest_bars(listing, timeframe, limit, end + 1)

    def forced(self, news: News) -> list[Forced]:
        """The liquidations that this exchange tells now."""
        return news.liquidations(self.slot_ms, self.latest_only)

    def whole_book(self, listing: Listing) -> Book:
        """The order book now; moved on only where no stream moves it."""
        book, now = self.market.book(listing), self.now_ms()
        if not book.bids or (book.time_ms < now - 1000 and not self.streamed(listing)):
            book.move(now, self.market.price(listing, now))
        return book

    streamed: Callable[[Listing], bool] = staticmethod(lambda listing: False)  # set by the server

    def levels(self, listing: Listing, levels: Iterable[tuple[int, int]]) -> list[list[str]]:
        """Levels as text."""
        return [[listing.price(ticks), listing.quantity(lots)] for ticks, lots in levels]

    def funding_times(self, start_ms: int, end_ms: int, every_ms: int = 8 * 3_600_000) -> Iterator[int]:
        """Times in ``[start_ms, end_ms]``, never ahead of now, at which funding is paid."""
        first = -(-start_ms // every_ms) * every_ms
        yield from range(first, min(end_ms, self.now_ms()) + 1, every_ms)
