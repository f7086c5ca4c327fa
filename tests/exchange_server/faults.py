"""The lies: every fault by its name, on one exchange, for a while. Names in brackets are rows of the fault list.

``faults.play("mute", "binance", 30, topic="btcusdt@aggTrade")``. What each one does stands in `KINDS`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from heatdesk.market import Interval
from tests.exchange_server import hostile
from tests.exchange_server.line import Line, Sub
from tests.exchange_server.listings import COINS, Coin, Listing
from tests.exchange_server.path import MINUTE_MS
from tests.exchange_server.protocols.base import Ask, Reply

if TYPE_CHECKING:
    from tests.exchange_server.server import ExchangeServer

# Name → (row, what it does). Lasting ones take seconds, the others happen at once.
KINDS: Final[dict[str, tuple[str, str]]] = {
    "cut": ("N1", "every socket is reset"),
    "close": ("N1", "every socket gets a close frame"),
    "outage": ("N2", "nothing can be reached: sockets are reset, connections hung up on"),
    "ack_no_data": ("N3", "subscriptions (of `what`) are acknowledged and say nothing"),
    "mute": ("N4", "one `topic` falls silent; `heals` on resubscribe, on a new socket, or never"),
    "half_open": ("N5", "sockets that exist now neither hear nor speak nor answer pings, and are not closed"),
    "daily_cut": ("N6", "sockets older than `age` seconds are closed"),
    "429": ("N7", "too many requests: a ban with Retry-After"),
    "418": ("N7", "banned: the same, for who did not listen"),
    "451": ("N7", "not offered where you are, requests and sockets"),
    "403": ("N7", "forbidden, requests and sockets"),
    "503": ("N7", "unavailable, requests and sockets"),
    "html": ("N7", "a page where JSON belongs (a captive portal, a gateway)"),
    "malformed": ("N8", "texts that are no message at all"),
    "huge": ("N8", "one frame of 2 MiB"),
    "bomb": ("N8", "one small frame that unpacks to 64 MiB"),
    "partial": ("N8", "half a frame, then a reset"),
    "binary": ("N8", "bytes where text belongs"),
    "duplicate": ("N9", "frames come twice"),
    "reorder": ("N9", "frames come in another order"),
    "missing": ("N9", "every third trade frame is lost"),
    "book_gap": ("N10", "one change of every order book is lost"),
    "book_crossed": ("N10", "one change of every order book crosses it"),
    "self_signed": ("N11", "a certificate of an unknown authority"),
    "wrong_host": ("N11", "a certificate of somebody else"),
    "expired": ("N11", "a certificate of yesterday"),
    "poison": ("D1", "before each frame a copy with a number that is none"),
    "poison_rest": ("D1", "answers in which every tenth decimal is no number"),
    "contract_size": ("D2", "instruments tell a contract ten times as large as it is"),
    "delist": ("D3", "the `symbol` stops trading"),
    "new_listing": ("D3", "a coin nobody knew is listed"),
    "halt": ("D4", "no trade and no candle in the next whole minutes"),
    "stall": ("D5", "no stream says anything; sockets live and answer pings"),
    "slow": ("", "answers to requests take `delay` seconds"),
    "burst": ("G2", "200 liquidations of one symbol at once"),
    "trade_burst": ("G2", "3,000 trades of one symbol in one read"),
}
_CERTIFICATES: Final = {"self_signed": "self-signed", "wrong_host": "wrong-host", "expired": "expired"}
_STATUS: Final = {"451": 451, "403": 403, "503": 503}
_PAGE: Final = b"<!doctype html><html><head><title>Welcome</title></head><body>Please sign in.</body></html>"
_BOOKS: Final = ("depth", "book", "order_book")
NEWCOMER: Final = Coin("NEWC", 2.5, "0.001", "0.1", 6, 5e6)


@dataclass(frozen=True, eq=False)
class Fault:
    """One that is going on, in the clock's steady seconds; `words` are its own parameters."""

    name: str
    exchange: str
    begin: float
    end: float
    words: dict[str, Any] = field(default_factory=dict)


