"""Bybit's REST: history of candles, open interest and funding, and what its sockets do not tell.

Pages come newest first and are cut at their far end, so every question is bounded at both.
"""

from __future__ import annotations

from typing import Any, Final

from heatdesk.events import Funding, LongShort, OpenInterest
from heatdesk.feed.exchanges.base import Exchange, Rest, RestError
from heatdesk.feed.exchanges.frames import MISREAD, reading
from heatdesk.feed.exchanges.listings import MAJORS, perpetuals, spot
from heatdesk.feed.exchanges.numbers import amount, millis, number, positive
from heatdesk.feed.exchanges.pages import candles, newest_first, rows_of, samples
from heatdesk.feed.plain_text import plain
from heatdesk.live import Instrument
from heatdesk.market import Kind, Records, timeframe_ms

SIDES_COUNTED: Final = 2  # by its open interest: every contract twice
INTERVALS: Final = {"1m": "1", "5m": "5", "15m": "15", "1h": "60", "4h": "240", "1d": "D"}
_CANDLES: Final = 1000
_SAMPLES: Final = 200
_FUNDINGS: Final = 200


class BybitHistory(Exchange):
    """The part of `heatdesk.feed.exchanges.bybit` that asks."""

    async def read_instruments(self, rest: Rest) -> list[Instrument]:
        """Perpetuals in USDT and USDC, and the spot pairs of the majors where they can be read."""
        listed = perpetuals(self.row.name, await rest.markets())
        try:
            found = await _result(rest, "publicGetV5MarketInstrumentsInfo", category="spot")
            wanted = {f"{base}USDT" for base in MAJORS}
            return listed + [_pair(self.row.name, t) for t in found["list"] if t["symbol"] in wanted]
        except (RestError, *MISREAD):  # the map does without
            return listed

    async def read_candles(
        self, rest: Rest, instrument: Instrument, timeframe: str, start_ms: int, end_ms: int
    ) -> Records:
        """Without the taker's side, which it does not keep."""
        found = await _result(
            rest,
            "publicGetV5MarketKline",
            category="spot" if instrument.kind == "spot" else "linear",
            symbol=instrument.wire,
            interval=INTERVALS[timeframe],
            start=start_ms,
            end=min(end_ms, start_ms + _CANDLES * timeframe_ms(timeframe)) - 1,
            limit=_CANDLES,
        )
        return candles(found.get("list"), (0, 1, 2, 3, 4, 5), timeframe, start_ms, end_ms)

    async def read_open_interest(self, rest: Rest, instrument: Instrument) -> OpenInterest | None:
        """In coins, one-sided."""
        if instrument.kind == "spot":
            return None
        time_ms, told = await _ticker(rest, instrument)
        with reading("open interest"):
            return OpenInterest(instrument.symbol, time_ms, positive(_one_sided(told)))

    async def read_open_interest_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """In coins, one-sided, from the listing on."""
        if instrument.kind == "spot":
            return None

        async def ask(start: int, end: int) -> Records:
            found = await _result(
                rest,
                "publicGetV5MarketOpenInterest",
                category="linear",
                symbol=instrument.wire,
                intervalTime="5min",
                startTime=start,
                endTime=end - 1,
                limit=_SAMPLES,
            )
            with reading("history of open interest"):
                rows = [[told["timestamp"], _one_sided(told)] for told in rows_of(found.get("list"))]
            return samples(Kind.OPEN_INTEREST, rows, 0, 1, start, end)

        return await newest_first(ask, Kind.OPEN_INTEREST, start_ms, end_ms, _SAMPLES)

    async def read_funding(self, rest: Rest, instrument: Instrument) -> Funding | None:
        """The rate of the running interval."""
        if instrument.kind == "spot":
            return None
        time_ms, told = await _ticker(rest, instrument)
        with reading("funding"):
            paid = told.get("nextFundingTime")
            return Funding(
                instrument.symbol, time_ms, number(told["fundingRate"]), millis(paid) if paid else 0
            )

    async def read_funding_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """From the listing on."""
        if instrument.kind == "spot":
            return None

        async def ask(start: int, end: int) -> Records:
            found = await _result(
                rest,
                "publicGetV5MarketFundingHistory",
                category="linear",
                symbol=instrument.wire,
                startTime=start,
                endTime=end - 1,
                limit=_FUNDINGS,
            )
            rows = found.get("list")
            return samples(Kind.FUNDING, rows, "fundingRateTimestamp", "fundingRate", start, end)

        return await newest_first(ask, Kind.FUNDING, start_ms, end_ms, _FUNDINGS)

    async def read_long_short(self, rest: Rest, instrument: Instrument) -> LongShort | None:
        """Of all accounts, the newest of its 5m samples."""
        if instrument.kind == "spot":
            return None
        found = await _result(
            rest,
            "publicGetV5MarketAccountRatio",
            category="linear",
            symbol=instrument.wire,
            period="5min",
            limit=1,
        )
        with reading("long/short ratio"):
            told = max(rows_of(found["list"]), key=lambda row: millis(row["timestamp"]))
            ratio = positive(told["buyRatio"]) / positive(told["sellRatio"])
            return LongShort(instrument.symbol, millis(told["timestamp"]), positive(ratio))

    async def read_quote_volume(self, rest: Rest, instrument: Instrument) -> float | None:
        """Of the last 24 hours."""
        _, told = await _ticker(rest, instrument)
        with reading("volume of a day"):
            return amount(told["turnover24h"])

    async def read_time(self, rest: Rest) -> int | None:
        """The exchange's clock."""
        answer = await rest.call("publicGetV5MarketTime")
        with reading("time"):
            return millis(answer["time"])

    async def read_brackets(
        self, rest: Rest, instrument: Instrument
    ) -> list[tuple[float, float, float]] | None:
        """Its risk limits; each names where it ends, which is where the next one begins."""
        if instrument.kind == "spot":
            return None
        found = await _result(rest, "publicGetV5MarketRiskLimit", category="linear", symbol=instrument.wire)
        with reading("risk limits"):
            tiers = sorted(rows_of(found["list"]), key=lambda tier: positive(tier["riskLimitValue"]))
            floors = [0.0, *(positive(tier["riskLimitValue"]) for tier in tiers)]
            return [
                (floor, _rate(tier), positive(tier["maxLeverage"]))
                for floor, tier in zip(floors, tiers, strict=False)
                if tier["symbol"] == instrument.wire
            ] or None


