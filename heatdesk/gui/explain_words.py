"""What an explained cell reads like: its headline, its balance, the formula of one part with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from heatdesk.gui import numbers
from heatdesk.gui.wording import Wording
from heatdesk.market import DAY_MS, HOUR_MS
from heatdesk.model.age_windows import AgeWindows
from heatdesk.model.params import ModelParams
from heatdesk.model.tiers import CLOSE_REFERENCE
from heatdesk.reading.explain import Explanation, Group, Parts, Sums, sums_of

_GLYPHS: Final = {False: "▼", True: "▲"}
_MINUS: Final = numbers.MINUS


@dataclass(frozen=True, slots=True)
class ExplainWords:
    """Says all that is known of one cell of a map made with `params`; `side` is the one looked at."""

    explanation: Explanation
    side: str
    wording: Wording
    params: ModelParams
    windows: AgeWindows

    @property
    def parts(self) -> Parts:
        """The parts of the side looked at."""
        return self.explanation.of_side(self.side)

    def place(self) -> str:
        """``64,300–64,364   ·   Thu 5 Feb 2026 14:35``."""
        e = self.explanation
        end = min(e.cell.end_ms, e.cell.known_ms)
        decimals = numbers.price_decimals(e.high)
        zone = f"{numbers.price(e.low, decimals)}{numbers.EN_DASH}{numbers.price(e.high, decimals)}"
        return f"{zone}   ·   {self.wording.moment(end)}   ·   {' + '.join(e.exchanges)}"

    def total(self) -> str:
        """``$ 4.11 M longs``; of a net map both sides and their difference."""
        e, amount = self.explanation, self.wording.amount
        long, short = e.usd("long"), e.usd("short")
        if self.side == "net":
            return f"{amount(short - long)} net: {amount(short)} shorts {_MINUS} {amount(long)} longs"
        if self.side == "both" and long > 0 and short > 0:
            return f"{amount(long + short)}: {amount(long)} longs, {amount(short)} shorts"
        name = self.side if self.side in ("long", "short") else "short" if short > long else "long"
        return f"{amount(e.usd(name))} {name}s"

    def balance(self) -> str:
        """What was born in the row, what closed, what was swept, what is left."""
        parts = self.parts
        sums, amount = sums_of(parts), self.wording.amount
        standing = int(np.count_nonzero(parts.left > 0))
        if not len(parts):
            return "No position was ever opened whose level falls here."
        return (
            f"{amount(sums.born)} born {_MINUS} {amount(sums.closed)} closed by their owners "
            f"{_MINUS} {amount(sums.swept)} swept by price = {amount(sums.left)} left, "
            f"in {standing:,} of {len(parts):,} cohorts (what one candle bore in one tier)"
        )

    def group(self, by: str, group: Group) -> str:
        """The name of a group."""
        key = group.key
        if by == "tier":
            return f"{key:g}x"
        if by == "age":
            return self.windows.labels()[int(key)]
        if by == "exchange":
            return self.explanation.exchanges[int(key)]
        words = self.wording.moment(key)
        return words.rsplit(" ", 1)[0] if by == "day" and key % DAY_MS == 0 else words

    def part(self, i: int) -> str:
        """``▼ Thu 5 Feb 2026 14:35   20x``, with the exchange where there are several."""
        parts = self.parts
        where = f"   {self.explanation.exchanges[int(parts.exchange[i])]}"
        named = where if len(self.explanation.exchanges) > 1 else ""
        glyph = _GLYPHS[bool(parts.short[i])]
        return f"{glyph} {self.wording.moment(int(parts.time_ms[i]))}   {parts.leverage[i]:g}x{named}"

    def ages(self, group: Group) -> str:
        """How old what is left of a group is, on average by USD."""
        left = self.parts.left[group.which]
        if not left.sum() > 0:
            return numbers.UNKNOWN
        return age_text(float(np.average(self.parts.age_ms[group.which], weights=left)))

    def amounts(self, sums: Sums) -> list[str]:
        """Born, closed, swept, left, and the share of what is left."""
        whole = float(self.parts.left.sum())
        share = numbers.percent(sums.left / whole) if whole > 0 else numbers.UNKNOWN
        amount = self.wording.compact
        gone = [f"{_MINUS}{amount(usd)}" if usd >= 0.005 else "0" for usd in (sums.closed, sums.swept)]
        return [amount(sums.born), *gone, amount(sums.left), share]

    def formula(self, i: int) -> str:
        """The formula of one part with its numbers, one step a line."""
        p, amount = self.parts, self.wording.amount
        side = "short" if p.short[i] else "long"
        leverage, price = float(p.leverage[i]), self.explanation.price
        price_text = numbers.price(price)
        factor = "" if p.factor[i] == 1.0 else f" × {_number(p.factor[i])} learned"
        lasted = float(np.exp(-p.close_rate[i] * p.hazard[i]))
        lines = [
            f"opened    {self._opened(i)} = {_number(p.opened[i])} on the {side} side",
            f"born      {_number(p.opened[i])} × {_number(p.weight[i])} at {leverage:g}x × "
            f"{_number(p.entered[i])} of its entries{factor} × {price_text} = {amount(float(p.born[i]))}",
            f"level     entry {numbers.price(float(p.entry[i]))} × {p.ratio[i]:.5f} = "
            f"{numbers.price(float(p.entry[i] * p.ratio[i]))}, where a {leverage:g}x {side} is liquidated",
            f"closed    {_number(p.hazard[i])} of all in {age_text(float(p.age_ms[i]))} × "
            f"({leverage:g}/{CLOSE_REFERENCE:g})^{self.params.close_slope:g}: e^{_MINUS}"
            f"{_number(p.close_rate[i] * p.hazard[i])} = {numbers.percent(lasted)} stay; "
            f"{amount(float(p.closed[i]))} closed",
            f"swept     {amount(float(p.swept[i]))}"
            + (" when price came into the row" if p.swept[i] > 0 else ": price has not been here since"),
            f"left      {amount(float(p.left[i]))}",
        ]
        return "\n".join(lines)

    def _opened(self, i: int) -> str:
        p, params = self.parts, self.params
        volume, step = float(np.nan_to_num(p.volume[i])), float(p.open_interest_step[i])
        if params.estimator == "volume":
            return f"½ × χ {params.churn:g} × volume {_number(volume)}"
        if params.estimator == "oi-steps":
            return f"rise of open interest {_signed(step)}"
        churned = f"χ {params.churn:g} × volume {_number(volume)}"
        if params.churn * volume < abs(step):
            churned = f"step {_number(abs(step))}"
        handed = " ± taker handover" if params.taker_handover > 0 else ""
        return f"½ × ({churned} + open-interest step {_signed(step)}){handed}"


def age_text(ms: float) -> str:
    """``35 m``, ``4.2 h``, ``3.1 d``: an age that sorts by eye."""
    if ms < HOUR_MS:
        return f"{ms / 60_000:.0f}{numbers.THIN}m"
    unit, size = ("h", HOUR_MS) if ms < 2 * DAY_MS else ("d", DAY_MS)
    return f"{ms / size:.1f}{numbers.THIN}{unit}"


def _number(value: float) -> str:
    return f"{float(value):,.4g}".replace("-", _MINUS) if abs(value) < 1e6 else numbers.compact(float(value))


def _signed(value: float) -> str:
    return f"+{_number(value)}" if value > 0 else _number(value)
