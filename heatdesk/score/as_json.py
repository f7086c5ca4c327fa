"""The scorecard as plain values for a JSON file (design: contracts, `score`)."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Final

from heatdesk.score.intervals import Estimate
from heatdesk.score.scorecard import Scorecard

SCHEMA: Final = 1


def to_json(card: Scorecard) -> dict[str, Any]:
    """Everything the scorecard knows; what is not known is None, never a number."""
    measured, placebos = card.measured, card.placebos
    rivals = [row for row in measured.table if row.name != "model"]
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "symbol": card.symbol,
        "exchange": card.exchange,
        "bar": card.bar,
        "start_ms": card.start_ms,
        "end_ms": card.end_ms,
        "observed": card.source,
        "estimator": card.estimator,
        "params": card.params,
        "n": measured.n,
        "days": measured.days,
        "events": measured.events,
        "events_are_counted": card.counted,
        "recorded": card.recorded,
        "skill": {row.name: _estimate(row.beaten) for row in rivals},
        "spearman": measured.spearman.value,
        "spearman_stratified": measured.stratified.value,
        "deciles": [decile.value for decile in measured.deciles],
        "coverage": measured.coverage.value,
        "shift_rank": None if placebos is None else placebos.shift_rank,
        "shifts": 0 if placebos is None else len(placebos.shift_skills),
        "intervals": {
            "spearman": _estimate(measured.spearman),
            "spearman_stratified": _estimate(measured.stratified),
            "deciles": [_estimate(decile) for decile in measured.deciles],
            "coverage": _estimate(measured.coverage),
            "captured_by_largest_tenth": _estimate(measured.captured),
        },
        "decile_predicted_usd": list(measured.decile_predicted),
        "observed_usd": measured.observed_usd,
        "predicted_usd": measured.predicted_usd,
        "table": [
            {
                "name": row.name,
                "label": row.label,
                "skill_against_excursion": _estimate(row.skill),
                "spearman": row.spearman,
                "spearman_stratified": row.stratified,
            }
            for row in measured.table
        ],
        "placebos": None if placebos is None else _plain(asdict(placebos)),
        "sides": {name: _plain(asdict(side)) for name, side in measured.sides.items()},
        "weeks": [_plain(asdict(week)) for week in measured.weeks],
        "months": [_plain(asdict(month)) for month in measured.months],
        "top": [asdict(bar) for bar in measured.top],
        "magnet": [_plain(asdict(magnet)) for magnet in card.magnet],
        "location": [_plain(asdict(location)) for location in card.location],
        "notes": list(card.notes),
    }
    return dict(_plain(found))


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return estimate._asdict()


def _plain(value: Any) -> Any:
    """Estimates as objects, tuples as lists, no number as None."""
    if isinstance(value, Estimate):
        return _plain(value._asdict())
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
