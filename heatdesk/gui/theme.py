"""The colour tokens, the palettes and the type: the only file with colours in it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QFont, QGuiApplication

from heatdesk.errors import UsageError
from heatdesk.machine.paths import resource

Table = NDArray[np.uint8]

BASE_PX: Final = 12
SMALL_PX: Final = 11
LARGE_PX: Final = 16
GRID_PX: Final = 4
DEFAULT_PALETTE: Final = "blue-yellow"
DIVERGING: Final = "diverging"
# The share of a palette that rises out of the background; on paper its bright end needs a longer run.
_FADE: Final = {"dark": 0.08, "light": 0.3}
# On light the darkest end is left out: it would be as black as the candles' outline.
_LIGHT_REACH: Final = 0.88
_LIGHT_REACH_DIVERGING: Final = 0.7  # further on, the two ends of a net map would be one black
# Windows of age, youngest first: warm to cold, apart for colour-blind eyes too, by their lightness.
AGE_COLOURS: Final = {
    "dark": ("#ffe7ae", "#f58a3c", "#e2508f", "#8f6bf2", "#38a6f0"),
    "light": ("#b58900", "#d65a12", "#bf2f77", "#6a3fc4", "#1467b8"),
}
_AGE_FULL: Final = 0.7  # of a scale: from there on a window's own colour goes on to the brightest, or darkest
_AGE_BEYOND: Final = {"dark": 0.45, "light": 0.3}


@dataclass(frozen=True, slots=True)
class Tokens:
    """The nine colours of one theme as ``#rrggbb``. Words stand in `text` or `secondary` (contrast ≥ 4.5)."""

    name: str
    background: str
    panel: str
    hairline: str
    text: str
    secondary: str
    accent: str
    good: str
    warn: str
    bad: str


_THEMES: Final = {
    "dark": Tokens(
        name="dark",
        background="#0b0e14",
        panel="#11151d",
        hairline="#1e2430",
        text="#d7dce5",
        secondary="#8a93a6",
        accent="#4da3ff",
        good="#2fb18a",
        warn="#e0a63a",
        bad="#e5534b",
    ),
    "light": Tokens(
        name="light",
        background="#ffffff",
        panel="#f6f7f9",
        hairline="#e2e5ea",
        text="#1b2330",
        secondary="#5b6577",
        accent="#1769d1",
        good="#2fb18a",
        warn="#e0a63a",
        bad="#e5534b",
    ),
}


def line_colour(theme: str, number: int) -> str:
    """A colour for one of several lines, apart by lightness too; they begin anew after five."""
    colours = AGE_COLOURS[theme]
    return colours[number % len(colours)]


def contrast_ratio(a: str, b: str) -> float:
    """How far two colours ``#rrggbb`` stand apart for the eye, 1 to 21 (WCAG 2.1, relative luminance)."""
    darker, lighter = sorted(map(_luminance, (a, b)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(fill: str) -> str:
    """Nearly black or white, whichever reads better on a plate."""
    return max((theme.background for theme in _THEMES.values()), key=lambda ink: contrast_ratio(ink, fill))


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def theme_names() -> tuple[str, ...]:
    """The themes there are."""
    return tuple(_THEMES)


def tokens(name: str) -> Tokens:
    """The colours of a theme; raises UsageError for an unknown one."""
    try:
        return _THEMES[name]
    except KeyError:
        raise UsageError(f"Theme {name!r} is unknown; use one of {', '.join(_THEMES)}.") from None


@cache
def palette_names() -> tuple[str, ...]:
    """The palettes a person can choose, from ``resources/colormaps``, the default first."""
    found = sorted(path.stem for path in resource("colormaps").glob("*.csv"))
    return (DEFAULT_PALETTE, *(name for name in found if name not in (DEFAULT_PALETTE, DIVERGING)))


def palette_pair(palette: str, theme: str, side: str) -> Table:
    """The colours of a side above and below zero, uint8 RGBA (2, 256, 4): net diverges, every other side does not."""
    if side == "net":
        return diverging_table(theme)
    table = palette_table(palette, theme)
    return np.stack([table, table])


@cache
def palette_table(palette: str, theme: str) -> Table:
    """The 256 colours of a palette on a theme: uint8 RGBA, shape (256, 4), read-only.

    Entry 0 is the theme's background with alpha 0, so that no density is the chart itself. The file holds the
    dark reading (dark to bright); on light it runs the other way, out of the paper into dark, saturated
    colours. Raises UsageError for an unknown palette.
    """
    if palette not in palette_names():
        raise UsageError(f"Palette {palette!r} is unknown; use one of {', '.join(palette_names())}.")
    table = _rising(_stops(palette), theme, _LIGHT_REACH)
    table.flags.writeable = False
    return table


@cache
def diverging_table(theme: str) -> Table:
    """The colours of a net map, uint8 RGBA (2, 256, 4), read-only: more shorts, more longs; the background between."""
    stops = _stops(DIVERGING)
    shorts, longs = stops[stops[:, 0] >= 0], (stops * [-1, 1, 1, 1])[stops[:, 0] <= 0][::-1]
    table = np.stack([_rising(half, theme, _LIGHT_REACH_DIVERGING) for half in (shorts, longs)])
    table.flags.writeable = False
    return table


@cache
def age_tables(theme: str) -> Table:
    """The colours of the five windows of age, youngest first: uint8 RGBA (5, 256, 4), read-only.

    The hue says how old, from warm to cold; how far it stands out of the background says how much.
    """
    position, ground = np.linspace(0.0, 1.0, 256), _rgb(tokens(theme).background)
    strongest = np.full(3, 255.0 if theme == "dark" else 0.0)
    tables = np.full((len(AGE_COLOURS[theme]), 256, 4), 255, np.uint8)
    for table, colour in zip(tables, AGE_COLOURS[theme], strict=True):
        stops = np.array(
            [ground, _rgb(colour), _rgb(colour) + (strongest - _rgb(colour)) * _AGE_BEYOND[theme]]
        )
        for channel in range(3):
            table[:, channel] = np.rint(np.interp(position, (0.0, _AGE_FULL, 1.0), stops[:, channel]))
        table[0, 3] = 0
    tables.flags.writeable = False
    return tables


def _rgb(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float64)


def _stops(palette: str) -> NDArray[np.float64]:
    """Rows of position, red, green, blue as a file holds them."""
    with resource(f"colormaps/{palette}.csv").open(encoding="utf-8", newline="") as file:
        return np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]], np.float64)


def _rising(stops: NDArray[np.float64], theme: str, light_reach: float) -> Table:
    """Stops in [0, 1] read out of a theme's background; on light backwards, up to a share of the way."""
    position = np.linspace(0.0, 1.0, 256)
    at = position if theme == "dark" else 1.0 - light_reach * position
    colour = np.column_stack([np.interp(at, stops[:, 0], stops[:, c]) for c in (1, 2, 3)])
    ground = np.array([int(tokens(theme).background[i : i + 2], 16) for i in (1, 3, 5)], np.float64)
    share = np.clip(position / _FADE[theme], 0.0, 1.0)[:, None]
    table = np.full((256, 4), 255, np.uint8)
    table[:, :3] = np.rint(ground + (colour - ground) * share)
    table[0, 3] = 0
    return table


def ui_font(pixels: int = BASE_PX, strong: bool = False) -> QFont:
    """The application's font (the system's unless set otherwise) with figures of one width."""
    font = QFont(QGuiApplication.font())
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font
