"""Every setting, declared once in its group; a group is a table of the file and a page of the dialog."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, NamedTuple

from heatdesk.declared import Declaration, check, checked, declarations_of, declared, written
from heatdesk.errors import BadInputError
from heatdesk.market import LOOKBACKS, TIMEFRAMES
from heatdesk.model.age_windows import AgeWindows
from heatdesk.model.params import ModelParams
from heatdesk.reading.rules import ClusterRules, ExposureRules, FrameRules, ReachRules, ReliabilityRules
from heatdesk.settings import texts
from heatdesk.settings.drawing import Drawing
from heatdesk.settings.live_layers import LiveLayers, Panes

MAJORS: Final = tuple(f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SOL", "XRP", "DOGE", "AVAX"))


@dataclass(frozen=True, slots=True)
class Display:
    """How things look. Raises BadInputError for a value that its declaration does not allow."""

    theme: str = declared(
        "dark", "Theme", choices=("dark", "light", "system"), help="system follows the desktop's own"
    )
    palette: str = declared(
        "blue-yellow", "Palette", help="colours of the map", complaint=texts.palette_complaint
    )
    gamma: float = declared(1.0, "Gamma", "", 0.2, 5.0, help="below 1 lifts faint levels, above 1 hides them")
    side: str = declared(
        "both", "Sides", choices=("both", "long", "short", "net"), help="net is short minus long"
    )
    price_scale: str = declared(
        "linear", "Price scale", choices=("linear", "log", "percent"), help="of the vertical axis"
    )
    rendering: str = declared(
        "raw", "Rendering", choices=("raw", "smoothed", "bands"), help="smoothing and bands move no cluster"
    )
    up_colour: str = declared(
        "green", "Rising candles", choices=("green", "red"), help="falling ones have the other colour"
    )
    time_zone: str = declared(
        "UTC", "Time zone", help="of every time on screen; files stay UTC", complaint=texts.zone_complaint
    )
    positions: bool = declared(
        False,
        "Real positions",
        help="liquidation prices of real positions, where some of the coin are stored",
    )
    reach: bool = declared(
        False,
        "Reach contours",
        help="how far price may get, right of the last candle, from realised volatility",
    )
    agreement: bool = declared(
        False,
        "Agreement of the models",
        help="fade what fewer than half of an ensemble of models see as a zone",
    )
    reduced_motion: bool = declared(False, "Reduced motion", help="nothing moves but the data")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class Scale:
    """Colour limits shared by all windows, in USD per 0.1 % of price.

    Raises BadInputError for a value that its declaration does not allow, and where a lock has no limits.
    """

    locked: bool = declared(False, "Lock the scale", help="a colour means the same in every window")
    low: float = declared(0.0, "From", "USD per 0.1 %", 0.0, 1e15, help="levels below are not drawn")
    high: float = declared(0.0, "To", "USD per 0.1 %", 0.0, 1e15, help="levels above share one colour")
    minimum: float = declared(
        0.0, "Smallest level", "USD per 0.1 %", 0.0, 1e15, help="smaller ones are background, locked or not"
    )

    def __post_init__(self) -> None:
        check(self)
        if self.locked and not self.low < self.high:
            raise BadInputError(
                f"The locked scale goes from {written(self.low)} to {written(self.high)}; give the lower limit first."
            )


@dataclass(frozen=True, slots=True)
class Currency:
    """The currency that amounts are shown in. A rate is never assumed: for another one than USD it is dated.

    Raises BadInputError for a value that its declaration does not allow, an undated rate, or a USD that is not 1.
    """

    code: str = declared("USD", "Currency", help="such as EUR or SGD", complaint=texts.currency_complaint)
    rate: float = declared(1.0, "Rate", "per USD", 1e-9, 1e9, help="what one US dollar costs")
    rate_date: str = declared(
        "", "Rate of", help="the day the rate is from, shown beside amounts", complaint=texts.date_complaint
    )

    def __post_init__(self) -> None:
        check(self)
        if self.code == "USD" and self.rate != 1.0:
            raise BadInputError(
                f"One USD is {written(self.rate)} USD; choose another currency or the rate 1."
            )
        if self.code != "USD" and not self.rate_date:
            raise BadInputError(
                f"The rate of {self.code} has no date; type the rate and the day it is from, as 2026-02-08."
            )


@dataclass(frozen=True, slots=True)
class Session:
    """What was looked at last. Raises BadInputError for a value that its declaration does not allow."""

    recent_symbols: tuple[str, ...] = declared(
        (), "Recent symbols", help="the latest first", complaint=texts.symbols_complaint
    )
    favourites: tuple[str, ...] = declared(
        (), "Favourites", help="symbols that the search shows first", complaint=texts.symbols_complaint
    )
    exchanges: tuple[str, ...] = declared(
        (), "Exchanges", help="none means all that are stored", complaint=texts.exchanges_complaint
    )
    timeframe: str = declared("5m", "Candles", choices=tuple(TIMEFRAMES), help="time of one candle")
    lookback: str = declared("7d", "Look-back", choices=tuple(LOOKBACKS), help="time shown")
    first_page_seen: bool = declared(
        False, "First page seen", help="untick to read it again at the next start"
    )

    def __post_init__(self) -> None:
        check(self)

    def with_symbol(self, symbol: str) -> Session:
        """The same with a symbol moved to the front of the recent ones."""
        others = tuple(s for s in self.recent_symbols if s != symbol)
        return replace(self, recent_symbols=(symbol, *others)[: texts.MOST_SYMBOLS])


@dataclass(frozen=True, slots=True)
class Simulation:
    """The simulated market. Raises BadInputError for a value that its declaration does not allow."""

    speed: float = declared(60.0, "Simulated speed", "×", 0.1, 10_000.0, help="market time against real time")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class Feeds:
    """Exchanges heard live. Raises BadInputError for a value that its declaration does not allow."""

    connect: bool = declared(True, "Connect", help="off keeps heatdesk off the network, from the next start")
    exchanges: tuple[str, ...] = declared(
        (), "Exchanges", help="none means the usual ones", complaint=texts.exchanges_complaint
    )
    symbols: tuple[str, ...] = declared(
        MAJORS, "Recorded", help="whether shown or not", complaint=texts.symbols_complaint
    )
    history_days: float = declared(30.0, "History", "days", 1.0, 365.0, help="fetched where it is missing")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the user has chosen, by group."""

    display: Display = field(default_factory=Display, metadata={"label": "Display"})
    scale: Scale = field(default_factory=Scale, metadata={"label": "Colour scale"})
    currency: Currency = field(default_factory=Currency, metadata={"label": "Currency"})
    drawing: Drawing = field(default_factory=Drawing, metadata={"label": "Drawing"})
    clusters: ClusterRules = field(default_factory=ClusterRules, metadata={"label": "Clusters"})
    frame: FrameRules = field(default_factory=FrameRules, metadata={"label": "Frame"})
    exposure: ExposureRules = field(default_factory=ExposureRules, metadata={"label": "Exposure"})
    reach: ReachRules = field(default_factory=ReachRules, metadata={"label": "Reach"})
    reliability: ReliabilityRules = field(default_factory=ReliabilityRules, metadata={"label": "Reliability"})
    model: ModelParams = field(default_factory=ModelParams, metadata={"label": "Model"})
    live: LiveLayers = field(default_factory=LiveLayers, metadata={"label": "Live layers"})
    panes: Panes = field(default_factory=Panes, metadata={"label": "Panes"})
    ages: AgeWindows = field(default_factory=AgeWindows, metadata={"label": "Ages"})
    session: Session = field(default_factory=Session, metadata={"label": "Last session"})
    simulation: Simulation = field(default_factory=Simulation, metadata={"label": "Simulated market"})
    feeds: Feeds = field(default_factory=Feeds, metadata={"label": "Exchanges"})

    def changed(self, group: str, **values: Any) -> Settings:
        """The same with some values of one group set; raises BadInputError for one that is not allowed."""
        allowed = {d.name: d for d in declarations_of(type(getattr(self, group)))}
        plain = {name: checked(allowed[name], value) for name, value in values.items()}
        return replace(self, **{group: replace(getattr(self, group), **plain)})


class Group(NamedTuple):
    """One group of settings: its table in the file, its heading, its class and what it declares."""

    name: str
    label: str
    kind: type[Any]
    declarations: tuple[Declaration, ...]


def groups() -> tuple[Group, ...]:
    """All groups in the order they are shown."""
    return tuple(
        Group(f.name, f.metadata["label"], kind, declarations_of(kind))
        for f in fields(Settings)
        for kind in [type(getattr(Settings(), f.name))]
    )
