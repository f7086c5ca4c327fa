"""Numbers as a trader reads them: at most three significant digits, a unit, a true minus; full precision on demand."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QDateTime, QLocale, QTimeZone

MINUS: Final = "\N{MINUS SIGN}"
THIN: Final = "\N{NARROW NO-BREAK SPACE}"
EN_DASH: Final = "\N{EN DASH}"
UNKNOWN: Final = EN_DASH
_UNITS: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_PRICE_DIGITS: Final = 5
THOUSANDS_FROM: Final = 10_000  # prices from here on can be told in thousands where room is scarce
_SUFFIXES: Final = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}


def fixed(value: float, decimals: int) -> str:
    """A number at so many decimals, its thousands apart in every locale, the C locale too."""
    locale = QLocale()
    locale.setNumberOptions(locale.numberOptions() & ~QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(float(value), "f", decimals)


def _three_digits(value: float) -> str:
    """A value in [0, 1000) at three significant digits, without trailing noise below one cent."""
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2
    return fixed(value, decimals)


def compact(value: float) -> str:
    """``128 M``, ``4.75 k``, ``0``: three significant digits and a unit."""
    if not math.isfinite(value):
        return UNKNOWN
    sign = MINUS if value < 0 else ""
    size = abs(value)
    if size < 0.005:
        return "0"
    for factor, unit in _UNITS:
        if size >= factor * 0.9995:
            return f"{sign}{_three_digits(size / factor)}{THIN}{unit}"
    return f"{sign}{_three_digits(size)}"


def compact_range(low: float, high: float) -> str:
    """``7.9–46 M``: two ends that are not known well, at about two significant digits, in the unit of the upper."""
    factor, unit = next(((f, u) for f, u in _UNITS if high >= f * 0.9995), (1.0, ""))
    ends = (fixed(v, 0 if v >= 9.95 or v < 0.05 else 1) for v in (low / factor, high / factor))
    return f"{EN_DASH.join(ends)}{THIN if unit else ''}{unit}"


def usd(value: float) -> str:
    """``$ 128 M``."""
    text = compact(value)
    return text if text == UNKNOWN else f"${THIN}{text}"


def whole(value: float) -> str:
    """``128,453,120``: every digit before the point."""
    if not math.isfinite(value):
        return UNKNOWN
    return f"{MINUS if value < 0 else ''}{fixed(abs(value), 0)}"


def usd_exact(value: float) -> str:
    """``$ 128,453,120``, for a tooltip."""
    if not math.isfinite(value):
        return UNKNOWN
    return f"{MINUS if value < 0 else ''}${THIN}{whole(abs(value))}"


def percent(fraction: float, signed: bool = False) -> str:
    """``−2.3 %`` of a fraction; one decimal below 100 %; with `signed`, a plus before what is above zero."""
    if not math.isfinite(fraction):
        return UNKNOWN
    decimals = 1 if abs(fraction) < 0.9995 else 0
    rounded = round(fraction * 100, decimals)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{fixed(abs(rounded), decimals)}{THIN}%"


def chance(fraction: float) -> str:
    """``34 %`` in whole percent: a chance is not known better than to some points; only what is sure is 0 or 100 %."""
    if not math.isfinite(fraction):
        return UNKNOWN
    if 0.0 < fraction < 0.01:
        return f"<1{THIN}%"
    return f"{'>99' if 0.99 < fraction < 1.0 else fixed(fraction * 100.0, 0)}{THIN}%"


def price_decimals(value: float) -> int:
    """Decimals that show a price of this size with five significant digits."""
    if not math.isfinite(value) or value <= 0:
        return 0
    return max(0, _PRICE_DIGITS - 1 - math.floor(math.log10(value)))


def price(value: float, decimals: int | None = None) -> str:
    """``74,950`` or ``0.10123``: five significant digits, thousands as the locale separates them."""
    if not math.isfinite(value):
        return UNKNOWN
    return fixed(value, price_decimals(value) if decimals is None else decimals)


def zone(low: float, high: float) -> str:
    """``74,100–74,950``, ``86.12–86.91``: both ends exact to a ten-thousandth of the upper."""
    decimals = max(0, price_decimals(high) - 1)
    return f"{price(low, decimals)}{EN_DASH}{price(high, decimals)}"


def short_zone(low: float, high: float, in_thousands: bool) -> str:
    """``74.1–75.0``: a zone where room is scarce, in thousands exact to a hundred; a heading has to say so."""
    return f"{price(low / 1e3, 1)}{EN_DASH}{price(high / 1e3, 1)}" if in_thousands else zone(low, high)


def duration(ms: float) -> str:
    """``4 h 12 m``: the two largest units of a stretch of time."""
    seconds = max(0, int(ms // 1000))
    parts = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
    for index, (unit, size) in enumerate(parts):
        if seconds >= size or unit == "s":
            whole, rest = divmod(seconds, size)
            text = f"{whole}{THIN}{unit}"
            if index + 1 < len(parts) - 1 and rest >= parts[index + 1][1]:
                text += f" {rest // parts[index + 1][1]}{THIN}{parts[index + 1][0]}"
            return text
    raise AssertionError("unreachable: seconds is the last unit")


def moment(time_ms: int) -> str:
    """``2026-02-08 23:55`` UTC."""
    return QDateTime.fromMSecsSinceEpoch(time_ms, QTimeZone.utc()).toString("yyyy-MM-dd HH:mm")


def parse_amount(text: str) -> float:
    """USD a person typed: ``12.5M``, ``$ 1,200 k``, ``3e6``; raises ValueError for anything else or below zero."""
    cleaned = "".join(c for c in text if not c.isspace() and c not in "$,_").lower()
    factor = _SUFFIXES.get(cleaned[-1:], 1.0)
    value = float(cleaned[:-1] if factor > 1 else cleaned) * factor
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{text!r} is not an amount")
    return value