def _rate(tier: dict[str, Any]) -> float:
    """The maintenance rate; some categories tell it in percent, which the initial rate gives away."""
    rate, initial = positive(tier["maintenanceMargin"]), positive(tier["initialMargin"])
    return rate / 100.0 if initial * positive(tier["maxLeverage"]) > 10.0 else rate


def _one_sided(told: dict[str, Any]) -> float:
    """Open interest with every contract counted once."""
    one = told.get("singleOpenInterest")
    return number(one) if one else number(told["openInterest"]) / SIDES_COUNTED


async def _result(rest: Rest, method: str, **params: Any) -> dict[str, Any]:
    """The result of a question; raises RestError where there is none."""
    return _unwrap(await rest.call(method, params))


async def _ticker(rest: Rest, instrument: Instrument) -> tuple[int, dict[str, Any]]:
    """When it was told, and everything about an instrument now."""
    answer = await rest.call(
        "publicGetV5MarketTickers",
        {"category": "spot" if instrument.kind == "spot" else "linear", "symbol": instrument.wire},
    )
    found = _unwrap(answer)
    with reading("ticker"):
        told = found["list"][0]
        if not isinstance(told, dict):
            raise RestError("a ticker is none")
        return millis(answer["time"]), told


def _unwrap(answer: Any) -> dict[str, Any]:
    """What the envelope holds; a refusal comes in one as well."""
    if not isinstance(answer, dict):
        raise RestError("an answer is no answer of the exchange")
    if str(answer.get("retCode")) != "0":
        raise RestError(plain(f"{answer.get('retCode')}: {answer.get('retMsg')}"))
    result = answer.get("result")
    if not isinstance(result, dict):
        raise RestError("an answer has no result")
    return result


def _pair(exchange: str, told: dict[str, Any]) -> Instrument:
    """A spot pair out of the exchange's own listing."""
    return spot(
        exchange,
        str(told["symbol"]),
        str(told["baseCoin"]),
        str(told["quoteCoin"]),
        (told.get("priceFilter") or {}).get("tickSize"),
        (told.get("lotSizeFilter") or {}).get("basePrecision"),
    )
