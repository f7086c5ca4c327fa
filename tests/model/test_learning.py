"""Leverage weights learned from liquidations: a world whose weights are known, and what must always hold."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from heatdesk.market import DAY_MS, HOUR_MS
from heatdesk.model.crossings import swept_by_tier
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.learning import Learner, handed_on, learn
from heatdesk.model.posterior import Bars, Prior, Rules, gamma_quantile
from heatdesk.model.weights import UNINFORMED, LearnedWeights
from tests.model.learning_world import CLASSES, PARAMS, TRUTH, World, classes, live

HIGH = CLASSES >= 10
RULES = Rules(dispersion_usd=1e6)
PRIOR = Prior(classes().weight, np.full(len(CLASSES), 3.0))


def bars_of(world: World) -> Bars:
    """Hours of a world: what the model says each class could lose, and what was liquidated."""
    flow = ESTIMATORS[PARAMS.estimator].flow(world.series, PARAMS)
    each = swept_by_tier(world.series, flow, world.tiers, PARAMS)
    start = int(world.series.time_ms[0])
    hour = (world.series.time_ms - start) // HOUR_MS
    n = int(hour.max()) + 1
    swept, observed = np.zeros((n, *each.shape[1:])), np.zeros((n, 2))
    np.add.at(swept, hour, each)
    np.add.at(observed, ((world.event_ms - start) // HOUR_MS, world.event_side), world.event_usd)
    end_ms = start + HOUR_MS * np.arange(1, n + 1)
    return Bars(end_ms, swept, np.zeros((n, 2)), observed, np.ones(n))


@pytest.fixture(scope="module")
def world() -> World:
    return live(0)


@pytest.fixture(scope="module")
def bars(world: World) -> Bars:
    return bars_of(world)


def test_the_weights_of_a_known_world_are_found(bars: Bars):
    learned = learn(bars, PRIOR, RULES)
    error = np.abs(learned.weight[-1] - TRUTH)[HIGH]
    assert error.max() < 0.02
    assert error.sum() < 0.6 * np.abs(PRIOR.weight - TRUTH)[HIGH].sum()
    assert np.all(learned.lo[-1] < learned.weight[-1])
    assert np.all(learned.weight[-1] < learned.hi[-1])


@pytest.mark.slow
def test_the_interval_covers_as_often_as_it_says():
    """Ten worlds: .80 of the P10–P90 intervals from 10x on held the truth when measured, the largest error was .022."""
    covered, error = [], []
    for seed in range(10):
        learned = learn(bars_of(live(seed)), PRIOR, RULES)
        covered.append(((learned.lo[-1] <= TRUTH) & (learned.hi[-1] >= TRUTH))[HIGH])
        error.append(np.abs(learned.weight[-1] - TRUTH)[HIGH])
    print(f"covered {np.mean(covered):.2f}, largest error {np.max(error):.4f}")
    assert 0.68 <= np.mean(covered) <= 0.92
    assert np.max(error) < 0.03
    assert np.mean(np.array(error) < 0.02) > 0.95


def test_the_current_price_says_nothing_about_leverage(world: World, bars: Bars):
    """Giving each event to the class whose level from the current price is nearest credits the highest leverages."""
    distance = np.abs(np.log(world.event_level / world.event_close))
    levels = np.abs(np.log([world.tiers.ratio_long, world.tiers.ratio_short]))[world.event_side]
    nearest = np.abs(levels - distance[:, None]).argmin(axis=1)
    naive = np.bincount(nearest, world.event_usd, len(CLASSES)) / world.event_usd.sum()
    learned = learn(bars, PRIOR, RULES).weight[-1]
    caused = TRUTH * bars.swept.sum(axis=(0, 1))
    caused /= caused.sum()
    ours = learned * bars.swept.sum(axis=(0, 1))
    ours /= ours.sum()
    assert naive[-1] > 0.8
    assert caused[-1] < 0.2
    assert np.abs(ours - caused).max() < 0.02


def test_versions_do_not_change_when_the_future_is_known(bars: Bars):
    """Bit for bit, weights and scales."""
    everything = learn(bars, PRIOR, RULES)
    for n in (50, 200, 391, 600):
        then = learn(Bars(*(getattr(bars, f.name)[:n] for f in fields(Bars))), PRIOR, RULES)
        later = everything.before(int(bars.end_ms[n - 1]))
        for field in fields(LearnedWeights):
            assert np.array_equal(getattr(then, field.name), getattr(later, field.name)), field.name
    assert len(everything) > 20


def test_a_learner_goes_on_where_it_was(bars: Bars):
    """Bar by bar, backwards and after a change in the past: the same bits as when all is learned at once."""

    def part(n: int, louder_from: int = 10**9) -> Bars:
        known = Bars(*(getattr(bars, f.name)[:n] for f in fields(Bars)))
        louder = np.where(np.arange(n) >= louder_from, 2.0, 1.0)[:, None]
        return replace(known, observed=known.observed * louder)

    learner = Learner(PRIOR, RULES)
    for known in (
        part(0),
        part(0),
        part(60),
        part(61),
        part(300),
        part(301),
        part(200),
        part(400, 250),
        part(400, 250),
        part(390),
        part(0),
    ):
        grown, anew = learner.learn(known), learn(known, PRIOR, RULES)
        for field in fields(LearnedWeights):
            assert np.array_equal(getattr(grown, field.name), getattr(anew, field.name)), field.name


def test_what_was_not_recorded_says_nothing(bars: Bars):
    """Silence outside the recording is not zero: any number may stand there."""
    silent = np.zeros(len(bars))
    silent[100:300] = 1.0
    coverage = np.where(silent > 0, 0.0, 1.0)
    hidden = replace(bars, coverage=coverage, observed=np.where(silent[:, None] > 0, 1e12, bars.observed))
    left_out = learn(hidden, PRIOR, RULES)
    gone = Bars(*(getattr(bars, f.name)[silent == 0] for f in fields(Bars)))
    assert np.array_equal(left_out.weight, learn(gone, PRIOR, RULES).weight)
    assert not np.array_equal(left_out.weight[-1], learn(bars, PRIOR, RULES).weight[-1])


def test_a_throttled_feed_with_known_coverage_teaches_the_same_weights(bars: Bars):
    whole = learn(bars, PRIOR, RULES).weight[-1]
    throttled = replace(bars, observed=bars.observed * 0.25, coverage=np.full(len(bars), 0.25))
    taken_for_whole = replace(bars, observed=bars.observed * 0.25)
    np.testing.assert_allclose(learn(throttled, PRIOR, RULES).weight[-1], whole, atol=0.03)
    assert learn(taken_for_whole, PRIOR, RULES).weight[-1].sum() < 0.5 * whole.sum()


def test_a_tier_that_nothing_happened_to_stays_at_its_prior(bars: Bars):
    swept = bars.swept.copy()
    swept[:, :, 0] = 0.0
    learned = learn(replace(bars, swept=swept), PRIOR, RULES)
    np.testing.assert_allclose(learned.weight[:, 0], PRIOR.weight[0])
    assert np.all(learned.information[:, 0] < 1e-9)
    assert np.all(learned.information[-1, -4:] > UNINFORMED)


def test_a_tier_that_nobody_offers_learns_nothing(bars: Bars):
    offered = PRIOR.weight.copy()
    offered[-1] = 0.0
    learned = learn(bars, Prior(offered, PRIOR.events), RULES)
    assert np.all(learned.weight[:, -1] == 0)
    assert np.all(learned.shares(bars.end_ms)[:, -1][bars.end_ms >= learned.valid_from_ms[0]] == 0)


def test_too_little_teaches_nothing(bars: Bars):
    few = Bars(*(getattr(bars, f.name)[:30] for f in fields(Bars)))
    nothing = learn(few, PRIOR, RULES)
    assert len(nothing) == 0
    assert np.array_equal(nothing.shares(bars.end_ms), np.ones((len(bars), len(CLASSES))))
    quiet = replace(bars, observed=np.zeros_like(bars.observed))
    assert len(learn(quiet, PRIOR, RULES)) == 0


def test_shares_come_from_the_version_before_in_a_day(bars: Bars):
    learned = learn(bars, PRIOR, RULES)
    first = int(learned.valid_from_ms[0])
    ratio = learned.weight / PRIOR.weight
    moments = first + np.array([-1, 0, DAY_MS // 2, DAY_MS, 3 * DAY_MS], np.int64)
    before, at, half_way, done, later = learned.shares(moments)
    # the scale itself comes within an hour, in small steps
    scale = [
        learned.scale[int(np.searchsorted(learned.scale_from_ms, moment - 1, side="right")) - 1]
        for moment in moments
    ]
    assert np.all(before == 1)
    assert np.all(at == 1)
    np.testing.assert_allclose(half_way, (1 + ratio[0]) / 2 * scale[2], rtol=0.02)
    np.testing.assert_allclose(done, ratio[0] * scale[3], rtol=0.02)
    np.testing.assert_allclose(later, ratio[2] * scale[4], rtol=0.02)
    hindsight = learned.shares(np.array([first - DAY_MS], np.int64), in_hindsight=True)[0]
    np.testing.assert_allclose(hindsight, ratio[-1] * learned.scale[-1])


def test_shares_have_no_seam(bars: Bars):
    """From one minute to the next they change by far less than from one version to the next."""
    learned = learn(bars, PRIOR, RULES)
    first = int(learned.valid_from_ms[0])
    shares = learned.shares(first + np.arange(-60, 3 * 24 * 60, dtype=np.int64) * 60_000)
    step = np.abs(np.diff(np.log(shares), axis=0)).max()
    assert 0 < step < 0.02


def test_the_scale_follows_the_level(bars: Bars):
    """When three times as much is liquidated from one day on, the scale rises within days, never beyond its limit."""
    turn = 15 * 24
    louder = bars.observed.copy()
    louder[turn:] *= 3.0
    learned = learn(replace(bars, observed=louder), PRIOR, RULES)
    at = np.searchsorted(learned.scale_from_ms, bars.end_ms[[turn - 1, turn + 36]])
    assert learned.scale[at[0]] < 1.3
    assert learned.scale[at[1]] > 1.6
    assert learned.scale.max() <= RULES.scale_most


def test_a_lesson_is_handed_on_with_less_trust(bars: Bars):
    learned = learn(bars, PRIOR, RULES)
    offered = PRIOR.weight.copy()
    offered[2] = 0.0
    prior = handed_on(learned, Prior(offered, PRIOR.events))
    early, late = prior(0), prior(int(learned.valid_from_ms[-1]))
    assert np.array_equal(early.weight, offered)
    assert late.weight[2] == 0
    informed = learned.information[-1] > UNINFORMED
    np.testing.assert_allclose(late.weight[3:], learned.weight[-1, 3:])
    assert np.all(late.events >= PRIOR.events)
    assert np.all(late.events[informed] < learned.shape[-1][informed])
    earlier = replace(learned, valid_from_ms=learned.valid_from_ms - 60 * DAY_MS)
    short = Bars(*(getattr(bars, f.name)[: 4 * 24] for f in fields(Bars)))
    apart = [
        np.abs(learn(short, start, RULES).weight[-1] - TRUTH)[HIGH].sum()
        for start in (PRIOR, handed_on(earlier, PRIOR))
    ]
    assert apart[1] < apart[0]


def test_the_background_takes_what_the_tiers_cannot_explain(bars: Bars):
    rng = np.random.default_rng(3)
    elsewhere = rng.lognormal(16, 1, bars.observed.shape)
    noisy = replace(bars, observed=bars.observed + 0.5 * elsewhere, background=elsewhere)
    share = 0.5 * elsewhere.sum() / noisy.observed.sum()
    assert learn(noisy, PRIOR, RULES).background[-1] == pytest.approx(share, abs=0.1)
    assert learn(bars, PRIOR, RULES).background[-1] == 0


def test_gamma_quantiles():
    rng = np.random.default_rng(1)
    for shape in (1.5, 3.0, 40.0):
        sample = rng.gamma(shape, 1 / shape, 200_000)
        for probability, normal in ((0.1, -1.2815515655), (0.9, 1.2815515655)):
            found = float(gamma_quantile(np.array([shape]), normal)[0])
            assert found == pytest.approx(np.quantile(sample, probability), abs=0.02)
