"""Leverage weights learned from recorded liquidations: Gamma–Poisson on birth cohorts (design: model, 4.4).

What a tier's cohorts would lose in a bar to their first crossings if all newborns had that leverage, X, is known
without knowing the weights θ. Recorded USD y then has the mean μ = α·(Σ θ·X + θ₀·X₀), with α the share of liquidations
that the feed reports and X₀ a background that knows only how far price went. With φ USD to one independent event,

    ln p(θ | y) = Σ w·(y·ln μ − μ)/φ + Σ (a·ln θ − b·θ), a = pseudo-events, b = a ÷ prior weight, w = 2^(−age/half-life)

and its maximum obeys θ = (a + Σ w·r·y/φ) ÷ (b + Σ w·α·X/φ) with the responsibilities r = θ·α·X/μ. An event is never
given to a tier by its distance from the current price: that would credit almost everything to the highest leverage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from heatdesk.market import DAY_MS, Floats, Times
from heatdesk.model.weights import LearnedWeights

_NORMAL_P90: Final = 1.2815515655446004
_FIXED_POINT_STEPS: Final = 4
_NEWTON_STEPS: Final = 30
_CONVERGED: Final = 1e-7
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Bars:
    """What a feed recorded bar by bar, beside what it could have recorded.

    `end_ms` (n,) ascending: the moment a bar is known. `swept` (n, 2, n_tiers): USD that cohorts born with weight 1
    lose, long and short. `background` (n, 2): USD in the reach of price alone. `observed` (n, 2): recorded USD.
    `coverage` (n,): share of liquidated USD that the feed reports, 0 where it did not record: such a bar says nothing.
    """

    end_ms: Times
    swept: Floats
    background: Floats
    observed: Floats
    coverage: Floats

    def __len__(self) -> int:
        return len(self.end_ms)

    def recorded(self) -> Bars:
        """Only the bars that say something."""
        kept = self.coverage > 0
        return Bars(
            self.end_ms[kept],
            self.swept[kept],
            self.background[kept],
            self.observed[kept],
            self.coverage[kept],
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """How fast and from how much is learned.

    `pseudo_events` is the prior's weight per tier, `background_events` that of the background, which is expected to
    explain `background_share`. Weights are learned anew every `every_ms` once `least_bars` were recorded, and half of
    what a bar says is forgotten after `half_life_ms`. The scale is the ratio of observed to expected USD, half of it
    forgotten after `scale_half_life_ms`, drawn to 1 as by `scale_events` events and at most `scale_most` either way.
    """

    pseudo_events: float = 3.0
    background_events: float = 3.0
    background_share: float = 0.05
    every_ms: int = DAY_MS
    half_life_ms: float = 62.4 * DAY_MS  # e-fold of 90 days
    least_bars: int = 48
    least_events: int = 20
    dispersion_usd: float = 3e6
    dispersion_bars: float = 24.0
    scale_half_life_ms: float = DAY_MS
    scale_events: float = 3.0
    scale_most: float = 3.0


class Prior(NamedTuple):
    """Mean and pseudo-events of each tier's weight, shape (n_tiers,)."""

    weight: Floats
    events: Floats


def handed_on(learned: LearnedWeights, prior: Prior, rules: Transfer | None = None) -> Callable[[int], Prior]:
    """What one exchange or symbol taught as the prior of another, at any moment: nothing later than that is used.

    Tiers that only one of them has keep `prior`. Only `trust` of what was learned counts, and never more than
    `most_events`.
    """
    rules = rules or Transfer()
    both = (prior.weight > 0) & (learned.prior > 0)

    def at(time_ms: int) -> Prior:
        version = int(np.searchsorted(learned.valid_from_ms, time_ms, side="right")) - 1
        if version < 0:
            return prior
        gained = np.maximum(learned.shape[version] - prior.events, 0.0)
        events = np.minimum(prior.events + rules.trust * gained, rules.most_events)
        return Prior(
            np.where(both, learned.weight[version], prior.weight), np.where(both, events, prior.events)
        )

    return at


class Transfer(NamedTuple):
    """How much of another market's lesson counts: the share of its events, and the most pseudo-events per tier."""

    trust: float = 0.5
    most_events: float = 9.0


class Posterior(NamedTuple):
    """The most probable weights with their background last, shape (n_tiers + 1,), and the curvature there.

    `precision` (n + 1, n + 1) is of ln θ, `own` (n + 1,) the prior's part of its diagonal.
    """

    weight: Floats
    precision: Floats
    own: Floats

    def variance(self) -> Floats:
        """Of ln θ, shape (n + 1,)."""
        return np.diag(np.linalg.inv(self.precision)).copy()


