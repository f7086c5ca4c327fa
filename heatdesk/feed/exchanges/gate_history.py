"""Gate's REST. Its statistics per contract hold open interest every 5 minutes, and the long/short ratio."""

from __future__ import annotations

from typing import Any, Final

from heatdesk.events import BookChange, Event, Funding, LongShort, OpenInterest
from heatdesk.feed.exchanges.base import Exchange, FrameError, Rest
from heatdesk.feed.exchanges.frames import reading
from heatdesk.feed.exchanges.listings import perpetuals
from heatdesk.feed.exchanges.numbers import amount, count, levels, millis, number, positive
from heatdesk.feed.exchanges.pages import candles, rows_of, samples
from heatdesk.live import Instrument
from heatdesk.market import Kind, Records, timeframe_ms

BOOK_LEVELS: Final = 100  # of changes and of the snapshot they are joined to: they must be as deep
_CANDLES: Final = 1999
_STATISTICS: Final = 100
_FUNDINGS: Final = 1000
_FUTURES: Final = "publicFuturesGetSettle"


class GateHistory(Exchange):
    """The part of `heatdesk.feed.exchanges.gate` that asks."""

    async def read_instruments(self, rest: Rest) -> list[Instrument]:
        """Perpetuals in USDT."""
        return perpetuals(self.row.name, await rest.markets(), ("USDT",))

    async def read_candles(
        self, rest: Rest, instrument: Instrument, timeframe: str, start_ms: int, end_ms: int
    ) -> Records:
        """Times in seconds, volume in contracts; taker-buy volume is not told."""
        until_ms = min(end_ms, start_ms + _CANDLES * timeframe_ms(timeframe)) - 1
        asked = {"interval": timeframe, "from": start_ms // 1000, "to": until_ms // 1000}
        rows = _stamped(await _ask(rest, "Candlesticks", instrument, **asked), "t")
        places = ("time_ms", "o", "h", "l", "c", "v")
        return candles(rows, places, timeframe, start_ms, end_ms, instrument.contract_size)

    async def read_open_interest(self, rest: Rest, instrument: Instrument) -> OpenInterest | None:
        """In coins; not stamped."""
        told = await _ask(rest, "ContractsContract", instrument)
        with reading("open interest"):
            held = positive(told["position_size"]) * instrument.contract_size
            return OpenInterest(instrument.symbol, 0, held)

    async def read_open_interest_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """Samples every 5 minutes."""
        asked = {"from": start_ms // 1000, "interval": "5m", "limit": _STATISTICS}
        rows = _stamped(await _ask(rest, "ContractStats", instrument, **asked), "time")
        with reading("open interest"):
            held = [{**row, "coins": number(row["open_interest"]) * instrument.contract_size} for row in rows]
        return samples(Kind.OPEN_INTEREST, held, "time_ms", "coins", start_ms, end_ms)

    async def read_funding(self, rest: Rest, instrument: Instrument) -> Funding | None:
        """The running rate and when it is paid; not stamped."""
        told = await _ask(rest, "ContractsContract", instrument)
        with reading("funding"):
            next_ms = millis(count(told["funding_next_apply"]) * 1000)
            return Funding(instrument.symbol, 0, number(told["funding_rate"]), next_ms)

    async def read_funding_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """The newest thousand."""
        asked = {"from": start_ms // 1000, "to": end_ms // 1000, "limit": _FUNDINGS}
        rows = _stamped(await _ask(rest, "FundingRate", instrument, **asked), "t")
        return samples(Kind.FUNDING, rows, "time_ms", "r", start_ms, end_ms)

    async def read_long_short(self, rest: Rest, instrument: Instrument) -> LongShort | None:
        """Accounts, sampled every 5 minutes."""
        rows = _stamped(await _ask(rest, "ContractStats", instrument, interval="5m", limit=1), "time")
        with reading("long/short ratio"):
            return LongShort(instrument.symbol, rows[-1]["time_ms"], positive(rows[-1]["lsr_account"]))

    async def read_book(self, rest: Rest, instrument: Instrument) -> Event | None:
        """As deep as the changes go."""
        told = await _ask(rest, "OrderBook", instrument, limit=BOOK_LEVELS, with_id="true")
        size = instrument.contract_size
        with reading("order book"):
            time_ms = millis(round(positive(told["update"]) * 1000))
            bids, asks = book_side(told["bids"], size), book_side(told["asks"], size)
            return BookChange(instrument.symbol, time_ms, True, bids, asks, -1, count(told["id"]), -1)

    async def read_quote_volume(self, rest: Rest, instrument: Instrument) -> float | None:
        """USDT of the last 24 hours."""
        told = await _ask(rest, "Tickers", instrument)
        with reading("volume"):
            return amount(told[0]["volume_24h_quote"])

    async def read_time(self, rest: Rest) -> int | None:
        """The exchange's clock."""
        answer = await rest.call("publicSpotGetTime")
        with reading("time"):
            return millis(answer["server_time"])

    async def read_brackets(
        self, rest: Rest, instrument: Instrument
    ) -> list[tuple[float, float, float]] | None:
        """Tiers by what they reach up to, in USDT; each begins where the one before ends."""
        tiers = rows_of(await _ask(rest, "RiskLimitTiers", instrument))
        with reading("risk limits"):
            read = sorted(
                (positive(t["risk_limit"]), positive(t["maintenance_rate"]), positive(t["leverage_max"]))
                for t in tiers
            )
        floors = [0.0, *(top for top, _, _ in read)]
        return [(floor, rate, leverage) for floor, (_, rate, leverage) in zip(floors, read, strict=False)]


def book_side(rows: Any, size: float) -> list[tuple[float, float]]:
    """Levels, written as objects, in coins; raises FrameError."""
    if type(rows) is not list:
        raise FrameError("something else stands where a book's levels belong")
    return levels([(row["p"], row["s"]) for row in rows], size)


async def _ask(rest: Rest, method: str, instrument: Instrument, **params: Any) -> Any:
    return await rest.call(_FUTURES + method, {"settle": "usdt", "contract": instrument.wire, **params})


def _stamped(rows: Any, time: str) -> list[dict[str, Any]]:
    """Rows with their times, which are in seconds, in milliseconds as well."""
    with reading("rows"):
        return [{**row, "time_ms": millis(int(row[time]) * 1000)} for row in rows_of(rows)]
