"""Bitget's REST, of its second interface."""

from __future__ import annotations

from typing import Any, Final

from heatdesk.events import Funding, LongShort, OpenInterest
from heatdesk.feed.exchanges.base import Exchange, Rest
from heatdesk.feed.exchanges.frames import reading
from heatdesk.feed.exchanges.listings import perpetuals
from heatdesk.feed.exchanges.numbers import amount, millis, number, positive
from heatdesk.feed.exchanges.pages import candles, rows_of, samples
from heatdesk.live import Instrument
from heatdesk.market import Kind, Records, timeframe_ms

_RECENT: Final = 1000  # candles of the last weeks at once
_OLD: Final = 200  # and of those before
_FUNDINGS: Final = 100
_PAGES: Final = 10
_LENGTHS: Final = {"1h": "1H", "4h": "4H", "1d": "1Dutc"}
_MIX: Final = "publicMixGetV2MixMarket"


class BitgetHistory(Exchange):
    """The part of `heatdesk.feed.exchanges.bitget` that asks."""

    async def read_instruments(self, rest: Rest) -> list[Instrument]:
        """Perpetuals in USDT and USDC."""
        return perpetuals(self.row.name, await rest.markets())

    async def read_candles(
        self, rest: Rest, instrument: Instrument, timeframe: str, start_ms: int, end_ms: int
    ) -> Records:
        """What is too old for the recent candles is kept elsewhere, in smaller pages."""
        for method, most in (("Candles", _RECENT), ("HistoryCandles", _OLD)):
            asked = {
                "granularity": _LENGTHS.get(timeframe, timeframe),
                "startTime": start_ms,
                "endTime": min(end_ms, start_ms + most * timeframe_ms(timeframe)),
                "limit": most,
            }
            rows = await _data(rest, method, instrument, **asked)
            read = candles(rows, (0, 1, 2, 3, 4, 5), timeframe, start_ms, end_ms)
            if len(read):
                return read
        return Records.empty(Kind.CANDLES)

    async def read_open_interest(self, rest: Rest, instrument: Instrument) -> OpenInterest | None:
        """In coins."""
        data = await _data(rest, "OpenInterest", instrument)
        with reading("open interest"):
            held = positive(data["openInterestList"][0]["size"])
            return OpenInterest(instrument.symbol, millis(data["ts"]), held)

    async def read_funding(self, rest: Rest, instrument: Instrument) -> Funding | None:
        """The running rate; not stamped."""
        data = await _data(rest, "CurrentFundRate", instrument)
        with reading("funding"):
            paid = data[0].get("nextUpdate")
            return Funding(instrument.symbol, 0, number(data[0]["fundingRate"]), millis(paid) if paid else 0)

    async def read_funding_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """Pages go back from now, whatever is asked."""
        rows: list[Any] = []
        with reading("funding history"):
            for page in range(1, _PAGES + 1):
                more = rows_of(
                    await _data(rest, "HistoryFundRate", instrument, pageSize=_FUNDINGS, pageNo=page)
                )
                rows += more
                if len(more) < _FUNDINGS or millis(more[-1]["fundingTime"]) < start_ms:
                    break
        return samples(Kind.FUNDING, rows, "fundingTime", "fundingRate", start_ms, end_ms)

    async def read_long_short(self, rest: Rest, instrument: Instrument) -> LongShort | None:
        """Accounts, sampled every 5 minutes."""
        data = await _data(rest, "AccountLongShort", instrument, period="5m")
        with reading("long/short ratio"):
            newest = max(data, key=lambda row: millis(row["ts"]))
            ratio = positive(newest["longShortAccountRatio"])
            return LongShort(instrument.symbol, millis(newest["ts"]), ratio)

    async def read_quote_volume(self, rest: Rest, instrument: Instrument) -> float | None:
        """Of the last 24 hours."""
        data = await _data(rest, "Ticker", instrument)
        with reading("volume"):
            return amount(data[0]["quoteVolume"])

    async def read_time(self, rest: Rest) -> int | None:
        """The exchange's clock."""
        answer = await rest.call("publicCommonGetV2PublicTime")
        with reading("time"):
            return millis(answer["data"]["serverTime"])

    async def read_brackets(
        self, rest: Rest, instrument: Instrument
    ) -> list[tuple[float, float, float]] | None:
        """Tiers of position size in USD."""
        data = await _data(rest, "QueryPositionLever", instrument)
        with reading("position tiers"):
            return sorted(
                (amount(tier["startUnit"]), positive(tier["keepMarginRate"]), positive(tier["leverage"]))
                for tier in data
            )


def product(instrument: Instrument) -> str:
    """The family an instrument belongs to, named by what it is quoted in."""
    return f"{instrument.quote}-FUTURES"


async def _data(rest: Rest, method: str, instrument: Instrument, **params: Any) -> Any:
    asked = {"symbol": instrument.wire, "productType": product(instrument), **params}
    answer = await rest.call(_MIX + method, asked)
    with reading(method):
        return answer["data"]