def learn(bars: Bars, prior: Prior | Callable[[int], Prior], rules: Rules | None = None) -> LearnedWeights:
    """Weights in versions, each from the bars that had ended by its moment (`Learner`)."""
    return Learner(prior, rules).learn(bars)


class Learner:
    """Learns from bars, and from more of them without beginning anew. Not for several threads at once.

    Versions begin on whole multiples of the rules' `every_ms`. A prior that itself was learned is asked for at each
    version's moment. Tiers whose prior weight is 0 stay at 0.
    """

    def __init__(self, prior: Prior | Callable[[int], Prior], rules: Rules | None = None) -> None:
        self._rules = rules or Rules()
        self._prior = prior if callable(prior) else lambda _: prior
        self._first = self._prior(0)
        self._bars: Bars | None = None
        self._kept: list[_Version] = []

    def learn(self, bars: Bars) -> LearnedWeights:
        """What the bars teach. Versions of bars that were known before are not made again."""
        bars = bars.recorded()
        moments = _moments(bars, self._rules)
        limit = _alike_until(self._bars, bars)
        kept: list[_Version] = []
        for version, moment in zip(self._kept, moments, strict=False):
            if version.moment != moment or moment >= limit:
                break
            kept.append(version)
        for moment in moments[len(kept) :]:
            kept.append(self._version(bars, int(moment), kept[-1] if kept else None))
        if len(kept) >= len(self._kept) or limit < np.inf:
            self._bars, self._kept = bars, kept
        return _versions(self._first, moments, kept, bars, self._rules)

    def _version(self, bars: Bars, moment: int, before: _Version | None) -> _Version:
        data = _Data.of(bars, moment, self._rules, len(self._first.weight))
        prior = _with_background(self._prior(moment), data, self._rules)
        if before is None:
            dispersion, start = self._rules.dispersion_usd, None
        else:
            dispersion, start = data.dispersion(before.own, self._rules), before.own
        return _version(moment, fit(data, prior, dispersion, start), data, dispersion)


def _alike_until(before: Bars | None, now: Bars) -> float:
    """The end of the first bar that two lists do not share; infinite where one is the other's beginning."""
    if before is None:
        return 0.0
    n = min(len(before), len(now))
    alike = np.ones(n, bool)
    for name in ("end_ms", "swept", "background", "observed", "coverage"):
        a, b = getattr(before, name)[:n], getattr(now, name)[:n]
        alike &= (a == b).reshape(n, -1).all(axis=1)
    if alike.all():
        return float(np.inf)
    first = int(np.argmin(alike))
    return float(min(before.end_ms[first], now.end_ms[first]))


def posterior_at(
    bars: Bars, prior: Prior, moment: int, dispersion: float, rules: Rules | None = None
) -> Posterior:
    """What is known at one moment, with its correlations, from the bars that had ended by then."""
    rules = rules or Rules()
    data = _Data.of(bars.recorded(), moment, rules, len(prior.weight))
    return fit(data, _with_background(prior, data, rules), dispersion)


def expected_usd(bars: Bars, learned: LearnedWeights) -> Floats:
    """Recorded USD that each bar's tiers and scale, as known when it began, led one to expect; shape (n, 2).

    NaN before the first version. The background is counted in by its share of what was expected.
    """
    expected = np.full(bars.observed.shape, np.nan)
    if len(bars) and len(learned):
        begin = np.concatenate((bars.end_ms[:1] - 1, bars.end_ms[:-1]))
        version = np.searchsorted(learned.valid_from_ms, begin, side="right") - 1
        scale = np.maximum(np.searchsorted(learned.scale_from_ms, begin, side="right") - 1, 0)
        known = version >= 0
        tiers = np.einsum("ijk,ik->ij", bars.swept[known], learned.weight[version[known]])
        factor = learned.scale[scale[known]] * bars.coverage[known]
        factor /= np.maximum(1.0 - learned.background[version[known]], 0.5)
        expected[known] = tiers * factor[:, None]
    return expected


