"""Binance's REST: history of candles, open interest and funding, and what its sockets do not tell."""

from __future__ import annotations

from math import nan
from typing import Any, Final

from heatdesk.events import BookChange, Event, Funding, LongShort, OpenInterest
from heatdesk.feed.exchanges.base import Exchange, Rest, RestError
from heatdesk.feed.exchanges.frames import MISREAD, reading
from heatdesk.feed.exchanges.listings import MAJORS, perpetuals, spot
from heatdesk.feed.exchanges.numbers import amount, count, levels, millis, number, positive
from heatdesk.feed.exchanges.pages import candles, rows_of, samples
from heatdesk.live import Instrument
from heatdesk.market import DAY_MS, MINUTE_MS, Kind, Records, timeframe_ms

# Maintenance brackets need no key here only: the address behind the exchange's own page about them.
BRACKETS_URL: Final = "https://www.binance.com/bapi/futures/v1/friendly/future/common/brackets"
_CANDLES: Final = 1500
_SPOT_CANDLES: Final = 1000
_SAMPLES: Final = 500
_FUNDINGS: Final = 1000
_LEVELS: Final = 1000
_TOO_OLD: Final = "-1130"  # the code of a start that is no longer kept
_MARGIN_MS: Final = 10 * MINUTE_MS


