"""Every parameter of the model, declared once: command-line flags, dialogs and checks build themselves from it."""

from __future__ import annotations

from dataclasses import dataclass

from heatdesk.declared import Declaration, check, declarations_of, declared


@dataclass(frozen=True, slots=True)
class ModelParams:
    """One choice of the model. Raises BadInputError for a value outside its declared range.

    Defaults are those that scored best on real data (README, The model); symbols as in the formulas there.
    """

    estimator: str = declared(
        "flow",
        "Estimator",
        choices=("flow", "oi-steps", "volume"),
        help="how positions are thought to be born: flow of volume and open interest, "
        "rising open interest only, or traded volume only",
    )
    weights: str = declared(
        "learned",
        "Leverage weights",
        choices=("learned", "hindsight", "prior"),
        help="learned from recorded liquidations, each column as known then; the newest for all columns; "
        "or the leverage curve below alone",
    )
    bin_bps: float = declared(10.0, "Price bin", "bp", 1.0, 100.0, help="height of a map row")
    churn: float = declared(
        0.5, "Churn χ", "", 0.05, 1.0, help="share of traded volume that opens or closes positions"
    )
    taker_handover: float = declared(
        0.0, "Taker handover β", "", 0.0, 1.0, help="how far the taker side decides which side opens"
    )
    leverage_median: float = declared(7.0, "Median leverage M", "x", 1.0, 50.0, help="of new positions")
    leverage_spread: float = declared(1.1, "Leverage spread σ", "ln", 0.2, 2.0, help="lognormal width")
    preset_share: float = declared(
        0.25, "Share on presets", "", 0.0, 1.0, help="positions at 10, 20, 25, 50, 75, 100, 125x"
    )
    levered_share: float = declared(
        0.1, "Levered share κf", "", 0.01, 1.0, help="of new positions that would wait for a liquidation"
    )
    close_slope: float = declared(
        0.8, "Close slope γ", "", 0.0, 1.5, help="higher leverage closes faster, as (L/8)^γ"
    )
    turnover: float = declared(
        1.0, "Turnover without OI", "1/day", 0.1, 20.0, help="volume ÷ open interest where none is recorded"
    )
    entry_close: float = declared(
        0.45,
        "Entry at close",
        "",
        0.0,
        1.0,
        help="of new positions around the close; the rest half around the low, half the high",
    )
    wick_clear: float = declared(
        1.0, "Wick clear ω", "", 0.0, 1.0, help="share of a level that a wick of the last price clears"
    )
    position_usd: float = declared(
        100_000.0, "Typical position", "USD", 1_000.0, 100_000_000.0, help="chooses the maintenance bracket"
    )

    def __post_init__(self) -> None:
        check(self)


def declarations() -> tuple[Declaration, ...]:
    """All parameters in the order they are shown."""
    return declarations_of(ModelParams)