class Faults:
    """What is wrong now. Asked by the server at every turn; played by tests and schedules."""

    def __init__(self, server: ExchangeServer) -> None:
        self._server = server
        self._random = random.Random(server.market.seed)
        self._active: list[Fault] = []
        self._muted: list[tuple[Fault, Callable[[Line, Sub], bool]]] = []
        self._seen = 0
        self.played: list[Fault] = []

    def play(self, name: str, exchange: str, seconds: float = 0.0, **words: Any) -> Fault:
        """Begin a fault; one that lasts ends by itself. Raises KeyError for an unknown name."""
        row = KINDS[name]
        self._server.tell()  # what happened before it is not its victim
        now = self._server.clock.steady()
        fault = Fault(name, exchange, now, now + seconds, words)
        self.played.append(fault)
        begin: Callable[[Fault], None] | None = getattr(self, f"_begin_{name}", None)
        if row[0] == "N8":
            self._each(exchange, lambda line: self._hostile(name, line))
        elif begin is not None:
            begin(fault)
        if seconds > 0:
            self._active.append(fault)
            if name in _CERTIFICATES or name in _STATUS:
                self._each(exchange, Line.cut)
        return fault

    def end(self, exchange: str | None = None) -> None:
        """All is well again, everywhere or at one exchange; what hung half-open is reset."""
        for line in self._server.lines:
            if line.stalled and exchange in (None, line.exchange):
                line.cut()
        self._active = [f for f in self._active if exchange is not None and f.exchange != exchange]
        self._muted = [m for m in self._muted if exchange is not None and m[0].exchange != exchange]
        for host, protocol in self._server._by_host.items():
            if exchange in (None, protocol.name):
                self._server.meter(host).banned_until = -1.0

    def going_on(self, exchange: str, *names: str) -> Fault | None:
        """The first active fault of these names."""
        now = self._server.clock.steady()
        return next(
            (
                f
                for f in self._active
                if f.exchange == exchange and f.name in names and f.begin <= now < f.end
            ),
            None,
        )

    # --- what the server asks

    def turn(self) -> None:
        """Forget what has ended; cut what is too old."""
        now = self._server.clock.steady()
        self._active = [f for f in self._active if now < f.end]
        self._muted = [m for m in self._muted if now < m[0].end]
        for name, protocol in self._server.protocols.items():
            fault = self.going_on(name, "daily_cut")
            oldest = fault.words.get("age", 24.0) if fault is not None else protocol.cut_after_s
            if oldest:
                for line in self._lines(name):
                    if self._server.clock.now_ms() - line.opened_ms > oldest * 1000:
                        line.bye(1001, "24 hours")

    def down(self, exchange: str) -> bool:
        return self.going_on(exchange, "outage") is not None

    def upgrade(self, exchange: str) -> int:
        """The status of a socket's handshake."""
        fault = self.going_on(exchange, *_STATUS)
        return 101 if fault is None else _STATUS[fault.name]

    def certificate(self, exchange: str) -> str | None:
        fault = self.going_on(exchange, *_CERTIFICATES)
        return None if fault is None else _CERTIFICATES[fault.name]

    async def delay(self, exchange: str) -> None:
        fault = self.going_on(exchange, "slow")
        if fault is not None:
            await asyncio.sleep(fault.words.get("delay", 1.0))

    def instead(self, exchange: str, ask: Ask) -> Reply | None:
        """An answer in place of the exchange's."""
        fault = self.going_on(exchange, *_STATUS, "html")
        if fault is None:
            return None
        headers = {"Content-Type": "text/html"}
        return Reply(_PAGE, _STATUS.get(fault.name, 200), headers)

    def reply(self, exchange: str, ask: Ask, reply: Reply) -> Reply:
        """The exchange's answer, poisoned where a fault says so."""
        if self.going_on(exchange, "poison_rest") is None:
            return reply
        parts = hostile._DECIMAL.split(reply.body.decode())
        numbers = hostile._DECIMAL.findall(reply.body.decode())
        bad = [self._random.choice(hostile.BAD_NUMBERS) if i % 10 == 9 else n for i, n in enumerate(numbers)]
        body = "".join(a + b for a, b in zip(parts, [*bad, ""], strict=True))
        return replace(reply, body=body.encode())

    def frames(self, line: Line, sub: Sub, listing: Listing, frames: list[str]) -> Iterable[str | bytes]:
        """What of these frames is sent, and what else."""
        if not self._active or not frames:
            return frames
        count = self._server.counts[line.exchange]
        if self._silent(line, sub):
            count.withheld += len(frames)
            return ()
        changed: list[str | bytes] = list(frames)
        if self.going_on(line.exchange, "missing") and "trade" in sub.what.lower():
            changed = [f for i, f in enumerate(changed, self._seen) if i % 3]
            self._seen += len(frames)
            count.withheld += len(frames) - len(changed)
        if self.going_on(line.exchange, "duplicate"):
            changed = [f for frame in changed for f in (frame, frame)]
        if self.going_on(line.exchange, "reorder") and sub.what not in _BOOKS:
            self._random.shuffle(changed)
        if self.going_on(line.exchange, "poison"):
            bad = [hostile.poisoned(f, self._random) for f in frames]
            changed = [f for pair in zip(bad, frames, strict=False) for f in pair if f is not None]
        count.lied += abs(len(changed) - len(frames))
        return changed

    def _silent(self, line: Line, sub: Sub) -> bool:
        if self.going_on(line.exchange, "stall"):
            return True
        fault = self.going_on(line.exchange, "ack_no_data")
        if fault is not None and fault.words.get("what", sub.what) == sub.what:
            return True
        if (gap := self.going_on(line.exchange, "book_gap")) is not None and sub.what in _BOOKS:
            missed = gap.words.setdefault("missed", set())
            if sub not in missed:
                missed.add(sub)
                return True
        mutes = [f for f, muted in self._muted if f.exchange == line.exchange and muted(line, sub)]
        if sub.what == "forced":  # nothing else shows what was withheld of it
            market, slot_ms = self._server.market, self._server.protocols[line.exchange].slot_ms
            gathered = [int(moment + 1) // slot_ms * slot_ms for moment in (market.told_ms, market.now_ms())]
            for fault in mutes:
                fault.words.setdefault("untold", []).append(Interval(*gathered))
        return bool(mutes)

    # --- how each begins

    def _lines(self, exchange: str) -> list[Line]:
        return [line for line in self._server.lines if line.exchange == exchange]

    def _each(self, exchange: str, do: Callable[[Line], object]) -> None:
        for line in self._lines(exchange):
            do(line)

    def _hostile(self, name: str, line: Line) -> None:
        self._server.counts[line.exchange].lied += getattr(hostile, f"send_{name}")(line)

    def _begin_cut(self, fault: Fault) -> None:
        self._each(fault.exchange, Line.cut)

    _begin_outage = _begin_cut

    def _begin_close(self, fault: Fault) -> None:
        self._each(fault.exchange, lambda line: line.bye(1001, "going away"))

    def _begin_half_open(self, fault: Fault) -> None:
        self._each(fault.exchange, Line.freeze)

    def _begin_mute(self, fault: Fault) -> None:
        """Pick the topic (a seeded one unless told), and what ends its silence."""
        candidates = [(line, sub) for line in self._lines(fault.exchange) for sub in line.subs.values()]
        wanted = fault.words.get("topic")
        if wanted is None and candidates:
            wanted = self._random.choice(sorted({sub.topic for _, sub in candidates}))
            fault.words["topic"] = wanted
        hit = [(line, sub) for line, sub in candidates if sub.topic == wanted]
        heals = fault.words.get("heals", "resubscribe")
        if heals == "never":
            self._muted.append((fault, lambda line, sub: sub.topic == wanted))
        elif heals == "socket":
            lines = {id(line) for line, _ in hit}
            self._muted.append((fault, lambda line, sub: sub.topic == wanted and id(line) in lines))
        else:
            subs = [sub for _, sub in hit]
            self._muted.append((fault, lambda line, sub: sub in subs))

    def _begin_429(self, fault: Fault) -> None:
        for host in self._server.protocols[fault.exchange].hosts:
            self._server.meter(host).ban(fault.begin, fault.end - fault.begin, int(fault.name))

    _begin_418 = _begin_429

    def _begin_book_crossed(self, fault: Fault) -> None:
        for item in self._items(fault):
            self._server.market.book(item).cross_next = True

    def _begin_contract_size(self, fault: Fault) -> None:
        for item in self._items(fault):
            item.words["told_contract_size"] = item.contract_size * Decimal(10)

    def _begin_delist(self, fault: Fault) -> None:
        listings = self._server.protocols[fault.exchange].listings
        for item in self._items(fault):
            listings[item.kind, item.wire] = item.with_status("delisted")

    def _begin_new_listing(self, fault: Fault) -> None:
        protocol = self._server.protocols[fault.exchange]
        self._server.market.know(NEWCOMER)
        for item in protocol.list((NEWCOMER,)):
            protocol.listings[item.kind, item.wire] = item

    def _begin_halt(self, fault: Fault) -> None:
        minutes = fault.words.get("minutes", 3)
        start = (self._server.market.next_ms() // MINUTE_MS + 1) * MINUTE_MS
        fault.words["start_ms"], fault.words["end_ms"] = start, start + minutes * MINUTE_MS
        self._server.market.halt(fault.exchange, start, start + minutes * MINUTE_MS)

    def _begin_burst(self, fault: Fault) -> None:
        for item in self._items(fault)[:1]:
            fault.words["forced"] = self._server.market.burst(item, fault.words.get("count", 200))

    def _begin_trade_burst(self, fault: Fault) -> None:
        for item in self._items(fault)[:1]:
            self._server.market.trade_burst(item, fault.words.get("count", 3000))

    def _items(self, fault: Fault) -> list[Listing]:
        """The instruments that a fault is about: `symbol`, or the perpetuals of its `coin` (the first of all)."""
        every = self._server.protocols[fault.exchange].listings.values()
        if "symbol" in fault.words:
            return [item for item in every if item.symbol == fault.words["symbol"]]
        coin = fault.words.get("coin", COINS[0].name)
        return [item for item in every if item.kind != "spot" and item.base == coin]