class BinanceHistory(Exchange):
    """The part of `heatdesk.feed.exchanges.binance` that asks."""

    async def read_instruments(self, rest: Rest) -> list[Instrument]:
        """Perpetuals in USDT and USDC, and the spot pairs of the majors where they can be read."""
        listed = perpetuals(self.row.name, await rest.markets())
        try:
            pairs = ",".join(f'"{base}USDT"' for base in MAJORS)
            answer = await rest.call("publicGetExchangeInfo", {"symbols": f"[{pairs}]"})
            return listed + [_pair(self.row.name, told) for told in answer["symbols"]]
        except (RestError, *MISREAD):  # the map does without
            return listed

    async def read_candles(
        self, rest: Rest, instrument: Instrument, timeframe: str, start_ms: int, end_ms: int
    ) -> Records:
        """Twelve columns each, taker-buy volume among them."""
        pair = instrument.kind == "spot"
        limit = _SPOT_CANDLES if pair else _CANDLES
        rows = await rest.call(
            "publicGetKlines" if pair else "fapiPublicGetKlines",
            {
                "symbol": instrument.wire,
                "interval": timeframe,
                "startTime": start_ms,
                "endTime": min(end_ms, start_ms + limit * timeframe_ms(timeframe)) - 1,
                "limit": limit,
            },
        )
        return candles(rows, (0, 1, 2, 3, 4, 5, 9), timeframe, start_ms, end_ms)

    async def read_open_interest(self, rest: Rest, instrument: Instrument) -> OpenInterest | None:
        """In coins, one-sided."""
        if instrument.kind == "spot":
            return None
        answer = await rest.call("fapiPublicGetOpenInterest", {"symbol": instrument.wire})
        with reading("open interest"):
            return OpenInterest(instrument.symbol, millis(answer["time"]), positive(answer["openInterest"]))

    async def read_open_interest_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """Kept for 30 days; asking further back is refused, so what is left of the stretch is asked for then."""
        if instrument.kind == "spot":
            return None
        try:
            return await self._interests(rest, instrument, start_ms, end_ms)
        except RestError as error:
            if _TOO_OLD not in str(error):
                raise
        now_ms = await self.read_time(rest)
        start_ms = max(start_ms, (now_ms or end_ms) - int(self.row.open_interest_days * DAY_MS) + _MARGIN_MS)
        if start_ms >= end_ms:
            return Records.empty(Kind.OPEN_INTEREST)
        return await self._interests(rest, instrument, start_ms, end_ms)

    async def _interests(self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int) -> Records:
        """One page from the start on."""
        rows = await rest.call(
            "fapiDataGetOpenInterestHist",
            {
                "symbol": instrument.wire,
                "period": "5m",
                "limit": _SAMPLES,
                "startTime": start_ms,
                "endTime": min(end_ms, start_ms + _SAMPLES * 5 * MINUTE_MS) - 1,
            },
        )
        return samples(Kind.OPEN_INTEREST, rows, "timestamp", "sumOpenInterest", start_ms, end_ms)

    async def read_funding(self, rest: Rest, instrument: Instrument) -> Funding | None:
        """The rate of the running interval."""
        if instrument.kind == "spot":
            return None
        answer = await rest.call("fapiPublicGetPremiumIndex", {"symbol": instrument.wire})
        with reading("funding"):
            return Funding(
                instrument.symbol,
                millis(answer["time"]),
                number(answer["lastFundingRate"]),
                millis(answer["nextFundingTime"]) if answer.get("nextFundingTime") else 0,
            )

    async def read_funding_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """From the first perpetual on."""
        if instrument.kind == "spot":
            return None
        rows = await rest.call(
            "fapiPublicGetFundingRate",
            {"symbol": instrument.wire, "startTime": start_ms, "endTime": end_ms - 1, "limit": _FUNDINGS},
        )
        return samples(Kind.FUNDING, rows, "fundingTime", "fundingRate", start_ms, end_ms)

    async def read_long_short(self, rest: Rest, instrument: Instrument) -> LongShort | None:
        """Of all accounts, the newest of its 5m samples."""
        if instrument.kind == "spot":
            return None
        rows = rows_of(
            await rest.call(
                "fapiDataGetGlobalLongShortAccountRatio",
                {"symbol": instrument.wire, "period": "5m", "limit": 1},
            )
        )
        with reading("long/short ratio"):
            told = rows[-1]
            return LongShort(instrument.symbol, millis(told["timestamp"]), positive(told["longShortRatio"]))

    async def read_book(self, rest: Rest, instrument: Instrument) -> Event | None:
        """The levels that the stream's changes are laid upon."""
        pair = instrument.kind == "spot"
        answer = await rest.call(
            "publicGetDepth" if pair else "fapiPublicGetDepth",
            {"symbol": instrument.wire, "limit": _LEVELS},
        )
        with reading("order book"):
            number_ = count(answer["lastUpdateId"])
            time_ms = millis(answer["T"]) if "T" in answer else 0
            bids, asks = levels(answer["bids"]), levels(answer["asks"])
            return BookChange(instrument.symbol, time_ms, True, bids, asks, number_, number_, -1)

    async def read_quote_volume(self, rest: Rest, instrument: Instrument) -> float | None:
        """Of the last 24 hours."""
        method = "publicGetTicker24hr" if instrument.kind == "spot" else "fapiPublicGetTicker24hr"
        answer = await rest.call(method, {"symbol": instrument.wire})
        with reading("volume of a day"):
            return amount(answer["quoteVolume"])

    async def read_time(self, rest: Rest) -> int | None:
        """The futures' clock."""
        answer = await rest.call("fapiPublicGetTime")
        with reading("time"):
            return millis(answer["serverTime"])

    async def read_brackets(
        self, rest: Rest, instrument: Instrument
    ) -> list[tuple[float, float, float]] | None:
        """From the exchange's page about them: unofficial, and said to lag behind for new listings."""
        if instrument.kind == "spot":
            return None
        answer = await rest.get(BRACKETS_URL, {"symbol": instrument.wire})
        with reading("brackets"):
            for told in answer["data"]["brackets"]:
                if told["symbol"] == instrument.wire:
                    return sorted(_bracket(bracket) for bracket in told["riskBrackets"])
        return None


def _bracket(told: dict[str, Any]) -> tuple[float, float, float]:
    """Notional floor, maintenance rate, maximal leverage."""
    return (
        amount(told["bracketNotionalFloor"]),
        positive(told["bracketMaintenanceMarginRate"]),
        positive(told["maxOpenPosLeverage"]),
    )


def _pair(exchange: str, told: dict[str, Any]) -> Instrument:
    """A spot pair out of the exchange's own listing."""
    rules = {rule["filterType"]: rule for rule in told.get("filters", ())}
    return spot(
        exchange,
        str(told["symbol"]),
        str(told["baseAsset"]),
        str(told["quoteAsset"]),
        rules.get("PRICE_FILTER", {}).get("tickSize", nan),
        rules.get("LOT_SIZE", {}).get("stepSize", nan),
    )
