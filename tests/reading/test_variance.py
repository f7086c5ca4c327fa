import numpy as np
import pytest

from heatdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, Records
from heatdesk.reading.variance import Hours, Outlook, hour_of_week
from tests.reading.walks import walk

STEP = 5 * MINUTE_MS
# of a hundred steps Parkinson's estimate sees this much of the variance of a continuous path (Garman and Klass 1980)
DISCRETE = 0.88


def outlook(candles: Records, step_ms: int = STEP) -> Outlook:
    return Outlook.of(Hours.of(candles, step_ms))


@pytest.mark.parametrize("horizon_ms", [HOUR_MS, 4 * HOUR_MS, DAY_MS])
def test_a_constant_volatility_is_found(horizon_ms: int) -> None:
    sigma = outlook(walk(40, STEP, 0.03)).forecast(horizon_ms)
    true = 0.03 * np.sqrt(horizon_ms / DAY_MS)
    late = sigma[20 * 24 :]
    assert np.mean(late) == pytest.approx(true * np.sqrt(DISCRETE), rel=0.04)
    assert np.std(late) < 0.08 * true


def test_the_time_of_day_is_learnt_and_forecast() -> None:
    shape = np.ones(24)
    shape[14] = 10.0
    found = outlook(walk(60, STEP, shape=shape))
    share = found.season.share[-1]
    assert share[14] > 2.5 * share[8]
    assert share.mean() == pytest.approx(1.0)
    sigma, time_ms = found.forecast(HOUR_MS), found.hours.end_ms
    before = sigma[(hour_of_week(time_ms) % 24 == 14) & (time_ms > time_ms[0] + 30 * DAY_MS)]
    quiet = sigma[(hour_of_week(time_ms) % 24 == 8) & (time_ms > time_ms[0] + 30 * DAY_MS)]
    assert before.mean() > 1.5 * quiet.mean()


def test_a_quiet_weekend_is_learnt() -> None:
    candles = walk(70, STEP)
    weekend = hour_of_week(candles.time_ms) >= 5 * 24
    middle = np.sqrt(candles["open"] * candles["close"])
    for name in ("high", "low"):
        candles.columns[name][weekend] = (middle * (candles[name] / middle) ** 0.4)[weekend]
    share = outlook(candles).season.share[-1]
    assert share[5 * 24 + 3 :].mean() < 0.6 * share[: 5 * 24].mean()


def test_hours_of_the_week_begin_on_monday() -> None:
    monday = np.array([1_767_571_200_000, 1_767_571_200_000 + 25 * HOUR_MS])  # 2026-01-05
    assert list(hour_of_week(monday)) == [0, 25]


def test_a_shock_is_forecast_to_last_and_to_fade() -> None:
    calm, wild = walk(40, STEP, 0.02), walk(1, STEP, 0.2, seed=2)
    columns = {name: np.concatenate((calm[name], wild[name])) for name in calm.columns}
    time_ms = np.concatenate((calm.time_ms, wild.time_ms + 40 * DAY_MS))
    sigma = outlook(Records(calm.kind, time_ms, columns)).forecast(HOUR_MS)
    assert 2.0 * sigma[-30] < sigma[-1] < 20.0 * sigma[-30]


def test_what_came_later_changes_no_forecast() -> None:
    candles = walk(30, STEP)
    cut = 20 * 288
    whole, then = outlook(candles), outlook(candles.take(slice(0, cut)))
    rows = len(then.hours.end_ms) - 1  # its last row is now, learnt up to the minute
    assert np.allclose(whole.forecast(DAY_MS)[:rows], then.forecast(DAY_MS)[:rows], rtol=1e-9)


def test_a_hole_takes_no_outcome_for_known() -> None:
    candles = walk(20, STEP)
    kept = np.ones(len(candles), bool)
    kept[10 * 288 + 30] = False
    found = outlook(candles.take(kept))
    realised, _ = found._realised(HOUR_MS)
    unknown = found.hours.end_ms[:-1][np.isnan(realised[:-1])]
    assert len(unknown) == 1
    hole = candles.time_ms[10 * 288 + 30]
    assert unknown[0] <= hole < unknown[0] + HOUR_MS
    assert np.isfinite(found.forecast(HOUR_MS)).all()


@pytest.mark.parametrize("step_ms", [MINUTE_MS, 15 * MINUTE_MS, 4 * HOUR_MS, DAY_MS])
def test_any_candle_will_do(step_ms: int) -> None:
    sigma = outlook(walk(25, step_ms), step_ms).forecast(DAY_MS)
    assert 0.02 < sigma[-1] < 0.04


def test_a_market_that_does_not_move_has_a_forecast() -> None:
    candles = walk(3, STEP)
    still = {name: np.full(len(candles), 100.0) for name in candles.columns}
    sigma = outlook(Records(candles.kind, candles.time_ms, still)).forecast(HOUR_MS)
    assert np.isfinite(sigma).all()
    assert (sigma < 1e-5).all()
