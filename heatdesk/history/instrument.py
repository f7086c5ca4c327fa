"""What the store holds of one instrument on one exchange, as the model takes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from heatdesk.errors import BadInputError, NoHistoryError
from heatdesk.events import Candle, Market
from heatdesk.history.forming import forming_candles, joined
from heatdesk.market import MINUTE_MS, TIMEFRAMES, Interval, Kind, Records, SeriesKey, timeframe_ms
from heatdesk.model.series import Series, build_series
from heatdesk.store.base import Readable, Reading, SeriesInfo


@dataclass(frozen=True, slots=True)
class History:
    """All candles of an instrument up to some end, with the open interest known at each.

    `damaged` are stored stretches that could not be read: gaps, never guesses. `symbol` is the exchange's own. The last
    `forming` candles are not stored as closed: what is told of them may still change.
    """

    exchange: str
    candles: Records
    series: Series
    damaged: tuple[Interval, ...]
    symbol: str
    forming: int = 0

    @property
    def closed(self) -> History:
        """The same without the candles that are still forming."""
        if not self.forming:
            return self
        n = len(self.series) - self.forming
        return replace(self, candles=self.candles.take(slice(0, n)), series=self.series.head(n), forming=0)


def read_history(
    store: Readable,
    symbol: str,
    exchange: str,
    step_ms: int,
    end_ms: int | None,
    now: Candle | None = None,
) -> History:
    """Read the candles that make up columns of `step_ms`, and the open interest beside them.

    No candle that closes after `end_ms` is read: what was not known then cannot leak into a picture of then. Raises
    BadInputError where nothing fitting is stored, NoHistoryError where nothing is. `now`, the minute that is open, adds
    the candle that is forming.
    """
    catalogue = store.list()
    if not _of(catalogue, symbol, exchange, Kind.CANDLES):
        store.read(
            SeriesKey(exchange, symbol, Kind.CANDLES)
        )  # says so where the file is there but unreadable
        raise _unknown(symbol, exchange, catalogue)
    base = _base_timeframe(catalogue, symbol, exchange, step_ms)
    base_ms = timeframe_ms(base)
    candles = store.read(
        SeriesKey(exchange, symbol, Kind.CANDLES, base),
        end_ms=None if end_ms is None else end_ms - base_ms + 1,
    )
    if not len(candles.records):
        raise NoHistoryError(
            f"Nothing of {symbol} on {exchange} is readable before the end of the range; "
            "choose a later end or import older files."
        )
    sampled = _of(catalogue, symbol, exchange, Kind.OPEN_INTEREST)
    open_interest = (
        store.read(max(sampled, key=lambda i: i.rows).key, end_ms=end_ms)
        if sampled
        else Reading(Records.empty(Kind.OPEN_INTEREST))
    )
    shown, forming = candles.records, 0
    if now is not None and end_ms is None:
        closed_ms = int(shown.time_ms[-1]) + base_ms
        minutes = Records.empty(Kind.CANDLES)
        if base_ms > MINUTE_MS and any(
            i.key.timeframe == "1m" for i in _of(catalogue, symbol, exchange, Kind.CANDLES)
        ):
            minutes = store.read(SeriesKey(exchange, symbol, Kind.CANDLES, "1m"), closed_ms).records
        ahead = forming_candles(closed_ms, base_ms, minutes, now)
        shown, forming = joined(shown, ahead), len(ahead)
    return History(
        exchange,
        shown,
        build_series(shown, open_interest.records, base_ms),
        (*candles.damaged, *open_interest.damaged),
        symbol,
        forming,
    )


def longest_series(store: Readable, market: Market, kind: Kind) -> SeriesKey | None:
    """The series of a kind with most rows that an exchange itself told of a market; None where there is none."""
    own = _of(store.list(), market.symbol, market.exchange, kind)
    return max(own, key=lambda info: info.rows).key if own else None


def _of(catalogue: Iterable[SeriesInfo], symbol: str, exchange: str, kind: Kind) -> list[SeriesInfo]:
    """The exchange's own series of a kind."""
    wanted = (exchange, symbol, kind, "")
    return [i for i in catalogue if (i.key.exchange, i.key.symbol, i.key.kind, i.key.source) == wanted]


def _base_timeframe(catalogue: Sequence[SeriesInfo], symbol: str, exchange: str, step_ms: int) -> str:
    """The stored timeframe to replay: of those that make up the columns the longest history, then the finest.

    It must not depend on the range shown, or a column would change with the view.
    """
    stored = _of(catalogue, symbol, exchange, Kind.CANDLES)
    fitting = [i for i in stored if step_ms % TIMEFRAMES[i.key.timeframe] == 0]
    if not fitting:
        finest = min((i.key.timeframe for i in stored), key=TIMEFRAMES.__getitem__)
        raise BadInputError(
            f"{symbol} on {exchange} is stored as {finest} candles, which cannot be split; "
            f"use --timeframe {finest} or longer."
        )
    best = max(fitting, key=lambda i: (i.end_ms - i.start_ms, -TIMEFRAMES[i.key.timeframe]))
    return best.key.timeframe


def _unknown(symbol: str, exchange: str, catalogue: Iterable[SeriesInfo]) -> NoHistoryError:
    stored = sorted({(i.key.exchange, i.key.symbol) for i in catalogue if i.key.kind is Kind.CANDLES})
    if not stored:
        return NoHistoryError(
            "No history is stored yet; import some first: "
            "heatdesk import FILE --exchange binance --symbol BTC/USDT:USDT --timeframe 5m."
        )
    shown = ", ".join(f"{s} on {e}" for e, s in stored[:6]) + (" …" if len(stored) > 6 else "")
    return NoHistoryError(f"{symbol} on {exchange} is not stored; choose one of {shown}, or import it.")
