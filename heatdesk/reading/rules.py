"""What a reader of the map may adjust: what counts as a cluster, what frames the price, how far exposure looks."""

from __future__ import annotations

from dataclasses import dataclass, field

from heatdesk.declared import check, declared


@dataclass(frozen=True, slots=True)
class ClusterRules:
    """Which clusters are listed. Raises BadInputError for a value outside its declared range."""

    dense: float = declared(
        1.2,
        "Dense from",
        "× around",
        1.0,
        10.0,
        help="a row belongs to a cluster where it holds this many times the mean of its surroundings",
    )
    minimum_usd: float = declared(
        0.0, "Smallest cluster", "USD", 0.0, 1e12, help="smaller ones are left out of the list"
    )
    within_percent: float = declared(
        100.0, "Within", "%", 0.1, 1000.0, help="clusters farther from the price are left out of the list"
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class FrameRules:
    """Which zone may frame the price. Raises BadInputError for a value outside its declared range."""

    nearest_atr: float = declared(
        0.5,
        "At least away",
        "hourly ATR",
        0.0,
        20.0,
        help="fresh positions of high leverage stand right at the price; nearer zones are no frame",
    )
    least_share_percent: float = declared(
        1.0, "At least", "% of its side", 0.0, 100.0, help="smaller zones are no frame"
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class ExposureRules:
    """How far exposure looks. Raises BadInputError for a value outside its declared range."""

    within_percent: float = declared(
        5.0, "Exposure within", "± %", 0.5, 50.0, help="levels farther from the price count for nothing"
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class ReachRules:
    """How far ahead the chance of a touch looks. Raises BadInputError for a value outside its declared range."""

    hours: float = declared(
        24.0, "Chance of touch within", "hours", 1.0, 168.0, help="time in which price may come to a cluster"
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class ReliabilityRules:
    """From which open interest on a map is relied on. Raises BadInputError for a value outside its declared range."""

    least_open_interest_usd: float = declared(
        38_000_000.0,
        "Reliable from",
        "USD",
        0.0,
        1e12,
        help="of open interest; where a market is smaller, the map is hatched: a few accounts make it",
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """All of them, as a question carries them."""

    clusters: ClusterRules = field(default_factory=ClusterRules)
    frame: FrameRules = field(default_factory=FrameRules)
    exposure: ExposureRules = field(default_factory=ExposureRules)
    reach: ReachRules = field(default_factory=ReachRules)
    reliability: ReliabilityRules = field(default_factory=ReliabilityRules)
