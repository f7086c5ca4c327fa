"""Leverage weights learned from recorded liquidations, in versions: each from what was known at its moment.

How one version comes about is told in `posterior`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from heatdesk.market import Floats, Times
from heatdesk.model.posterior import (
    Bars,
    Data,
    Posterior,
    Prior,
    Rules,
    fit,
    gamma_quantile,
    with_background,
)
from heatdesk.model.weights import LearnedWeights

_NORMAL_P90: Final = 1.2815515655446004
_TINY: Final = 1e-300


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
        data = Data.of(bars, moment, self._rules, len(self._first.weight))
        prior = with_background(self._prior(moment), data, self._rules)
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
    if n == 0:
        return float(np.inf)
    alike = np.ones(n, bool)
    for name in ("end_ms", "swept", "background", "observed", "coverage"):
        a, b = getattr(before, name)[:n], getattr(now, name)[:n]
        alike &= (a == b).reshape(n, -1).all(axis=1)
    if alike.all():
        return float(np.inf)
    first = int(np.argmin(alike))
    return float(min(before.end_ms[first], now.end_ms[first]))


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


def _version(moment: int, posterior: Posterior, data: Data, dispersion: float) -> _Version:
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
