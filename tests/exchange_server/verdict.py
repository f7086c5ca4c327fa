"""What a feed stored, compared with what really happened, minute by minute and liquidation by liquidation."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from heatdesk.feed.plan import History
from heatdesk.intervals import clipped, union, without
from heatdesk.live import Hole, HoleState
from heatdesk.market import MINUTE_MS, Interval, Kind, SeriesKey
from tests.exchange_server.truth import Truth

_ALIKE = 1e-9  # relative: both sides add up the same lots, one of them in coins
_COMPLETE = ("bybit", "okx")  # they tell every liquidation


@dataclass
class Verdict:
    """Counts; `faults` are the reasons to fail, in words."""

    candles: int = 0  # that there should be
    lost: int = 0
    labelled: int = 0  # of those lost, that the ledger knows
    duplicated: int = 0
    invented: int = 0
    wrong_price: int = 0
    wrong_volume: int = 0
    taker_known: int = 0
    wrong_taker: int = 0
    halted: int = 0  # minutes that the exchange itself has none of
    unlabelled: int = 0
    open_holes: int = 0
    liquidations: int = 0  # that were told while the feed says it listened
    liquidations_missing: int = 0
    liquidations_twice: int = 0
    liquidations_untold: int = 0  # of a stream that alone fell silent, as it may for hours: nothing shows it
    liquidations_unheard: int = 0  # told outside, and so in the ledger
    liquidations_unexplained: int = 0
    bursts: int = 0
    bursts_whole: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: Verdict) -> None:
        for f in fields(self):
            mine, theirs = getattr(self, f.name), getattr(other, f.name)
            setattr(self, f.name, mine + theirs)

    def fail(self, why: str) -> None:
        if len(self.faults) < 20:
            self.faults.append(why)


def judge_candles(
    truth: Truth,
    history: History,
    holes: Iterable[Hole],
    market: tuple[str, str],
    span: Interval,
    verdict: Verdict,
) -> None:
    """Every closed minute of a span: there, once, as it was; or a hole that says why not."""
    exchange, symbol = market
    rows = history.read(SeriesKey(exchange, symbol, Kind.CANDLES, "1m"), *span).records
    times = rows.time_ms.tolist()
    mine = [hole for hole in holes if hole[:3] == (exchange, symbol, "candles")]
    known = {row[0]: row[1:] for row in truth.candles(exchange, symbol, *span)}
    verdict.candles += len(known)
    verdict.duplicated += len(times) - len(set(times))
    verdict.invented += sum(t not in known for t in times)
    for t in sorted(set(known) - set(times)):
        verdict.lost += 1
        labelled = any(
            h.interval.start_ms <= t < h.interval.end_ms and h.state != HoleState.FILLED for h in mine
        )
        verdict.labelled += labelled
        verdict.unlabelled += not labelled
        verdict.fail(
            f"{exchange} {symbol} {(t - span.start_ms) // MINUTE_MS} min: lost, {'known' if labelled else 'unsaid'}"
        )
    for i, t in enumerate(times):
        if t in known:
            stored = tuple(
                float(rows[name][i])
                for name in ("open", "high", "low", "close", "volume", "taker_buy_volume")
            )
            _compare(verdict, f"{exchange} {symbol} {(t - span.start_ms) // MINUTE_MS} min", stored, known[t])
    for t in range(span.start_ms, span.end_ms, MINUTE_MS):
        if t not in known:
            verdict.halted += 1
            if not any(
                h.interval.start_ms <= t < h.interval.end_ms and h.state == HoleState.NONE_THERE for h in mine
            ):
                verdict.unlabelled += 1
                verdict.fail(
                    f"{exchange} {symbol} {(t - span.start_ms) // MINUTE_MS} min: the exchange has none, unsaid"
                )
    for hole in mine:
        if hole.state == HoleState.OPEN and clipped([hole.interval], *span):
            verdict.open_holes += 1
            verdict.fail(f"{exchange} {symbol}: a hole is still open, {hole.cause}")


def _compare(verdict: Verdict, where: str, stored: tuple[float, ...], known: tuple[float, ...]) -> None:
    if stored[:4] != known[:4]:
        verdict.wrong_price += 1
        verdict.fail(f"{where}: prices {stored[:4]} are {known[:4]}")
    if not math.isclose(stored[4], known[4], rel_tol=_ALIKE):
        verdict.wrong_volume += 1
        verdict.fail(f"{where}: volume {stored[4]} is {known[4]}")
    if not math.isnan(stored[5]):
        verdict.taker_known += 1
        if not math.isclose(stored[5], known[5], rel_tol=_ALIKE, abs_tol=1e-9):
            verdict.wrong_taker += 1
            verdict.fail(f"{where}: taker bought {stored[5]}, really {known[5]}")


def judge_liquidations(
    truth: Truth,
    history: History,
    holes: Iterable[Hole],
    market: tuple[str, str],
    span: Interval,
    bursts: Iterable[Interval],
    verdict: Verdict,
    untold: Iterable[Interval] = (),
) -> None:
    """Each one that the exchange told while the feed listened is stored once; elsewhere the ledger has a hole.

    `bursts` are the stretches in which 200 were told of this market, `untold` those in which the exchange withheld its
    liquidations and nothing else.
    """
    exchange, symbol = market
    key = SeriesKey(exchange, symbol, Kind.EVENTS)
    rows = history.read(key, *span).records
    stored = Counter(
        zip(rows.time_ms.tolist(), rows["side"].astype(int).tolist(), _rounded(rows["quantity"]), strict=True)
    )
    heard = clipped(history.coverage(key), *span)
    mine = [
        h.interval
        for h in holes
        if h.exchange == exchange and h.what == "liquidations" and h.symbol in (symbol, "")
    ]
    withheld = union(untold)
    first = heard[0].start_ms if heard else span.end_ms  # nothing is said of the time before it listened
    unexplained = without([Interval(first, span.end_ms)], [*heard, *mine])
    told = Counter(
        (t, side, float(f"{coins:.9g}")) for t, side, _, coins in truth.liquidations(exchange, symbol, *span)
    )
    for event, count in told.items():
        listened = any(a <= event[0] < b for a, b in heard)
        if not listened:
            verdict.liquidations_unheard += count
            if any(a <= event[0] < b for a, b in unexplained):
                verdict.liquidations_unexplained += count
                verdict.fail(f"{exchange} {symbol}: {count} liquidations in a silence that nobody explains")
            continue
        verdict.liquidations += count
        missing = max(0, count - stored[event])
        if any(a <= event[0] < b for a, b in withheld):
            verdict.liquidations_untold += missing
        elif missing:
            verdict.liquidations_missing += missing
            verdict.fail(
                f"{exchange} {symbol}: a liquidation at {event[0] - span.start_ms} ms is missing though listened"
            )
    twice = sum(max(0, count - told[event]) for event, count in stored.items())
    if twice:
        verdict.liquidations_twice += twice
        verdict.fail(f"{exchange} {symbol}: {twice} liquidations too many")
    if exchange in _COMPLETE:
        sent = without(heard, withheld)
        for burst in bursts:
            events = [e for e in told if burst.start_ms <= e[0] < burst.end_ms]
            if events and all(any(a <= e[0] < b for a, b in sent) for e in events):
                verdict.bursts += 1
                verdict.bursts_whole += all(stored[e] >= told[e] for e in events)


def _rounded(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.9g}") for value in values]
