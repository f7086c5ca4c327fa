"""OKX's REST: history of candles, open interest and funding, and what its sockets do not tell.

Pages come newest first; ``after`` asks for what is older, ``before`` for what is newer, both without the moment itself.
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

# Days begin in Hong Kong unless one asks otherwise.
_BARS: Final = {"1m": "1m", "5m": "5m", "15m": "15m", "1h": "1H", "4h": "4Hutc", "1d": "1Dutc"}
_CANDLES: Final = 300
_SAMPLES: Final = 100
_FUNDINGS: Final = 100
_PAGES: Final = 4  # of candles that one reading gathers


class OkxHistory(Exchange):
    """The part of `heatdesk.feed.exchanges.okx` that asks."""

    async def read_instruments(self, rest: Rest) -> list[Instrument]:
        """Perpetuals in USDT and USDC, and the spot pairs of the majors where they can be read."""
        listed = perpetuals(self.row.name, await rest.markets())
        try:
            wanted = {f"{base}-USDT" for base in MAJORS}
            rows = await _data(rest, "publicGetPublicInstruments", instType="SPOT")
            return listed + [_pair(self.row.name, told) for told in rows if told["instId"] in wanted]
        except (RestError, *MISREAD):  # the map does without
            return listed

    async def read_candles(
        self, rest: Rest, instrument: Instrument, timeframe: str, start_ms: int, end_ms: int
    ) -> Records:
        """Without the taker's side, which it does not keep; the candles of the last day and those before alike."""
        place = 5 if instrument.kind == "spot" else 6

        async def ask(start: int, end: int) -> Records:
            rows = await _data(
                rest,
                "publicGetMarketHistoryCandles",
                instId=instrument.wire,
                bar=_BARS[timeframe],
                after=end,
                before=start - 1,
                limit=_CANDLES,
            )
            return candles(rows, (0, 1, 2, 3, 4, place), timeframe, start, end)

        end_ms = min(end_ms, start_ms + _PAGES * _CANDLES * timeframe_ms(timeframe))
        return await newest_first(ask, Kind.CANDLES, start_ms, end_ms, _CANDLES)

    async def read_open_interest(self, rest: Rest, instrument: Instrument) -> OpenInterest | None:
        """In coins, one-sided."""
        if instrument.kind == "spot":
            return None
        rows = await _data(rest, "publicGetPublicOpenInterest", instType="SWAP", instId=instrument.wire)
        with reading("open interest"):
            told = _only(rows)
            coins = positive(told["oi"]) * instrument.contract_size
            return OpenInterest(instrument.symbol, millis(told["ts"]), coins)

    async def read_open_interest_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """In coins: it tells contracts, coins and USD. The newest 1,440 samples are kept, five days of them."""
        if instrument.kind == "spot":
            return None

        async def ask(start: int, end: int) -> Records:
            rows = await _data(
                rest,
                "publicGetRubikStatContractsOpenInterestHistory",
                instId=instrument.wire,
                period="5m",
                begin=start - 1,
                end=end,
                limit=_SAMPLES,
            )
            return samples(Kind.OPEN_INTEREST, rows, 0, 2, start, end)

        return await newest_first(ask, Kind.OPEN_INTEREST, start_ms, end_ms, _SAMPLES)

    async def read_funding(self, rest: Rest, instrument: Instrument) -> Funding | None:
        """The rate of the running interval."""
        if instrument.kind == "spot":
            return None
        rows = await _data(rest, "publicGetPublicFundingRate", instId=instrument.wire)
        with reading("funding"):
            told = _only(rows)
            time_ms = millis(told["ts"]) if told.get("ts") else 0
            return Funding(
                instrument.symbol, time_ms, number(told["fundingRate"]), millis(told["fundingTime"])
            )

    async def read_funding_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """Three months of them."""
        if instrument.kind == "spot":
            return None

        async def ask(start: int, end: int) -> Records:
            rows = await _data(
                rest,
                "publicGetPublicFundingRateHistory",
                instId=instrument.wire,
                after=end,
                before=start - 1,
                limit=_FUNDINGS,
            )
            return samples(Kind.FUNDING, rows, "fundingTime", "fundingRate", start, end)

        return await newest_first(ask, Kind.FUNDING, start_ms, end_ms, _FUNDINGS)

    async def read_long_short(self, rest: Rest, instrument: Instrument) -> LongShort | None:
        """Of all accounts, the newest of its 5m samples."""
        if instrument.kind == "spot":
            return None
        rows = await _data(
            rest,
            "publicGetRubikStatContractsLongShortAccountRatioContract",
            instId=instrument.wire,
            period="5m",
            limit=1,
        )
        with reading("long/short ratio"):
            told = max(rows, key=lambda row: millis(row[0]))
            return LongShort(instrument.symbol, millis(told[0]), positive(told[1]))

    async def read_quote_volume(self, rest: Rest, instrument: Instrument) -> float | None:
        """Of the last 24 hours; of a perpetual it tells coins, which the last price turns into quote."""
        rows = await _data(rest, "publicGetMarketTicker", instId=instrument.wire)
        with reading("volume of a day"):
            told = _only(rows)
            volume = amount(told["volCcy24h"])
            return volume if instrument.kind == "spot" else volume * positive(told["last"])

    async def read_time(self, rest: Rest) -> int | None:
        """The exchange's clock."""
        rows = await _data(rest, "publicGetPublicTime")
        with reading("time"):
            return millis(_only(rows)["ts"])

    async def read_brackets(
        self, rest: Rest, instrument: Instrument
    ) -> list[tuple[float, float, float]] | None:
        """Its position tiers, which are told in contracts: the last price makes them USD."""
        if instrument.kind == "spot":
            return None
        family = "-".join(instrument.wire.split("-")[:2])
        tiers = await _data(
            rest, "publicGetPublicPositionTiers", instType="SWAP", tdMode="cross", instFamily=family
        )
        rows = await _data(rest, "publicGetMarketTicker", instId=instrument.wire)
        with reading("position tiers"):
            contract_usd = positive(_only(rows)["last"]) * instrument.contract_size
            return sorted(
                (amount(tier["minSz"]) * contract_usd, positive(tier["mmr"]), positive(tier["maxLever"]))
                for tier in tiers
            )


async def _data(rest: Rest, method: str, **params: Any) -> list[Any]:
    """The rows of an answer; a refusal comes in the same envelope. Raises RestError."""
    answer = await rest.call(method, params)
    if not isinstance(answer, dict):
        raise RestError("an answer is no answer of the exchange")
    if str(answer.get("code")) != "0":
        raise RestError(plain(f"{answer.get('code')}: {answer.get('msg')}"))
    return rows_of(answer.get("data"))


def _only(rows: list[Any]) -> dict[str, Any]:
    """The one row of an answer about one thing."""
    told = rows[0]
    if not isinstance(told, dict):
        raise RestError("a row is none")
    return told


def _pair(exchange: str, told: dict[str, Any]) -> Instrument:
    """A spot pair out of the exchange's own listing."""
    return spot(
        exchange,
        str(told["instId"]),
        str(told["baseCcy"]),
        str(told["quoteCcy"]),
        told.get("tickSz"),
        told.get("lotSz"),
    )
