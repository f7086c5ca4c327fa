"""The leverage weights that recorded liquidations make most probable, and how sure they are.

What a tier's cohorts would lose in a bar to their first crossings if all newborns had that leverage, X, is known
without knowing the weights θ. Recorded USD y then has the mean μ = α·(Σ θ·X + θ₀·X₀), with α the share of liquidations
that the feed reports and X₀ a background that knows only how far price went. With φ USD to one independent event,

    ln p(θ | y) = Σ w·(y·ln μ − μ)/φ + Σ (a·ln θ − b·θ), a = pseudo-events, b = a ÷ prior weight, w = 2^(−age/half-life)

and its maximum obeys θ = (a + Σ w·r·y/φ) ÷ (b + Σ w·α·X/φ) with the responsibilities r = θ·α·X/μ. An event is never
given to a tier by its distance from the current price: that would credit almost everything to the highest leverage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from heatdesk.market import DAY_MS, Floats, Times

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


@dataclass(frozen=True, slots=True)
class Data:
    """Rows of both sides up to a moment: X with the background last (m, n + 1), y (m,), w (m,), all times coverage."""

    exposure: Floats
    observed: Floats
    weight: Floats
    bars: int

    @staticmethod
    def of(bars: Bars, moment: int, rules: Rules, n_tiers: int) -> Data:
        """What bars say that had ended by a moment; older ones weigh less."""
        n = int(np.searchsorted(bars.end_ms, moment, side="right"))
        exposure = np.empty((n, 2, n_tiers + 1))
        exposure[:, :, :n_tiers] = bars.swept[:n]
        exposure[:, :, n_tiers] = bars.background[:n]
        exposure *= bars.coverage[:n, None, None]
        age = (moment - bars.end_ms[:n]) / rules.half_life_ms
        return Data(
            exposure.reshape(2 * n, n_tiers + 1),
            bars.observed[:n].reshape(2 * n),
            np.repeat(np.exp2(-age), 2),
            n,
        )

    def expected(self, weight: Floats) -> Floats:
        """USD that these weights (n + 1,) let one expect, shape (m,)."""
        mean: Floats = np.einsum("ij,j->i", self.exposure, weight)
        return mean

    def dispersion(self, weight: Floats, rules: Rules) -> float:
        """φ: how many USD behave as one independent event, Σ(y − μ)² ÷ Σμ, drawn to the rules' own as by some bars."""
        mu = self.expected(weight)
        spread = float(np.sum(self.weight * (self.observed - mu) ** 2))
        total = float(np.sum(self.weight * mu))
        own = rules.dispersion_bars / max(self.bars, 1)
        return (spread + own * total * rules.dispersion_usd) / max((1.0 + own) * total, _TINY)


def with_background(prior: Prior, data: Data, rules: Rules) -> Prior:
    """The background's prior weight is such that it would explain its share of what the tiers explain."""
    swept = np.einsum("i,ij->j", data.weight, data.exposure)
    tiers = float(swept[:-1] @ prior.weight)
    weight = rules.background_share * tiers / swept[-1] if swept[-1] > 0 else 0.0
    return Prior(np.append(prior.weight, weight), np.append(prior.events, rules.background_events))


def posterior_at(
    bars: Bars, prior: Prior, moment: int, dispersion: float, rules: Rules | None = None
) -> Posterior:
    """What is known at one moment, with its correlations, from the bars that had ended by then."""
    rules = rules or Rules()
    data = Data.of(bars.recorded(), moment, rules, len(prior.weight))
    return fit(data, with_background(prior, data, rules), dispersion)


def fit(data: Data, prior: Prior, dispersion: float, start: Floats | None = None) -> Posterior:
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
    scaled = x * theta * np.sqrt(w / mu)[:, None]
    information: Floats = scaled.T @ scaled / dispersion
    information[np.diag_indices_from(information)] += b * theta
    return information


def gamma_quantile(shape: Floats, normal: float) -> Floats:
    """Quantile of Gamma(shape, shape), whose mean is 1, at a standard normal quantile (Wilson and Hilferty 1931)."""
    third = 1.0 / (9.0 * shape)
    quantile: Floats = np.maximum(1.0 - third + normal * np.sqrt(third), 0.0) ** 3
    return quantile
