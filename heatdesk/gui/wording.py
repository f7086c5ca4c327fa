"""Amounts and moments in the words of a view: its currency and its time zone. Prices stay as the market quotes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from functools import cache
from typing import Final

from heatdesk.gui import numbers
from heatdesk.gui.time_ticks import date_text, moment_text
from heatdesk.gui.view import USD, Currency, View
from heatdesk.gui.wall_clock import offset_text, time_zone
from heatdesk.market import DAY_MS

_SPACE: Final = "\N{NO-BREAK SPACE}"
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Wording:
    """Says amounts of USD in `currency` and moments by the clocks of `zone`."""

    currency: Currency = USD
    zone: tzinfo = UTC

    def amount(self, usd: float) -> str:
        """``$ 128 M``, or ``EUR 118 M``."""
        return self._named(numbers.compact(usd * self.currency.rate))

    def amount_exact(self, usd: float) -> str:
        """All digits of an amount, for a tooltip."""
        return self._named(numbers.whole(usd * self.currency.rate))

    def compact(self, usd: float) -> str:
        """An amount without its currency, where that is said once for many."""
        return numbers.compact(usd * self.currency.rate)

    def parse(self, text: str) -> float:
        """USD of an amount typed in the currency; raises ValueError for anything else or below zero."""
        typed = text.strip()
        typed = typed.removeprefix(self.currency.code) if self.currency != USD else typed
        return numbers.parse_amount(typed) / self.currency.rate

    @property
    def unit(self) -> str:
        """What the map is measured in."""
        return f"{self.currency.code} per 0.1 %"

    @property
    def rate_note(self) -> str:
        """``1 USD = 0.92 EUR, 12 Nov 2026``; empty for USD."""
        if self.currency == USD:
            return ""
        dated = _dated(self.currency.dated)
        return f"1 USD = {self.currency.rate:g} {self.currency.code}" + (f", {dated}" if dated else "")

    def moment(self, time_ms: float) -> str:
        """``Thu 5 Feb 2026 14:35``."""
        return moment_text(time_ms, self.zone)

    def offset(self, time_ms: float) -> str:
        """``UTC+8``: what the clocks are by at a moment."""
        return offset_text(int(time_ms), self.zone)

    def _named(self, text: str) -> str:
        if text == numbers.UNKNOWN:
            return text
        return f"${numbers.THIN}{text}" if self.currency == USD else f"{self.currency.code}{_SPACE}{text}"


@cache
def _wording(currency: Currency, zone: str) -> Wording:
    return Wording(currency, time_zone(zone))


def wording_of(view: View) -> Wording:
    """The words a view asks for."""
    return _wording(view.currency, view.time_zone)


def _dated(text: str) -> str:
    """An ISO date in words; what is none as it stands."""
    try:
        return date_text((date.fromisoformat(text).toordinal() - _EPOCH_DAY) * DAY_MS)
    except ValueError:
        return text
