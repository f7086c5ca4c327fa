"""Our own exchanges against the loopback ones, over TLS: what is read and heard is the market's truth.

Server and client were written apart, each from what the exchanges publish.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from heatdesk.events import (
    BookChange,
    Candle,
    Event,
    Funding,
    Liquidation,
    LongShort,
    MarkPrice,
    OpenInterest,
    Refusal,
    Trade,
)
from heatdesk.feed.clock import SystemClock
from heatdesk.feed.detour import Detour
from heatdesk.feed.exchanges import EXCHANGES
from heatdesk.feed.exchanges.base import Exchange, FrameError, RestError, Stream, What
from heatdesk.feed.network import Network
from heatdesk.feed.rest import DialledRest
from heatdesk.live import Instrument
from heatdesk.market import DAY_MS, MINUTE_MS, Records
from tests.exchange_server import ExchangeServer
from tests.exchange_server.listings import COINS
from tests.exchange_server.protocols import PROTOCOLS
from tests.exchange_server.tls import Certificates

NAMES = sorted({kind.name for kind in PROTOCOLS} & set(EXCHANGES))
LISTEN_S = 3.0
_BURST = 60


@dataclass
class Heard:
    """What one exchange told us, and what was true of it."""

    exchange: Exchange
    instruments: list[Instrument] = field(default_factory=list)
    instrument: Instrument | None = None
    pair: Instrument | None = None
    events: list[Event] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    asked: list[Stream] = field(default_factory=list)
    window: tuple[int, int] = (0, 0)
    told: dict[str, Any] = field(default_factory=dict)
    true: dict[str, Any] = field(default_factory=dict)

    def silent(self) -> set[str]:
        """Topics that should have spoken and have not."""
        return {stream.topic for stream in self.asked if not stream.quiet} - self.topics

    def of(self, kind: type, symbol: str = "") -> list[Any]:
        """Events of one kind about the instrument, or another."""
        assert self.instrument is not None
        symbol = symbol or self.instrument.symbol
        return [e for e in self.events if isinstance(e, kind) and getattr(e, "symbol", "") == symbol]


def _bitcoin(instruments: list[Instrument]) -> Instrument:
    """The perpetual to listen to: a linear one where there is one."""
    found = [i for i in instruments if i.base == "BTC" and i.kind != "spot"]
    return min(found, key=lambda i: (i.kind != "linear", i.quote != "USDT", i.symbol))


async def _read(socket: aiohttp.ClientWebSocketResponse, heard: Heard, route: str) -> None:
    """Decode everything that comes on one socket."""
    decode = heard.exchange.decoder(route)
    async for message in socket:
        frame = message.data
        if (reply := heard.exchange.answer(frame)) is not None:
            await socket.send_str(reply)
            continue
        try:
            topic, events = decode(frame)
        except FrameError as error:
            heard.refused.append(f"{error}: {frame[:200]!r}")
            continue
        heard.topics.add(topic)
        heard.events.extend(events)


async def _ask(server: ExchangeServer, heard: Heard, rest: DialledRest) -> None:
    """Ask for everything that REST has, and keep the truth of the same moment beside it."""
    exchange, instrument = heard.exchange, heard.instrument
    assert instrument is not None
    name, symbol = exchange.row.name, instrument.symbol
    now = server.market.now_ms() // MINUTE_MS * MINUTE_MS
    item = server.truth.listing(name, symbol)
    told, true = heard.told, heard.true
    told["candles"] = await exchange.read_candles(rest, instrument, "1m", now - 40 * MINUTE_MS, now)
    true["candles"] = server.truth.candles(name, symbol, now - 40 * MINUTE_MS, now)
    day = now // DAY_MS * DAY_MS
    told["hours"] = await exchange.read_candles(rest, instrument, "1h", day - DAY_MS, day)
    told["long"] = await exchange.read_candles(rest, instrument, "5m", now - 3 * DAY_MS, now)
    true["interest"] = server.truth.open_interest(name, symbol, server.market.now_ms())
    told["interest"] = await exchange.read_open_interest(rest, instrument)
    told["interests"] = await exchange.read_open_interest_history(rest, instrument, now - DAY_MS, now)
    samples = server.market.open_interest_history(item, now - DAY_MS, now - 1)
    true["interests"] = {t: item.coins(lots) for t, lots in samples}
    told["funding"] = await exchange.read_funding(rest, instrument)
    told["fundings"] = await exchange.read_funding_history(rest, instrument, now - 3 * DAY_MS, now)
    told["ratio"] = await exchange.read_long_short(rest, instrument)
    true["ratio"] = server.market.long_short(item)
    true["volume"] = server.market.turnover(item)[1]
    told["volume"] = await exchange.read_quote_volume(rest, instrument)
    told["time"] = await exchange.read_time(rest)
    true["time"] = server.market.now_ms()
    try:
        told["brackets"] = await exchange.read_brackets(rest, instrument)
    except RestError as error:
        told["brackets"] = error
    true["mark"] = server.market.mark_price(item)


async def _work(server: ExchangeServer, network: Network, name: str) -> Heard:
    """Read one exchange's listings and history, and listen to one instrument for a while."""
    heard = Heard(EXCHANGES[name]())
    exchange = heard.exchange
    rest = DialledRest(exchange.row, network, SystemClock())
    heard.instruments = await exchange.read_instruments(rest)
    exchange.know(heard.instruments)
    heard.instrument = instrument = _bitcoin(heard.instruments)
    routes: dict[str, list[Stream]] = defaultdict(list)
    heard.pair = next((i for i in heard.instruments if i.symbol == "BTC/USDT"), None)
    heard.asked = [*exchange.streams(instrument, book=True), *exchange.market_streams()]
    heard.asked += exchange.streams(heard.pair) if heard.pair is not None else ()
    for stream in heard.asked:
        routes[stream.route].append(stream)
    sockets, readers = [], []
    for route, streams in routes.items():
        socket = await network.socket(exchange.routes[route])
        sockets.append(socket)
        readers.append(asyncio.create_task(_read(socket, heard, route)))
        for message in exchange.subscribe(streams):
            await socket.send_str(message)
    if (snapshot := await exchange.read_book(rest, instrument)) is not None:
        heard.told["snapshot"] = snapshot
    await asyncio.sleep(0.6)
    start = server.market.next_ms()
    item = server.truth.listing(name, instrument.symbol)
    server.market.burst(item, _BURST)
    if heard.pair is not None:
        server.market.trade_burst(server.truth.listing(name, heard.pair.symbol), _BURST, 500)
    await _ask(server, heard, rest)
    await asyncio.sleep(LISTEN_S)
    for _ in range(100):  # a busy machine is given more time
        if not heard.silent():
            break
        await asyncio.sleep(0.1)
    server.pumping = False
    count, still = -1, 0
    while still < 3:  # what is under way arrives
        still = still + 1 if count == len(heard.events) else 0
        count = len(heard.events)
        await asyncio.sleep(0.2)
    heard.window = (start, server.market.told_ms)
    heard.true["trades"] = server.truth.trades(name, instrument.symbol, *heard.window)
    if heard.pair is not None:
        heard.true["pair"] = server.truth.trades(name, heard.pair.symbol, *heard.window)
    heard.true["forced"] = server.truth.liquidations(name, instrument.symbol, *heard.window)
    heard.true["all forced"] = server.truth.liquidations(name, instrument.symbol, *heard.window, told=False)
    heard.true["book"] = server.market.book(item).levels()
    for socket in sockets:
        await socket.close()
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    return heard


