"""Deribit's REST."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from heatdesk.events import Funding, OpenInterest
from heatdesk.feed.exchanges.base import Exchange, Rest
from heatdesk.feed.exchanges.frames import reading
from heatdesk.feed.exchanges.listings import perpetuals, step
from heatdesk.feed.exchanges.numbers import amount, coins, millis, number, positive
from heatdesk.feed.exchanges.pages import candles, samples
from heatdesk.live import Instrument
from heatdesk.market import Kind, Records, timeframe_ms

_CANDLES: Final = 5000
_RESOLUTIONS: Final = {"1m": "1", "5m": "5", "15m": "15", "1h": "60", "1d": "1D"}
_COLUMNS: Final = ("ticks", "open", "high", "low", "close", "volume")


class DeribitHistory(Exchange):
    """The part of `heatdesk.feed.exchanges.deribit` that asks."""

    async def read_instruments(self, rest: Rest) -> list[Instrument]:
        """Perpetuals in USDC, and inverse ones. Amounts are USD or coins, whatever a contract is."""
        markets = await rest.markets()
        listed = []
        for instrument in perpetuals(self.row.name, markets, ("USDC",), inverse=True):
            lot = step((markets[instrument.symbol].get("precision") or {}).get("amount"))
            listed.append(replace(instrument, contract_size=1.0, lot=lot))
        return listed

    async def read_candles(
        self, rest: Rest, instrument: Instrument, timeframe: str, start_ms: int, end_ms: int
    ) -> Records:
        """Columns on the wire; volume in coins. There are none of 4 hours."""
        if timeframe not in _RESOLUTIONS:
            return Records.empty(Kind.CANDLES)
        told = await _result(
            rest,
            "publicGetGetTradingviewChartData",
            instrument_name=instrument.wire,
            start_timestamp=start_ms,
            end_timestamp=min(end_ms, start_ms + _CANDLES * timeframe_ms(timeframe)) - 1,
            resolution=_RESOLUTIONS[timeframe],
        )
        with reading("candles"):
            rows = list(zip(*(told[name] for name in _COLUMNS), strict=True))
        return candles(rows, range(len(_COLUMNS)), timeframe, start_ms, end_ms)

    async def read_open_interest(self, rest: Rest, instrument: Instrument) -> OpenInterest | None:
        """In coins, by the mark price of the same moment."""
        told = await self._ticker(rest, instrument)
        with reading("open interest"):
            held = coins(positive(told["open_interest"]), positive(told["mark_price"]), instrument)
            return OpenInterest(instrument.symbol, millis(told["timestamp"]), held)

    async def read_funding(self, rest: Rest, instrument: Instrument) -> Funding | None:
        """Per 8 hours, as it runs."""
        told = await self._ticker(rest, instrument)
        with reading("funding"):
            return Funding(instrument.symbol, millis(told["timestamp"]), number(told["funding_8h"]), 0)

    async def read_funding_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """What each hour cost."""
        rows = await _result(
            rest,
            "publicGetGetFundingRateHistory",
            instrument_name=instrument.wire,
            start_timestamp=start_ms,
            end_timestamp=end_ms,
        )
        return samples(Kind.FUNDING, rows, "timestamp", "interest_1h", start_ms, end_ms)

    async def read_quote_volume(self, rest: Rest, instrument: Instrument) -> float | None:
        """USD of the last 24 hours."""
        told = await self._ticker(rest, instrument)
        with reading("volume"):
            return amount(told["stats"]["volume_usd"])

    async def read_time(self, rest: Rest) -> int | None:
        """The exchange's clock."""
        told = await _result(rest, "publicGetGetTime")
        with reading("time"):
            return millis(told)

    async def _ticker(self, rest: Rest, instrument: Instrument) -> dict[str, Any]:
        told: dict[str, Any] = await _result(rest, "publicGetTicker", instrument_name=instrument.wire)
        return told


async def _result(rest: Rest, method: str, **params: Any) -> Any:
    answer = await rest.call(method, params)
    with reading(method):
        return answer["result"]
