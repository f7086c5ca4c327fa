import numpy as np
import pytest

from heatdesk.market import DAY_MS, HOUR_MS
from heatdesk.score.reach import Calibration, calibrate

HOURS = 24 * 720


def judged(bias: float = 0.0, hours: int = HOURS, sharp: float = 1.0) -> Calibration:
    """Chances of two places at each hour, off by `bias`; the rival tells the mean each time."""
    rng = np.random.default_rng(3)
    true = np.clip(0.5 + sharp * (rng.random((hours, 2)) - 0.5), 0.01, 0.99)
    came = rng.random((hours, 2)) < true
    told = np.clip(true + bias, 0.0, 1.0)
    return calibrate(HOUR_MS, np.arange(hours) * HOUR_MS, told, came, np.full((hours, 2), 0.5))


def test_honest_chances_hold() -> None:
    found = judged()
    assert not found.misses
    assert [b.told for b in found.tenths] == pytest.approx(np.arange(0.05, 1.0, 0.1), abs=0.01)
    assert sum(b.chances for b in found.tenths) == sum(b.chances for b in found.deciles) == 2 * HOURS
    assert all(b.off.lo < b.off.value < b.off.hi for b in found.tenths)
    assert found.days == 720


def test_chances_that_are_eight_points_too_high_miss_everywhere() -> None:
    found = judged(bias=0.08)
    assert all(b.off.value < -0.03 and not b.holds for b in found.deciles[:-1])


def test_skill_is_what_of_the_rivals_error_is_saved() -> None:
    assert judged().skill.value == pytest.approx(
        1 / 3, abs=0.03
    )  # variance of the chances ÷ that of the outcome
    nothing = judged(sharp=0.0).skill
    assert nothing.value == pytest.approx(0.0, abs=1e-9)


def test_a_bin_on_few_days_is_not_judged() -> None:
    found = judged(bias=0.3, hours=24 * 6)
    assert not any(b.enough for b in found.tenths)
    assert not found.misses


def test_intervals_are_wider_where_days_move_together() -> None:
    rng = np.random.default_rng(5)
    time_ms = np.arange(HOURS) * HOUR_MS
    told = np.full((HOURS, 1), 0.5)
    alone = rng.random((HOURS, 1)) < 0.5
    together = np.repeat(rng.random((HOURS // 24, 1)) < 0.5, 24, axis=0)
    widths = []
    for came in (alone, together):
        off = calibrate(HOUR_MS, time_ms, told, came, told).tenths[0].off
        widths.append(off.hi - off.lo)
    assert widths[1] > 3.0 * widths[0]


def test_long_horizons_are_drawn_three_days_at_a_time() -> None:
    time_ms = np.arange(HOURS) * HOUR_MS
    came = np.repeat(np.random.default_rng(6).random((HOURS // 72, 1)) < 0.5, 72, axis=0)
    told = np.full((HOURS, 1), 0.5)
    hour, day = (calibrate(ms, time_ms, told, came, told).tenths[0].off for ms in (HOUR_MS, DAY_MS))
    assert day.hi - day.lo > 1.3 * (hour.hi - hour.lo)


def test_the_report_is_plain_numbers() -> None:
    report = judged().to_json()
    assert report["hours"] == HOURS
    assert report["misses"] == 0
    assert len(report["tenths"]) == len(report["deciles"]) == 10
    assert set(report["tenths"][0]) == {"told", "came", "off", "chances", "days", "enough", "holds"}
