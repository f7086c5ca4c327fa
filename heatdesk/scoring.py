"""Makes scorecards: evidence from the store, its pieces computed side by side, put together at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heatdesk import told_brackets
from heatdesk.history.evidence import Evidence, Request, read_evidence
from heatdesk.market import Records
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.tiers import build_tiers
from heatdesk.score.deviance import deviance
from heatdesk.score.executor import Job, run_jobs
from heatdesk.score.exposure import Setup
from heatdesk.score.inputs import prepare
from heatdesk.score.location import Events
from heatdesk.score.placebos import judged, shifts_of, shuffled_zones
from heatdesk.score.scorecard import Cells, Measured, Scorecard, measure, require_enough
from heatdesk.score.stand_ins import STAND_INS
from heatdesk.score.walk_forward import Predictions, predict
from heatdesk.score.work import Bench, changed, locations, magnets, rival, shifted
from heatdesk.store.base import Store

SHIFTS_PER_JOB: Final = 5
_LABELS: Final = {
    "model": "the model (map, path, volume, what was liquidated lately)",
    "positions": "the map alone, learned leverage weights",
    "prior positions": "the map alone, prior leverage weights",
    "without self-excitation": "the model without what was liquidated lately",
    "excursion": "price excursion × open interest",
    "regression": "best regression without positions",
}


def polite() -> None:
    """Let a window go first: called in the processes that compute a scorecard beside it."""
    told_brackets.load()
    if hasattr(os, "nice"):  # Windows has none
        os.nice(10)


@dataclass(frozen=True, slots=True)
class Scored:
    """A scorecard and the predictions it is of, those of its range."""

    card: Scorecard
    predictions: Predictions


def score(
    store: Store,
    request: Request,
    executor: Executor,
    progress: Callable[[float], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Scored:
    """One scorecard; see `score_all`."""
    return score_all(store, [request], executor, progress, stop)[0]


def score_all(
    store: Store,
    requests: Sequence[Request],
    executor: Executor,
    progress: Callable[[float], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Scored]:
    """Scorecards of several instruments, bars or parameters; all their pieces run side by side on one executor.

    `progress` hears the share that is done; where `stop` turns true CancelledError is raised. Raises what
    `read_evidence` raises, and NotEnoughDataError for too few liquidations or days in a range.
    """
    plans = [_plan(read_evidence(store, request), request) for request in requests]
    jobs = [job for plan in plans for job in plan.jobs]
    results = iter(run_jobs(executor, jobs, lambda done: progress(done / len(jobs)), stop))
    return [_assembled(plan, list(islice(results, len(plan.jobs)))) for plan in plans]


@dataclass(frozen=True, slots=True)
class _Plan:
    """The jobs of one scorecard: first the predictions, then the rivals, the magnet, and what else was asked for."""

    request: Request
    evidence: Evidence
    bench: Bench
    rivals: tuple[str, ...]
    jobs: tuple[Job, ...]


def _plan(evidence: Evidence, request: Request) -> _Plan:
    setup = Setup(request.exchange, request.symbol, request.params)
    series, observed = evidence.series, evidence.observed
    bench = Bench.of(prepare(series, observed, setup), request.start_ms, request.end_ms)
    require_enough(int(evidence.counts_on(bench.inputs.time_ms)[bench.judged].sum()), bench.blocks().n)
    rivals = (*(e for e in request.estimators if e != request.params.estimator), *STAND_INS)
    tiers = build_tiers(request.exchange, request.symbol, request.params)
    jobs = [Job(predict, (series, observed, setup, evidence.minutes))]
    jobs += [Job(rival, (bench, series, setup, name)) for name in rivals]
    jobs.append(Job(magnets, (series, tiers, request.params, request.start_ms, request.end_ms)))
    if evidence.events is not None:
        events = _events_of(_within(evidence.events, request))
        jobs.append(Job(locations, (series, tiers, request.params, events, evidence.recorded)))
    if request.shifts:
        jobs.append(Job(changed, (bench, series, setup)))
        shifts = shifts_of(len(series), request.shifts)
        chunks = [shifts[i : i + SHIFTS_PER_JOB] for i in range(0, len(shifts), SHIFTS_PER_JOB)]
        jobs += [Job(shifted, (bench, series, setup, chunk)) for chunk in chunks]
    return _Plan(request, evidence, bench, rivals, tuple(jobs))


def _assembled(plan: _Plan, results: list[Any]) -> Scored:
    request, evidence, bench = plan.request, plan.evidence, plan.bench
    predictions: Predictions = results.pop(0)
    predictions = predictions.between(request.start_ms, request.end_ms - bench.inputs.bar_ms + 1)
    rivals = dict(zip(plan.rivals, results[: len(plan.rivals)], strict=True))
    rest = iter(results[len(plan.rivals) :])
    magnet = next(rest)
    location = next(rest) if evidence.events is not None else ()
    cells = _cells(predictions, rivals)
    counts = evidence.counts_on(predictions.time_ms)[predictions.scored[:, 0]].T.ravel()
    measured = measure(cells, counts, _labels(plan))
    placebos = None
    if request.shifts:
        others, blocks = next(rest), bench.blocks()
        path = blocks.sums(deviance(cells.observed, cells.others["excursion"]))
        zones = shuffled_zones(cells.observed, cells.predicted, cells.others["excursion"], blocks)
        placebos = judged(np.concatenate(list(rest)), others, path, zones, blocks)
    span = request.end_ms - request.start_ms
    card = Scorecard(
        symbol=request.symbol,
        exchange=request.exchange,
        bar=request.bar,
        start_ms=request.start_ms,
        end_ms=request.end_ms,
        source=evidence.source,
        counted=evidence.counted,
        recorded=min(float(bench.judged.sum()) * bench.inputs.bar_ms / span, 1.0),
        estimator=request.params.estimator,
        params=asdict(request.params),
        measured=measured,
        placebos=placebos,
        magnet=magnet,
        location=location,
        notes=_notes(evidence, measured),
    )
    return Scored(card, predictions)


def _cells(predictions: Predictions, rivals: dict[str, NDArray[np.float64]]) -> Cells:
    """The scored cells, longs before shorts, as every piece lists them."""
    rows = predictions.scored[:, 0]
    n = int(rows.sum())

    def cells(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values[rows].T.ravel()

    named = {"excursion": predictions.excursion, "regression": predictions.regression, **predictions.parts}
    return Cells(
        time_ms=np.tile(predictions.time_ms[rows], 2),
        side=np.repeat(np.arange(2), n),
        observed=cells(predictions.observed),
        predicted=cells(predictions.predicted),
        p10=cells(predictions.p10),
        p90=cells(predictions.p90),
        others={**{name: cells(values) for name, values in named.items()}, **rivals},
    )


def _labels(plan: _Plan) -> dict[str, str]:
    estimators = {name: f"estimator {name}: the map alone" for name in ESTIMATORS}
    return _LABELS | estimators | {name: stand_in.label for name, stand_in in STAND_INS.items()}


def _notes(evidence: Evidence, measured: Measured) -> tuple[str, ...]:
    notes = ["Modelled levels, not records; the past says nothing certain about the future."]
    if not evidence.counted:
        notes.append(
            "Only totals are known, not single liquidations: counts are of bars and sides in which there were any."
        )
    if not np.isfinite(evidence.series.open_interest).any():
        notes.append("No open interest is stored: births come from volume alone.")
    if any(np.isnan(week.skill.value) for week in measured.weeks):
        notes.append("Weeks with fewer than 200 liquidations or 5 days show no figure.")
    return tuple(notes)


def _events_of(records: Records) -> Events:
    return Events(records.time_ms, records["side"], records["price"], records["notional_usd"])


def _within(records: Records, request: Request) -> Records:
    first, last = np.searchsorted(records.time_ms, (request.start_ms, request.end_ms))
    return records.take(slice(int(first), int(last)))
