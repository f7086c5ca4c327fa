"""What findings.md says of the development window, on the recordings it was measured on."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.feed.archive import read_file
from heatdesk.market import HOUR_MS, MINUTE_MS, Interval, Kind
from heatdesk.model.series import build_series
from heatdesk.score.deviance import skill
from heatdesk.score.exposure import Setup
from heatdesk.score.observed import from_events, from_totals
from heatdesk.score.walk_forward import predict

BTC = "BTC/USDT:USDT"
SETUP = Setup("binance", BTC)
JUDGED_FROM_MS = 1_768_867_200_000  # 20 January 2026


@pytest.fixture(scope="module")
def series(shared):
    parts = {p.kind: p.records for p in read_file(shared / "data/binance/BTCUSDT_5m_oi.csv.gz", BTC)}
    return build_series(parts[Kind.CANDLES], parts[Kind.OPEN_INTEREST], 5 * MINUTE_MS)


@pytest.fixture(scope="module")
def hourly(shared, series):
    path = shared / "data/liquidations/BTC_1h_three_venues.csv.gz"
    (totals,) = read_file(path, BTC, kind=Kind.TOTALS)
    return predict(series, from_totals(totals.records, HOUR_MS, HOUR_MS), SETUP)


def against(told, name: str, base: str, rows) -> float:
    predictors = {"headline": told.predicted, "excursion": told.excursion, "regression": told.regression}
    predictors |= told.parts
    rows = rows & told.scored[:, 0]
    return skill(told.observed[rows], predictors[name][rows], predictors[base][rows])


def test_hourly_it_beats_both_baselines_on_the_development_window(hourly):
    rows = hourly.time_ms >= JUDGED_FROM_MS
    assert against(hourly, "headline", "excursion", rows) > 0.8
    assert against(hourly, "headline", "regression", rows) > 0.35
    assert against(hourly, "positions", "regression", rows) > 0.2


def test_hourly_each_piece_adds_something(hourly):
    rows = hourly.time_ms >= hourly.time_ms[0] + 14 * 24 * HOUR_MS
    assert against(hourly, "positions", "prior positions", rows) > 0.1
    assert against(hourly, "without self-excitation", "positions", rows) > 0.04
    assert against(hourly, "headline", "without self-excitation", rows) > 0.0


def test_hourly_it_is_calibrated(hourly):
    rows = (hourly.time_ms >= JUDGED_FROM_MS) & hourly.scored[:, 0]
    seen, told = hourly.observed[rows].ravel(), hourly.predicted[rows].ravel()
    for tenth in np.array_split(np.argsort(told), 10):
        assert 0.67 < seen[tenth].sum() / told[tenth].sum() < 1.5
    inside = (hourly.observed[rows] >= hourly.p10[rows]) & (hourly.observed[rows] <= hourly.p90[rows])
    assert 0.72 < inside.mean() < 0.88


@pytest.mark.slow
def test_at_five_minutes_it_beats_both_baselines(shared, series):
    folder = shared / "data/liquidations"
    (events,) = read_file(folder / "BTCUSDT_binance_events.csv.gz", BTC, kind=Kind.EVENTS)
    table = np.loadtxt(
        folder / "BTCUSDT_binance_events_coverage.csv", delimiter=",", skiprows=1, dtype=np.int64
    )
    covered = [Interval(int(start), int(end)) for start, end in table]
    told = predict(series, from_events(events.records, covered, 5 * MINUTE_MS), SETUP)
    every = np.ones(len(told.time_ms), bool)
    assert against(told, "headline", "excursion", every) > 0.35
    assert against(told, "headline", "regression", every) > 0.08
    assert against(told, "positions", "excursion", every) > 0.33
