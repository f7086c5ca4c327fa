"""Hyperliquid's REST: one address, to which the question is posted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from heatdesk.events import Funding, OpenInterest
from heatdesk.feed.exchanges.base import Exchange, Rest
from heatdesk.feed.exchanges.frames import reading
from heatdesk.feed.exchanges.listings import perpetuals
from heatdesk.feed.exchanges.numbers import amount, millis, number, positive
from heatdesk.feed.exchanges.pages import candles, samples
from heatdesk.live import Instrument
from heatdesk.market import HOUR_MS, Kind, Records, timeframe_ms

# In a week of minutes it moved by up to twice what was traded around them, hardly ever by more: both sides count.
SIDES_COUNTED: Final = 2
_CANDLES: Final = 5000  # and no more are kept of any length
_FUNDINGS: Final = 500


class HyperliquidHistory(Exchange):
    """The part of `heatdesk.feed.exchanges.hyperliquid` that asks."""

    async def read_instruments(self, rest: Rest) -> list[Instrument]:
        """Perpetuals in USDC; ccxt knows them by a number, the wire by the coin's name."""
        markets = await rest.markets()
        listed = []
        for instrument in perpetuals(self.row.name, markets, ("USDC",)):
            coin = (markets[instrument.symbol].get("info") or {}).get("name")
            if isinstance(coin, str) and coin:
                listed.append(replace(instrument, wire=coin))
        return listed

    async def read_candles(
        self, rest: Rest, instrument: Instrument, timeframe: str, start_ms: int, end_ms: int
    ) -> Records:
        """The newest 5,000 of each length are kept; taker-buy volume is not told."""
        asked = {
            "coin": instrument.wire,
            "interval": timeframe,
            "startTime": start_ms,
            "endTime": min(end_ms, start_ms + _CANDLES * timeframe_ms(timeframe)) - 1,
        }
        rows = await _info(rest, "candleSnapshot", req=asked)
        return candles(rows, ("t", "o", "h", "l", "c", "v"), timeframe, start_ms, end_ms)

    async def read_open_interest(self, rest: Rest, instrument: Instrument) -> OpenInterest | None:
        """In coins, halved; not stamped."""
        told = await _context(rest, instrument)
        with reading("open interest"):
            held = positive(told["openInterest"])
        return OpenInterest(instrument.symbol, 0, held / SIDES_COUNTED)

    async def read_funding(self, rest: Rest, instrument: Instrument) -> Funding | None:
        """The rate of the running hour."""
        told = await _context(rest, instrument)
        with reading("funding"):
            return Funding(instrument.symbol, 0, number(told["funding"]), 0)

    async def read_funding_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """Paid every hour."""
        until_ms = min(end_ms, start_ms + _FUNDINGS * HOUR_MS) - 1
        rows = await _info(rest, "fundingHistory", coin=instrument.wire, startTime=start_ms, endTime=until_ms)
        return samples(Kind.FUNDING, rows, "time", "fundingRate", start_ms, end_ms)

    async def read_quote_volume(self, rest: Rest, instrument: Instrument) -> float | None:
        """USD of the last 24 hours."""
        told = await _context(rest, instrument)
        with reading("volume"):
            return amount(told["dayNtlVlm"])

    async def read_time(self, rest: Rest) -> int | None:
        """The exchange's clock."""
        answer = await _info(rest, "exchangeStatus")
        with reading("time"):
            return millis(answer["time"])

    async def read_brackets(
        self, rest: Rest, instrument: Instrument
    ) -> list[tuple[float, float, float]] | None:
        """Tiers of the coin's margin table; half of what opening takes at most leverage must be maintained."""
        meta = await _info(rest, "meta")
        with reading("margin tables"):
            coin = next(coin for coin in meta["universe"] if coin["name"] == instrument.wire)
            tables = dict(meta.get("marginTables") or [])
            table = tables.get(coin.get("marginTableId"))
            tiers = table["marginTiers"] if table else [{"lowerBound": 0, "maxLeverage": coin["maxLeverage"]}]
            read = [(amount(tier["lowerBound"]), positive(tier["maxLeverage"])) for tier in tiers]
        return [(floor, 0.5 / leverage, leverage) for floor, leverage in sorted(read)]


async def _info(rest: Rest, kind: str, **params: Any) -> Any:
    return await rest.call("publicPostInfo", {"type": kind, **params})


async def _context(rest: Rest, instrument: Instrument) -> dict[str, Any]:
    """What is told of a coin; contexts stand in the order of the coins."""
    answer = await _info(rest, "metaAndAssetCtxs")
    with reading("asset contexts"):
        meta, contexts = answer
        names = [coin["name"] for coin in meta["universe"]]
        told: dict[str, Any] = contexts[names.index(instrument.wire)]
    return told