@pytest.fixture(scope="module")
def everything(
    certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Heard | BaseException]:
    """All exchanges at once, each with a server of its own."""
    folder = tmp_path_factory.mktemp("authority")

    async def one(name: str) -> Heard:
        server = ExchangeServer(
            SystemClock(), coins=COINS[:2], exchanges=[name], certificates=certificates, tick_s=0.02
        )
        async with server:
            detour = Detour(
                "127.0.0.1", server.port, Path(server.environment(folder)["HEATDESK_EXCHANGE_CA"])
            )
            network = Network([EXCHANGES[name].row], SystemClock(), detour)
            try:
                return await _work(server, network, name)
            finally:
                await network.close()

    async def run() -> list[Heard | BaseException]:
        async with asyncio.timeout(60):
            return await asyncio.gather(*map(one, NAMES), return_exceptions=True)

    return dict(zip(NAMES, asyncio.run(run()), strict=True))


@pytest.fixture(params=NAMES)
def heard(request: pytest.FixtureRequest, everything: dict[str, Heard | BaseException]) -> Heard:
    """One exchange's."""
    found = everything[request.param]
    if isinstance(found, BaseException):
        raise found
    return found


def test_every_frame_is_read_and_every_topic_speaks(heard: Heard) -> None:
    assert heard.refused == []
    assert [e for e in heard.events if isinstance(e, Refusal)] == []
    assert heard.silent() == set()


