"""A few seeds of the soak: whatever goes wrong on the exchanges, nothing is lost, doubled or left unsaid."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heatdesk.live import Hole, HoleState
from heatdesk.market import COLUMNS, MINUTE_MS, Interval, Kind, Records, SeriesKey
from heatdesk.store.memory import MemoryStore
from tests.exchange_server import ExchangeServer, soak
from tests.exchange_server.soak import main, misses, totals
from tests.exchange_server.tls import Certificates
from tests.exchange_server.trial import Terms, play
from tests.exchange_server.verdict import Verdict, judge_candles, judge_liquidations

_QUICK = Terms(minutes=8.0, mending=7.0, faults=5)
_BTC = "BTC/USDT:USDT"


@pytest.mark.timeout(900)  # a busy machine takes its time, and changes nothing
def test_some_seeds_lose_nothing(certificates: Certificates) -> None:
    outcomes = [play(seed, certificates, _QUICK) for seed in (2, 3, 6)]
    verdict, faults = totals(outcomes)
    assert misses(verdict) == {}, verdict.faults
    assert verdict.candles > 120
    assert verdict.liquidations > 100
    assert len(faults) > 8
    assert not any(outcome.violations for outcome in outcomes)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "seed",
    [
        262,  # nothing but confirmations for half a minute, three times over
        534,  # a ban whose end was told in whole seconds, rounded down
        877,  # a socket too quiet to be judged, while another one of the exchange was found dead
    ],
)
def test_seeds_that_lost_something_once(certificates: Certificates, seed: int) -> None:
    outcome = play(seed, certificates, Terms())
    assert misses(outcome.verdict) == {}, outcome.verdict.faults
    assert outcome.while_banned == 0


def test_processes_are_made_anew_and_none_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "_ROUND", 2)
    monkeypatch.setattr(soak, "_BATCH", 1)
    terms = Terms(minutes=0.2, mending=0.2, faults=0)
    played = [outcome.seed for outcome in soak._outcomes(range(1, 6), terms, 2)]
    assert sorted(played) == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_a_hundred_seeds_by_the_command(tmp_path: Path) -> None:
    report = tmp_path / "soak.json"
    assert main(["--seeds", "100", "--json", str(report)]) == 0
    assert json.loads(report.read_text(encoding="utf-8"))["seeds"] == 100


def _stored(server: ExchangeServer, span: Interval) -> MemoryStore:
    """A record as it should be."""
    store = MemoryStore()
    rows = list(zip(*server.truth.candles("bybit", _BTC, *span), strict=True))
    columns = dict(zip(COLUMNS[Kind.CANDLES], rows[1:], strict=True))
    store.append(SeriesKey("bybit", _BTC, Kind.CANDLES, "1m"), _records(Kind.CANDLES, rows[0], columns))
    forced = server.truth.liquidations("bybit", _BTC, *span)
    times, side, price, coins = zip(*forced, strict=True)
    notional = tuple(p * q for p, q in zip(price, coins, strict=True))
    events = dict(zip(COLUMNS[Kind.EVENTS], (side, price, coins, notional), strict=True))
    store.append(SeriesKey("bybit", _BTC, Kind.EVENTS), _records(Kind.EVENTS, times, events), [span])
    return store


def _records(kind: Kind, times: tuple[int, ...], columns: dict[str, tuple[float, ...]]) -> Records:
    import numpy as np

    return Records(kind, np.array(times, np.int64), {k: np.array(v, np.float64) for k, v in columns.items()})


def _judged(
    server: ExchangeServer, store: MemoryStore, span: Interval, holes: tuple[Hole, ...] = ()
) -> Verdict:
    verdict = Verdict()
    judge_candles(server.truth, store, holes, ("bybit", _BTC), span, verdict)
    judge_liquidations(server.truth, store, holes, ("bybit", _BTC), span, (), verdict)
    return verdict


def test_the_verdict_sees_what_is_wrong(certificates: Certificates) -> None:
    """A judge that finds nothing ever would pass every feed."""
    server = ExchangeServer(certificates=certificates, exchanges=["bybit"])
    end = server.market.now_ms() // MINUTE_MS * MINUTE_MS
    span = Interval(end - 600 * MINUTE_MS, end)
    store = _stored(server, span)
    right = _judged(server, store, span)
    assert (misses(right), right.candles) == ({}, 600)
    assert right.liquidations > 5
    key = SeriesKey("bybit", _BTC, Kind.CANDLES, "1m")
    records = store.read(key).records

    lacking = MemoryStore()
    lacking.append(key, records.take(records.time_ms != end - 5 * MINUTE_MS))
    assert misses(_judged(server, lacking, span)) == {"lost": 1, "unlabelled": 1}
    hole = Hole("bybit", _BTC, "candles", Interval(end - 6 * MINUTE_MS, end), HoleState.OPEN, "cut")
    assert misses(_judged(server, lacking, span, (hole,))) == {"lost": 1, "open_holes": 1}

    wrong = MemoryStore()
    changed = Records(records.kind, records.time_ms, records.columns | {"volume": records["volume"] * 1.001})
    wrong.append(key, changed)
    assert misses(_judged(server, wrong, span)) == {"wrong_volume": 600}

    deaf = MemoryStore()
    deaf.append(key, records)
    events = SeriesKey("bybit", _BTC, Kind.EVENTS)
    deaf.append(events, Records.empty(Kind.EVENTS), [span])
    assert misses(_judged(server, deaf, span)) == {"liquidations_missing": right.liquidations}

    lossy, times = Verdict(), [t for t, *_ in server.truth.liquidations("bybit", _BTC, *span)]
    bursts = [Interval(times[0], times[0] + 1), Interval(times[1], times[1] + 1)]
    judge_liquidations(server.truth, deaf, (), ("bybit", _BTC), span, bursts, lossy, bursts[:1])
    assert (lossy.liquidations_untold, lossy.liquidations_missing) == (1, right.liquidations - 1)
    assert (lossy.bursts, lossy.bursts_whole) == (1, 0), "what was withheld is no burst"
