"""Kraken Futures' REST: charts, and one list of tickers for everything else."""

from __future__ import annotations

from typing import Any, Final

from heatdesk.events import Funding, OpenInterest
from heatdesk.feed.exchanges.base import Exchange, Rest
from heatdesk.feed.exchanges.frames import reading
from heatdesk.feed.exchanges.listings import perpetuals
from heatdesk.feed.exchanges.numbers import amount, coins, iso_millis, number, positive
from heatdesk.feed.exchanges.pages import candles, rows_of, samples
from heatdesk.live import Instrument
from heatdesk.market import Kind, Records, timeframe_ms

_CANDLES: Final = 2000


class KrakenHistory(Exchange):
    """The part of `heatdesk.feed.exchanges.kraken` that asks."""

    async def read_instruments(self, rest: Rest) -> list[Instrument]:
        """Perpetuals with several collaterals, and inverse ones."""
        return perpetuals(self.row.name, await rest.markets(), ("USD",), inverse=True)

    async def read_candles(
        self, rest: Rest, instrument: Instrument, timeframe: str, start_ms: int, end_ms: int
    ) -> Records:
        """Volume in contracts, which an inverse candle's close turns into coins; taker-buy volume is not told."""
        until_ms = min(end_ms, start_ms + _CANDLES * timeframe_ms(timeframe)) - 1
        asked = {
            "price_type": "trade",
            "symbol": instrument.wire,
            "interval": timeframe,
            "from": start_ms // 1000,
            "to": until_ms // 1000,
        }
        answer = await rest.call("chartsGetPriceTypeSymbolInterval", asked)
        with reading("candles"):
            rows = [
                {**row, "coins": coins(number(row["volume"]), positive(row["close"]), instrument)}
                for row in answer["candles"]
            ]
        return candles(rows, ("time", "open", "high", "low", "close", "coins"), timeframe, start_ms, end_ms)

    async def read_open_interest(self, rest: Rest, instrument: Instrument) -> OpenInterest | None:
        """In coins, by the mark price of the same moment."""
        answer, told = await _ticker(rest, instrument)
        with reading("open interest"):
            held = coins(positive(told["openInterest"]), positive(told["markPrice"]), instrument)
            return OpenInterest(instrument.symbol, _stamp(answer), held)

    async def read_funding(self, rest: Rest, instrument: Instrument) -> Funding | None:
        """Told in USD per contract and hour, so as a share of the mark price."""
        answer, told = await _ticker(rest, instrument)
        with reading("funding"):
            rate, mark = number(told["fundingRate"]), positive(told["markPrice"])
            share = rate * mark if instrument.kind == "inverse" else rate / mark
            return Funding(instrument.symbol, _stamp(answer), share, 0)

    async def read_funding_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """Paid every hour; all there is comes at once."""
        answer = await rest.call("publicGetHistoricalfundingrates", {"symbol": instrument.wire})
        with reading("funding history"):
            rows = [
                {"time_ms": iso_millis(row["timestamp"]), "rate": row["relativeFundingRate"]}
                for row in answer["rates"]
            ]
        return samples(Kind.FUNDING, rows, "time_ms", "rate", start_ms, end_ms)

    async def read_quote_volume(self, rest: Rest, instrument: Instrument) -> float | None:
        """USD of the last 24 hours."""
        _, told = await _ticker(rest, instrument)
        with reading("volume"):
            return amount(told["volumeQuote"])

    async def read_time(self, rest: Rest) -> int | None:
        """The exchange's clock, which stands on every answer."""
        return _stamp(await rest.call("publicGetTickers"))

    async def read_brackets(
        self, rest: Rest, instrument: Instrument
    ) -> list[tuple[float, float, float]] | None:
        """Margin levels by size in USD."""
        answer = await rest.call("publicGetInstruments")
        with reading("margin levels"):
            told = next(one for one in answer["instruments"] if one["symbol"] == instrument.wire)
            return sorted(
                (
                    amount(
                        tier["numNonContractUnits"] if "numNonContractUnits" in tier else tier["contracts"]
                    ),
                    positive(tier["maintenanceMargin"]),
                    1.0 / positive(tier["initialMargin"]),
                )
                for tier in rows_of(told["marginLevels"])
            )


async def _ticker(rest: Rest, instrument: Instrument) -> tuple[dict[str, Any], dict[str, Any]]:
    """The whole answer, and what it tells of an instrument."""
    answer = await rest.call("publicGetTickers")
    with reading("tickers"):
        told: dict[str, Any] = next(one for one in answer["tickers"] if one["symbol"] == instrument.wire)
    return answer, told


def _stamp(answer: Any) -> int:
    with reading("time"):
        return iso_millis(answer["serverTime"])