def test_listings(heard: Heard) -> None:
    instrument = heard.instrument
    assert instrument is not None
    assert instrument.exchange == heard.exchange.row.name
    assert 0 < instrument.contract_size < 1e6 and instrument.tick > 0 and instrument.lot > 0
    assert len({(i.symbol, i.kind) for i in heard.instruments}) == len(heard.instruments)


def _told_trades(heard: Heard, symbol: str) -> Counter[tuple[int, float, float, int]]:
    """Trades of the window, each once: an exchange may tell those before a subscription twice."""
    first, last = heard.window
    once = {(e.id or n, e.time_ms, e): e for n, e in enumerate(heard.of(Trade, symbol))}
    return Counter(
        (e.time_ms, e.price, round(e.quantity, 9), e.side) for e in once.values() if first <= e.time_ms < last
    )


def test_trades_are_the_market_s(heard: Heard) -> None:
    assert heard.instrument is not None
    true = Counter((t, p, round(q, 9), side) for _, t, p, q, side in heard.true["trades"])
    assert sum(true.values()) >= _BURST
    assert _told_trades(heard, heard.instrument.symbol) == true


def test_pairs_are_heard_beside_perpetuals(heard: Heard) -> None:
    if heard.exchange.row.name not in ("binance", "bybit", "okx"):
        assert heard.pair is None
        return
    assert heard.pair is not None and heard.pair.kind == "spot"
    true = Counter((t, p, round(q, 9), side) for _, t, p, q, side in heard.true["pair"])
    assert sum(true.values()) >= _BURST
    assert _told_trades(heard, heard.pair.symbol) == true
    assert heard.of(Candle, heard.pair.symbol) and not heard.of(MarkPrice, heard.pair.symbol)


def test_liquidations_are_the_market_s(heard: Heard) -> None:
    first, last = heard.window
    told = Counter(
        (e.time_ms, e.side, e.price, round(e.quantity, 9))
        for e in heard.of(Liquidation)
        if first <= e.time_ms < last
    )
    every = Counter((t, side, p, round(q, 9)) for t, side, p, q in heard.true["all forced"])
    true = Counter((t, side, p, round(q, 9)) for t, side, p, q in heard.true["forced"])
    row = heard.exchange.row
    if row.liquidations == "none":
        assert not told
    elif row.liquidations == "throttled" and row.name == "binance":
        assert told and not told - every  # the newest of each second
    else:
        assert told == true and sum(told.values()) >= _BURST


