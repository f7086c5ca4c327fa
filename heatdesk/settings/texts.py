"""What the texts among the settings may be. Each check returns what is wrong and what to write, or None."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

MOST_SYMBOLS: Final = 20
MOST_EXCHANGES: Final = 32
_SYMBOL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_EXCHANGE: Final = re.compile(r"[a-z0-9_-]{1,32}")
_PALETTE: Final = re.compile(r"[a-z0-9-]{1,40}")
_CURRENCY: Final = re.compile(r"[A-Z0-9]{2,6}")


def zone_complaint(name: str) -> str | None:
    """A time zone must be UTC or one that this machine knows by its IANA name."""
    if name == "UTC":  # known even where the system brings no time zones
        return None
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; a path or other nonsense; the name of a folder
        return "write an IANA name such as Europe/Berlin, or UTC"
    return None


def palette_complaint(name: str) -> str | None:
    """A palette must be a plain file name without its ending; whether it exists is for the theme to say."""
    return None if _PALETTE.fullmatch(name) else "write the name of a palette such as blue-yellow"


def currency_complaint(code: str) -> str | None:
    """A currency must be a code of capital letters."""
    return None if _CURRENCY.fullmatch(code) else "write a code of 2 to 6 capital letters such as EUR"


def date_complaint(text: str) -> str | None:
    """A date must be as 2026-02-08, or empty where there is none."""
    try:
        known = not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        known = False
    return None if known else "write a day as 2026-02-08"


def symbols_complaint(symbols: Sequence[str]) -> str | None:
    """Recent symbols must be few, plain and different."""
    return _list_complaint(symbols, _SYMBOL, MOST_SYMBOLS, "symbols such as BTC/USDT:USDT")


def exchanges_complaint(exchanges: Sequence[str]) -> str | None:
    """Chosen exchanges must be few, plain and different."""
    return _list_complaint(exchanges, _EXCHANGE, MOST_EXCHANGES, "exchanges such as binance")


def _list_complaint(names: Sequence[str], allowed: re.Pattern[str], most: int, example: str) -> str | None:
    fine = len(names) <= most and len(set(names)) == len(names) and all(map(allowed.fullmatch, names))
    return None if fine else f"write at most {most} different {example}"
