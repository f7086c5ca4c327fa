"""dYdX's REST: candles and funding as the indexer keeps them, and the table of markets with everything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from heatdesk.events import Funding, OpenInterest
from heatdesk.feed.exchanges.base import Exchange, Rest
from heatdesk.feed.exchanges.frames import reading
from heatdesk.feed.exchanges.listings import perpetuals, step
from heatdesk.feed.exchanges.numbers import amount, iso_millis, number, positive
from heatdesk.feed.exchanges.pages import candles, samples
from heatdesk.live import Instrument
from heatdesk.market import HOUR_MS, Kind, Records, timeframe_ms

_CANDLES: Final = 1000
_FUNDINGS: Final = 1000
_RESOLUTIONS: Final = {
    "1m": "1MIN", "5m": "5MINS", "15m": "15MINS", "1h": "1HOUR", "4h": "4HOURS", "1d": "1DAY",
}  # fmt: skip


class DydxHistory(Exchange):
    """The part of `heatdesk.feed.exchanges.dydx` that asks."""

    async def read_instruments(self, rest: Rest) -> list[Instrument]:
        """Markets in USDC. Those that are named after a pool elsewhere, with a comma, are left out."""
        markets = await rest.markets()
        listed = []
        for instrument in perpetuals(self.row.name, markets, ("USDC",)):
            if "," not in instrument.wire:
                margin = step((markets[instrument.symbol].get("info") or {}).get("initialMarginFraction"))
                listed.append(_with_leverage(instrument, margin))
        return listed

    async def read_candles(
        self, rest: Rest, instrument: Instrument, timeframe: str, start_ms: int, end_ms: int
    ) -> Records:
        """Newest first on the wire; taker-buy volume is not told."""
        until_ms = min(end_ms, start_ms + _CANDLES * timeframe_ms(timeframe))
        asked = {
            "market": instrument.wire,
            "resolution": _RESOLUTIONS[timeframe],
            "fromISO": _iso(start_ms),
            "toISO": _iso(until_ms),
            "limit": _CANDLES,
        }
        answer = await rest.call("indexerGetCandlesPerpetualMarketsMarket", asked)
        with reading("candles"):
            rows = [{**row, "time_ms": iso_millis(row["startedAt"])} for row in answer["candles"]]
        places = ("time_ms", "open", "high", "low", "close", "baseTokenVolume")
        return candles(rows, places, timeframe, start_ms, end_ms)

    async def read_open_interest(self, rest: Rest, instrument: Instrument) -> OpenInterest | None:
        """In coins, one-sided; not stamped."""
        told = await self._market(rest, instrument)
        with reading("open interest"):
            return OpenInterest(instrument.symbol, 0, positive(told["openInterest"]))

    async def read_funding(self, rest: Rest, instrument: Instrument) -> Funding | None:
        """The rate of the running hour."""
        told = await self._market(rest, instrument)
        with reading("funding"):
            return Funding(instrument.symbol, 0, number(told["nextFundingRate"]), 0)

    async def read_funding_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """Paid every hour."""
        until_ms = min(end_ms, start_ms + _FUNDINGS * HOUR_MS)
        asked = {"market": instrument.wire, "limit": _FUNDINGS, "effectiveBeforeOrAt": _iso(until_ms)}
        answer = await rest.call("indexerGetHistoricalFundingMarket", asked)
        with reading("funding history"):
            rows = [
                {"time_ms": iso_millis(row["effectiveAt"]), "rate": row["rate"]}
                for row in answer["historicalFunding"]
            ]
        return samples(Kind.FUNDING, rows, "time_ms", "rate", start_ms, end_ms)

    async def read_quote_volume(self, rest: Rest, instrument: Instrument) -> float | None:
        """USD of the last 24 hours."""
        told = await self._market(rest, instrument)
        with reading("volume"):
            return amount(told["volume24H"])

    async def read_time(self, rest: Rest) -> int | None:
        """The indexer's clock."""
        answer = await rest.call("indexerGetTime")
        with reading("time"):
            return iso_millis(answer["iso"])

    async def read_brackets(
        self, rest: Rest, instrument: Instrument
    ) -> list[tuple[float, float, float]] | None:
        """One bracket: margin does not grow with the position, only with the market's open interest near its cap."""
        told = await self._market(rest, instrument)
        with reading("margins"):
            initial = positive(told["initialMarginFraction"])
            return [(0.0, positive(told["maintenanceMarginFraction"]), 1.0 / initial)]

    async def _market(self, rest: Rest, instrument: Instrument) -> dict[str, Any]:
        answer = await rest.call("indexerGetPerpetualMarkets", {"ticker": instrument.wire})
        with reading("market"):
            told: dict[str, Any] = answer["markets"][instrument.wire]
        return told


def _with_leverage(instrument: Instrument, initial_margin: float) -> Instrument:
    return replace(instrument, max_leverage=1.0 / initial_margin)


def _iso(time_ms: int) -> str:
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time_ms % 1000:03d}Z"