def test_candles_are_the_market_s(heard: Heard) -> None:
    page: Records = heard.told["candles"]
    rows = zip(
        page.time_ms.tolist(),
        *(page[c].tolist() for c in ("open", "high", "low", "close", "volume")),
        strict=True,
    )
    true = [row[:6] for row in heard.true["candles"]]
    assert len(true) == 40
    assert [row[:5] for row in rows] == [tuple(row[:5]) for row in true]
    assert page["volume"].tolist() == pytest.approx([row[5] for row in true], rel=1e-6)
    assert len(heard.told["hours"]) == 24
    assert len(heard.told["long"]) > 500 and int(heard.told["long"].time_ms[0]) % (5 * MINUTE_MS) == 0
    live = [c for c in heard.of(Candle) if c.timeframe == "1m"]
    assert bool(live) == any(stream.what is What.CANDLES for stream in heard.asked)
    assert all(c.low <= c.close <= c.high for c in live)


def test_open_interest_and_funding_are_the_market_s(heard: Heard) -> None:
    told, true = heard.told, heard.true
    live = [e.open_interest for e in heard.of(OpenInterest)]
    assert live or heard.exchange.row.name in ("binance",)
    for value in live:
        assert value == pytest.approx(true["interest"], rel=0.01)
    if told["interest"] is not None:
        assert told["interest"].open_interest == pytest.approx(true["interest"], rel=0.01)
    if told["interests"] is not None:
        history = dict(
            zip(told["interests"].time_ms.tolist(), told["interests"]["open_interest"].tolist(), strict=True)
        )
        assert len(history) >= 12
        assert all(value == pytest.approx(true["interests"][t], rel=1e-3) for t, value in history.items())
    assert isinstance(told["funding"], Funding) and abs(told["funding"].funding_rate) < 0.01
    assert told["fundings"] is not None and len(told["fundings"]) >= 6
    marks = [e.mark_price for e in heard.of(MarkPrice)]
    assert marks and all(m == pytest.approx(true["mark"], rel=0.01) for m in marks)
    if isinstance(told["ratio"], LongShort):
        assert told["ratio"].ratio == pytest.approx(true["ratio"], rel=0.01)


def test_units_agree_with_the_exchange_s_own_volume(heard: Heard) -> None:
    assert heard.told["volume"] == pytest.approx(heard.true["volume"], rel=0.15)  # some tell coins only
    assert heard.told["time"] == pytest.approx(heard.true["time"], abs=2000)


def test_the_book_comes_whole(heard: Heard) -> None:
    sides: tuple[dict[float, float], dict[float, float]] = ({}, {})
    changes = heard.of(BookChange)
    snapshot = heard.told.get("snapshot")
    if isinstance(snapshot, BookChange):
        changes = [snapshot, *(c for c in changes if c.last_id > snapshot.last_id)]
    assert len(changes) > 3
    for change in changes:
        if change.snapshot:
            sides = (dict(change.bids), dict(change.asks))
            continue
        for side, told in zip(sides, (change.bids, change.asks), strict=True):
            for price, quantity in told:
                side.pop(price, None)
                if quantity:
                    side[price] = quantity
    bids, asks = sorted(sides[0], reverse=True), sorted(sides[1])
    instrument = heard.instrument
    assert instrument is not None and bids[0] < asks[0]
    tick = instrument.tick
    true_bids, true_asks = heard.true["book"]
    depth = min(20, len(bids), len(asks))
    assert [round(p / tick) for p in bids[:depth]] == [t for t, _ in true_bids[:depth]]
    assert [round(p / tick) for p in asks[:depth]] == [t for t, _ in true_asks[:depth]]


def test_brackets_ascend_and_loosen(heard: Heard) -> None:
    brackets = heard.told["brackets"]
    if brackets is None:  # Deribit's margins go by a formula
        assert heard.exchange.row.name == "deribit"
        return
    assert not isinstance(brackets, RestError), brackets
    floors, rates, leverages = (list(column) for column in zip(*brackets, strict=True))
    assert floors[0] == 0 and floors == sorted(floors)
    assert rates == sorted(rates) and 0 < rates[0] < 0.05
    assert leverages == sorted(leverages, reverse=True) and 5 <= leverages[0] <= 200
