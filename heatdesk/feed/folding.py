"""Events → one instrument's state: the forming minute, the minutes that closed, and what else was told last.

A minute closes when the exchange says so, on its stream or by its candle page, and never by our clock. Bought volume
that the exchange does not tell is summed from trades; it counts only where all trades of the minute were heard, that
is where they add up to the candle's own volume.
"""

from __future__ import annotations

import math
from typing import Final

from heatdesk.events import Candle, Market, Trade
from heatdesk.feed.checks import OpenInterestCheck, PriceCheck, Quarantine
from heatdesk.feed.trade_ids import TradeIds
from heatdesk.live import MarketState
from heatdesk.market import MINUTE_MS

FIVE_MS: Final = 5 * MINUTE_MS
KEPT: Final = 20  # closed minutes that are remembered
LATE_MS: Final = 4_000  # how long a closed candle waits for the last of its trades
_NAN: Final = math.nan


class MarketFold:
    """One instrument; `closed` candles are taken away by `take_closed`, each exactly once."""

    __slots__ = (
        "_built", "_check", "_closed", "_done", "_forming", "_made", "_minute", "_oi_check", "_own", "_quarantine",
        "_sums", "_waiting", "absent", "closed_ms", "duplicates", "funding_rate", "history_from_ms", "ids",
        "lacking", "long_short_ratio", "mark_price", "market", "next_funding_ms", "open_interest",
        "open_interest_ms", "price", "price_ms", "received_ms", "since_ms", "trades_told",
    )  # fmt: skip

    def __init__(self, market: Market, quarantine: Quarantine) -> None:
        self.market = market
        self.ids = TradeIds()
        self.duplicates = 0
        self.price = self.mark_price = self.funding_rate = self.long_short_ratio = self.open_interest = _NAN
        self.price_ms = self.open_interest_ms = self.next_funding_ms = 0
        self.history_from_ms = self.closed_ms = self.since_ms = 0
        self.received_ms = 0.0
        self.trades_told = False
        self.absent: set[int] = set()  # minutes that the exchange itself has not
        self.lacking: list[int] = []  # minutes of which trades are missing
        self._quarantine = quarantine
        self._check = PriceCheck()
        self._oi_check = OpenInterestCheck()
        self._minute = -1  # the minute that trades go to at present
        self._own = [0.0, 0.0]  # its volume and what of it was bought
        self._sums: dict[int, list[float]] = {}
        self._forming: Candle | None = None
        self._made = False  # whether it is made of trades, the exchange having told none yet
        self._closed: dict[int, Candle] = {}
        self._waiting: dict[int, float] = {}  # minutes that wait for trades, and until when
        self._built: set[int] = set()
        self._done: list[Candle] = []

    # --- what comes in

    def trade(self, trade: Trade, received_ms: float) -> None:
        """One trade; one that was heard before changes nothing."""
        _, time_ms, price, quantity, side, number = trade
        if number and not self.ids.is_new(number):
            if time_ms <= self.price_ms + MINUTE_MS:
                self.duplicates += 1
                return
            self.ids = TradeIds()  # no repetition is as new: the exchange counts anew
            self.ids.is_new(number)
        if not self._check.fits(price, "trades"):
            self._quarantine.add(self.market.symbol, "price far away")
            return
        self.trades_told = True
        minute = time_ms - time_ms % MINUTE_MS
        own = self._own if minute == self._minute else self._sums_of(minute)
        own[0] += quantity
        if side > 0:
            own[1] += quantity
        if time_ms >= self.price_ms:
            self.price, self.price_ms, self.received_ms = price, time_ms, received_ms
            if minute not in self._closed:
                self._carry_on(minute, price)

    def candle(self, candle: Candle, received_ms: float, now_ms: float | None = None) -> None:
        """The exchange's own 1m candle, open or closed; `now_ms` is when by its clock, where that is not ours."""
        if candle.time_ms in self._closed or candle.timeframe != "1m":
            return
        if not self._check.fits(candle.close, "candles"):
            self._quarantine.add(self.market.symbol, "candle far away")
            return
        if candle.closed:
            self.close(candle, received_ms if now_ms is None else now_ms, received_ms)
            return
        forming = self._forming
        same = forming is not None and candle.time_ms == forming.time_ms
        if forming is not None and candle.time_ms < forming.time_ms:
            return
        if forming is not None and same and not self._made and candle.volume < forming.volume:
            return  # an older frame that comes late
        self._forming, self._made = candle, False
        self._seen(candle, received_ms)

    def close(self, candle: Candle, now_ms: float, received_ms: float = 0.0) -> None:
        """A candle that the exchange says is final; the first that says so counts. `now_ms` as in `settle`."""
        minute = candle.time_ms
        if minute in self._closed:
            return
        self._closed[minute] = candle._replace(closed=True)
        self._seen(candle, received_ms)
        if minute >= self.closed_ms:
            self.closed_ms = minute
            if self._forming is None or self._forming.time_ms <= minute:
                self._forming = self._closed[minute]
        if math.isnan(candle.taker_buy_volume) and self.trades_told and minute >= self.since_ms:
            self._waiting[minute] = now_ms + LATE_MS
            self.settle(now_ms)
        else:
            self._finish(minute)
        if len(self._closed) > 2 * KEPT:
            self._forget()

    def settle(self, now_ms: float) -> None:
        """Let closed minutes go that have all their trades, or waited long enough; `now_ms` is the exchange's."""
        for minute, until_ms in list(self._waiting.items()):
            candle = self._closed[minute]
            volume, bought = self._sums.get(minute, (0.0, 0.0))
            whole = abs(volume - candle.volume) <= 1e-9 * max(candle.volume, volume)
            if whole:
                self._closed[minute] = candle._replace(taker_buy_volume=bought)
            if whole or now_ms >= until_ms:
                del self._waiting[minute]
                if not whole and minute > self.since_ms:
                    self.lacking.append(minute)
                self._finish(minute)

    def mark(self, mark_price: float) -> None:
        """A mark price."""
        if self._check.reference == self._check.reference and not self._check.fits(mark_price, "mark"):
            self._quarantine.add(self.market.symbol, "mark price far away")
            return
        self.mark_price = mark_price

    def interest(self, open_interest: float, time_ms: int) -> bool:
        """Open interest; whether it is believed and news."""
        if time_ms < self.open_interest_ms:
            return False
        if not self._oi_check.fits(open_interest, time_ms):
            self._quarantine.add(self.market.symbol, "open interest jumps")
            return False
        self.open_interest, self.open_interest_ms = open_interest, time_ms
        return True

    # --- what is asked

    def take_closed(self) -> list[Candle]:
        """Candles of 1m and 5m that closed since the last time."""
        if not self._done:
            return []
        done, self._done = self._done, []
        return done

    def missing(self, now_ms: float, grace_ms: int) -> list[int]:
        """Minutes that are over for `grace_ms`, were ours to hear and have not closed; the newest few of them."""
        if not self.since_ms:
            return []
        end = int(now_ms - grace_ms) // MINUTE_MS * MINUTE_MS
        start = max(self.since_ms, end - KEPT * MINUTE_MS)
        return [m for m in range(start, end, MINUTE_MS) if m not in self._closed and m not in self.absent]

    def missing_five(self, now_ms: float, grace_ms: int) -> list[int]:
        """As `missing`, the 5m candles that could not be made of minutes."""
        if not self.since_ms:
            return []
        end = int(now_ms - grace_ms) // FIVE_MS * FIVE_MS
        start = max(self.since_ms - self.since_ms % FIVE_MS, end - KEPT * MINUTE_MS)
        return [b for b in range(start, end, FIVE_MS) if b not in self._built]

    def got_five(self, start_ms: int) -> None:
        """A 5m candle came from elsewhere."""
        self._built.add(start_ms)

    def volume_ratio(self, minute: int) -> float:
        """Volume of the heard trades ÷ the candle's own; NaN where one of them is not known or nothing was traded."""
        candle, own = self._closed.get(minute), self._sums.get(minute)
        if candle is None or own is None or not candle.volume > 0:
            return _NAN
        return own[0] / candle.volume

    def state(self) -> MarketState:
        """What stands now."""
        return MarketState(
            self.market, self._forming, self.price, self.received_ms, self.mark_price, self.open_interest,
            self.open_interest_ms, self.funding_rate, self.next_funding_ms, self.long_short_ratio, self.closed_ms,
            self.history_from_ms,
        )  # fmt: skip

    # --- the inside

    def _sums_of(self, minute: int) -> list[float]:
        """Where the trades of a minute are summed; those of minutes that are long over go nowhere."""
        own = self._sums.get(minute)
        if own is None:
            own = [0.0, 0.0]
            if minute < self._minute - KEPT * MINUTE_MS:
                return own
            self._sums[minute] = own
        if minute > self._minute:
            self._minute, self._own = minute, own
            self.since_ms = self.since_ms or minute
            if len(self._sums) > 2 * KEPT:
                for old in sorted(self._sums)[:-KEPT]:
                    del self._sums[old]
        return own

    def _carry_on(self, minute: int, price: float) -> None:
        """The forming candle follows trades between two frames of the exchange's."""
        forming = self._forming
        if forming is None or minute > forming.time_ms:
            volume, bought = self._own
            name = self.market.symbol
            self._made = True
            self._forming = Candle(
                name, "1m", minute, price, price, price, price, volume, bought, closed=False
            )
        elif minute == forming.time_ms:
            if price > forming.high:
                self._forming = forming._replace(close=price, high=price)
            elif price < forming.low:
                self._forming = forming._replace(close=price, low=price)
            elif price != forming.close:
                self._forming = forming._replace(close=price)

    def _seen(self, candle: Candle, received_ms: float) -> None:
        """A candle says what the price is, where trades say less."""
        self.since_ms = self.since_ms or candle.time_ms
        least_ms = self.price_ms if self.trades_told else self.price_ms - MINUTE_MS
        if candle.time_ms >= least_ms:
            self.price = candle.close
        self.received_ms = max(self.received_ms, received_ms)

    def _finish(self, minute: int) -> None:
        self._done.append(self._closed[minute])
        start = minute - minute % FIVE_MS
        parts = [self._closed.get(m) for m in range(start, start + FIVE_MS, MINUTE_MS)]
        waiting = any(m in self._waiting for m in range(start, start + FIVE_MS, MINUTE_MS))
        if start not in self._built and not waiting:
            whole = [part for part in parts if part is not None]
            if len(whole) == len(parts):
                self._built.add(start)
                self._done.append(five_of(whole))

    def _forget(self) -> None:
        for old in sorted(self._closed)[:-KEPT]:
            if old not in self._waiting:
                del self._closed[old]
        kept_from = self.closed_ms - 2 * KEPT * MINUTE_MS
        self._built = {start for start in self._built if start >= kept_from}
        self.absent = {minute for minute in self.absent if minute >= kept_from}


def five_of(minutes: list[Candle]) -> Candle:
    """The 5m candle that five closed minutes, ascending, make up."""
    return Candle(
        minutes[0].symbol,
        "5m",
        minutes[0].time_ms,
        minutes[0].open,
        max(m.high for m in minutes),
        min(m.low for m in minutes),
        minutes[-1].close,
        sum(m.volume for m in minutes),
        sum(m.taker_buy_volume for m in minutes),
        closed=True,
    )