def _moments(bars: Bars, rules: Rules) -> Times:
    """The moments at which weights are learned: enough bars and events lie behind each."""
    eventful = np.cumsum((bars.observed > 0).sum(axis=1))
    enough = (np.arange(1, len(bars) + 1) >= rules.least_bars) & (eventful >= rules.least_events)
    if not enough.any():
        return np.empty(0, np.int64)
    first = int(bars.end_ms[np.argmax(enough)])
    begin = -(-first // rules.every_ms) * rules.every_ms
    moments = np.arange(begin, int(bars.end_ms[-1]) + 1, rules.every_ms, dtype=np.int64)
    # nothing is learned anew where nothing was recorded since
    behind = np.searchsorted(bars.end_ms, moments, side="right")
    fresh = np.diff(behind, prepend=0) > 0
    return moments[fresh]


@dataclass(frozen=True, slots=True)
class _Data:
    """Rows of both sides up to a moment: X with the background last (m, n + 1), y (m,), w (m,), all times coverage."""

    exposure: Floats
    observed: Floats
    weight: Floats
    bars: int

    @staticmethod
    def of(bars: Bars, moment: int, rules: Rules, n_tiers: int) -> _Data:
        n = int(np.searchsorted(bars.end_ms, moment, side="right"))
        exposure = np.empty((n, 2, n_tiers + 1))
        exposure[:, :, :n_tiers] = bars.swept[:n]
        exposure[:, :, n_tiers] = bars.background[:n]
        exposure *= bars.coverage[:n, None, None]
        age = (moment - bars.end_ms[:n]) / rules.half_life_ms
        return _Data(
            exposure.reshape(2 * n, n_tiers + 1),
            bars.observed[:n].reshape(2 * n),
            np.repeat(np.exp2(-age), 2),
            n,
        )

    def expected(self, weight: Floats) -> Floats:
        mean: Floats = np.einsum("ij,j->i", self.exposure, weight)
        return mean

    def dispersion(self, weight: Floats, rules: Rules) -> float:
        """φ: how many USD behave as one independent event, Σ(y − μ)² ÷ Σμ, drawn to the rules' own as by some bars."""
        mu = self.expected(weight)
        spread = float(np.sum(self.weight * (self.observed - mu) ** 2))
        total = float(np.sum(self.weight * mu))
        own = rules.dispersion_bars / max(self.bars, 1)
        return (spread + own * total * rules.dispersion_usd) / max((1.0 + own) * total, _TINY)


def _with_background(prior: Prior, data: _Data, rules: Rules) -> Prior:
    """The background's prior weight is such that it would explain its share of what the tiers explain."""
    swept = np.einsum("i,ij->j", data.weight, data.exposure)
    tiers = float(swept[:-1] @ prior.weight)
    weight = rules.background_share * tiers / swept[-1] if swept[-1] > 0 else 0.0
    return Prior(np.append(prior.weight, weight), np.append(prior.events, rules.background_events))


def fit(data: _Data, prior: Prior, dispersion: float, start: Floats | None = None) -> Posterior:
    """The maximum of the posterior in ln θ: some fixed-point steps, then Fisher scoring with halved steps."""
    alive = (prior.weight > 0) & (data.exposure.max(axis=0, initial=0.0) > 0)
    x = np.ascontiguousarray(data.exposure[:, alive])
    a, b = prior.events[alive], prior.events[alive] / prior.weight[alive]
    y, w = data.observed / dispersion, data.weight
    total = np.einsum("i,ij->j", w, x) / dispersion
    theta = (prior.weight if start is None else np.where(start > 0, start, prior.weight))[alive]

    def mean(theta: Floats) -> Floats:
        mu: Floats = np.maximum(np.einsum("ij,j->i", x, theta), _TINY)
        return mu

    def objective(theta: Floats, mu: Floats) -> float:
        return float(w @ (y * np.log(mu)) - total @ theta + a @ np.log(theta) - b @ theta)

    for _ in range(_FIXED_POINT_STEPS):
        mu = mean(theta)
        theta = (a + theta * np.einsum("i,ij->j", w * y / mu, x)) / (b + total)
    mu = mean(theta)
    height = objective(theta, mu)
    for _ in range(_NEWTON_STEPS):
        gradient = theta * np.einsum("i,ij->j", w * y / mu, x) + a - (b + total) * theta
        step = np.clip(np.linalg.solve(_precision(x, w, mu, theta, b, dispersion), gradient), -1.0, 1.0)
        size = 1.0
        while size > 1e-3:
            trial = theta * np.exp(size * step)
            mu_trial = mean(trial)
            if (higher := objective(trial, mu_trial)) >= height:
                break
            size /= 2
        else:
            break
        theta, mu = trial, mu_trial
        gained, height = higher - height, higher
        if gained < _CONVERGED * (1.0 + abs(height)):
            break
    weight, own = prior.weight.copy(), prior.events.copy()
    precision = np.diag(own)
    weight[alive], own[alive] = theta, b * theta
    precision[np.ix_(alive, alive)] = _precision(x, w, mu, theta, b, dispersion)
    return Posterior(weight, precision, own)


def _precision(x: Floats, w: Floats, mu: Floats, theta: Floats, b: Floats, dispersion: float) -> Floats:
    """Fisher information of ln θ, the prior's included."""
    scaled = x * theta
    information: Floats = np.einsum("ij,i,ik->jk", scaled, w / mu, scaled, optimize=True) / dispersion
    information[np.diag_indices_from(information)] += b * theta
    return information


class _Version(NamedTuple):
    moment: int
    weight: Floats
    lo: Floats
    hi: Floats
    information: Floats
    shape: Floats
    background: float
    dispersion: float
    bars: int
    own: Floats


def _version(moment: int, posterior: Posterior, data: _Data, dispersion: float) -> _Version:
    variance = posterior.variance()[:-1]
    weight = posterior.weight[:-1]
    shape = 1.0 / variance
    lo, hi = (weight * gamma_quantile(shape, z) for z in (-_NORMAL_P90, _NORMAL_P90))
    background = float(np.einsum("i,i->", data.weight, data.exposure[:, -1])) * posterior.weight[-1]
    total = float(np.einsum("i,i->", data.weight, data.expected(posterior.weight)))
    return _Version(
        moment,
        weight,
        lo,
        hi,
        np.clip(1.0 - variance * posterior.own[:-1], 0.0, 1.0),
        shape,
        background / max(total, _TINY),
        dispersion,
        data.bars,
        posterior.weight,
    )


def gamma_quantile(shape: Floats, normal: float) -> Floats:
    """Quantile of Gamma(shape, shape), whose mean is 1, at a standard normal quantile (Wilson and Hilferty 1931)."""
    third = 1.0 / (9.0 * shape)
    quantile: Floats = np.maximum(1.0 - third + normal * np.sqrt(third), 0.0) ** 3
    return quantile


def _versions(prior: Prior, moments: Times, kept: list[_Version], bars: Bars, rules: Rules) -> LearnedWeights:
    n_tiers = len(prior.weight)

    def stacked(name: str) -> Floats:
        return np.array([getattr(v, name) for v in kept]).reshape(len(kept), n_tiers)

    weight = np.array([v.own for v in kept]).reshape(len(kept), n_tiers + 1)
    scale_ms, scale = _scales(bars, moments, weight, np.array([v.dispersion for v in kept]), rules)
    return LearnedWeights(
        prior=prior.weight,
        valid_from_ms=moments,
        weight=stacked("weight"),
        lo=stacked("lo"),
        hi=stacked("hi"),
        information=stacked("information"),
        shape=stacked("shape"),
        bars=np.array([v.bars for v in kept], np.int64),
        background=np.array([v.background for v in kept], float),
        dispersion=np.array([v.dispersion for v in kept], float),
        scale_from_ms=scale_ms,
        scale=scale,
    )


def _scales(
    bars: Bars, moments: Times, weight: Floats, dispersion: Floats, rules: Rules
) -> tuple[Times, Floats]:
    """Observed ÷ expected USD of the recent past after every bar, expected by the weights known when it began."""
    if not len(moments):
        return np.empty(0, np.int64), np.empty(0)
    first = int(np.searchsorted(bars.end_ms, moments[0], side="right"))
    version = np.searchsorted(moments, bars.end_ms[first:], side="left") - 1
    theta = weight[version]
    means = np.einsum("ijk,ik->i", bars.swept[first:], theta[:, :-1])
    means = bars.coverage[first:] * (means + bars.background[first:].sum(axis=1) * theta[:, -1])
    seen = bars.observed[first:].sum(axis=1)
    own = rules.scale_events * dispersion[version]
    ages = np.diff(bars.end_ms[first:], prepend=moments[0]) / rules.scale_half_life_ms
    times, scales = [int(moments[0])], [1.0]
    observed = expected = 0.0
    for i, kept in enumerate(np.exp2(-ages)):
        observed = observed * kept + seen[i]
        expected = expected * kept + means[i]
        ratio = (observed + own[i]) / (expected + own[i])
        times.append(int(bars.end_ms[first + i]))
        scales.append(min(max(ratio, 1.0 / rules.scale_most), rules.scale_most))
    return np.array(times, np.int64), np.array(scales)
