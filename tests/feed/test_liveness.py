"""When a stream counts as dead: soon after it died (N3, N4), and not on a quiet day."""

from __future__ import annotations

import csv
import gzip
import math
import random
from pathlib import Path

import pytest

from heatdesk.feed.exchanges.base import Stream, What
from heatdesk.feed.liveness import Pulse, judge, judge_socket, speaks_by_itself
from heatdesk.feed.proofs import Proofs
from heatdesk.live import Health
from tests.feed.live_samples import candle, trade

_TRADES = Stream("trade.BTC", What.TRADES, "BTC", "public")
_MARK = Stream("mark.BTC", What.MARK_PRICE, "BTC", "public")
_LIQUIDATIONS = Stream("liq", What.LIQUIDATIONS, "", "public", quiet=True)


def _ticked(every_s: float) -> Pulse:
    pulse = Pulse(0.0)
    for number in range(1, 1000):
        pulse.beat(number * every_s, 0)
    return pulse


def _first_bad(stream: Stream, pulse: Pulse, owed_s: float = math.inf) -> float:
    """How long after its last word a stream is first called mute or stale; inf for never within ten minutes."""
    last_s = pulse.last_s if pulse.heard else pulse.asked_s
    for tenth in range(6000):
        if judge(stream, pulse, Health.LIVE, owed_s, last_s + tenth / 10.0) in (Health.MUTE, Health.STALE):
            return tenth / 10.0
    return math.inf


@pytest.mark.parametrize(
    ("every_s", "limit_s"), [(0.05, 5.0), (0.25, 5.0), (1.0, 8.0), (3.0, 24.0), (7.0, 56.0)]
)
def test_a_stream_that_ticks_like_a_clock_is_stale_after_eight_of_its_gaps(
    every_s: float, limit_s: float
) -> None:
    assert _first_bad(_MARK, _ticked(every_s)) == pytest.approx(limit_s, abs=0.2)


@pytest.mark.parametrize("mean_s", [0.1, 0.5, 2.0])
def test_a_proof_by_another_stream_makes_random_trades_as_prompt_as_a_clock(mean_s: float) -> None:
    chance, pulse, now_s = random.Random(1), Pulse(0.0), 0.0
    for _ in range(500):
        now_s += chance.expovariate(1.0 / mean_s)
        pulse.beat(now_s, 0)
    limit_s = pulse.limit_s()
    assert limit_s <= 5.0 if mean_s < 0.2 else limit_s <= 8.0 * (mean_s + 0.5)
    assert _first_bad(_TRADES, pulse, owed_s=now_s + 0.9) == pytest.approx(limit_s, abs=0.2)
    assert _first_bad(_TRADES, pulse, owed_s=now_s + 30.0) >= min(pulse.chance_s(), 34.0), (
        "it has time to come"
    )


def test_a_prompt_stream_without_data_is_mute_within_ten_seconds() -> None:
    assert _first_bad(_MARK, Pulse(100.0)) <= 10.0
    assert _first_bad(_TRADES, Pulse(100.0), owed_s=105.0) <= 10.0
    assert _first_bad(_TRADES, Pulse(100.0)) == math.inf, "an instrument that nobody trades is no fault"


def test_a_subscription_that_has_not_been_sent_yet_is_not_judged() -> None:
    assert judge(_MARK, Pulse(math.inf), Health.LIVE, math.inf, 1e9) is Health.CONNECTING


def test_a_quiet_stream_is_as_its_socket_is() -> None:
    pulse = Pulse(0.0)
    assert judge(_LIQUIDATIONS, pulse, Health.LIVE, math.inf, 10_000.0) is Health.QUIET
    assert judge(_LIQUIDATIONS, pulse, Health.MUTE, math.inf, 12.0) is Health.MUTE
    pulse.beat(10_000.0, 0)
    assert judge(_LIQUIDATIONS, pulse, Health.LIVE, math.inf, 10_030.0) is Health.LIVE


def test_a_socket_that_never_spoke_is_mute_and_is_given_more_time_at_each_attempt() -> None:
    pulse = Pulse(0.0)
    assert judge_socket(pulse, 9.0, True, 8.9) is Health.CONNECTING
    assert judge_socket(pulse, 9.0, True, 9.1) is Health.MUTE
    assert judge_socket(pulse, 36.0, True, 9.1) is Health.CONNECTING
    assert judge_socket(pulse, 9.0, False, 3600.0) is Health.QUIET, "nothing on it needs to speak"


def test_a_socket_of_random_streams_is_stale_within_a_minute() -> None:
    pulse = _ticked(1.0)
    pulse.beat(1040.0, 0)  # a gap of 41 s: it is no clock
    assert judge_socket(pulse, 9.0, True, 1040.0 + 59.0) is Health.LIVE
    assert judge_socket(pulse, 9.0, True, 1040.0 + 61.0) is Health.STALE


def test_candles_and_trades_prove_each_other() -> None:
    proofs = Proofs()
    candles = _TRADES._replace(topic="candle.BTC", what=What.CANDLES)
    assert proofs.owed_s(_TRADES, 0.0) == proofs.owed_s(candles, 0.0) == math.inf
    proofs.read([candle("BTC", 60_000, volume=5.0)], 1.0)
    proofs.read([candle("BTC", 60_000, volume=5.0)], 2.0)
    assert proofs.owed_s(_TRADES, 0.0) == math.inf, "a candle that stands still is no trade"
    proofs.read([candle("BTC", 60_000, volume=6.0)], 3.0)
    proofs.read([candle("BTC", 60_000, volume=7.0)], 4.0)
    assert proofs.owed_s(_TRADES, 0.0) == 3.0
    proofs.read([trade("BTC", 1)], 5.0)
    assert proofs.owed_s(_TRADES, 0.0) == math.inf
    assert proofs.owed_s(candles, 0.0) == math.inf, "the candle that the trade is in came before it"
    proofs.read([candle("BTC", 60_000, volume=7.5, closed=True), candle("BTC", 120_000, volume=0.5)], 60.0)
    assert proofs.owed_s(_TRADES, 0.0) == math.inf, "the turn of a minute proves nothing"
    proofs.read([trade("BTC", 2)], 90.0)
    proofs.read([trade("BTC", 3)], 91.0)
    assert proofs.owed_s(candles, 0.0) == 90.0
    assert proofs.owed_s(candles, 90.5) == 91.0, "what came before a subscription it cannot bring"
    assert proofs.owed_s(candles, 91.5) == math.inf
    proofs.read([candle("BTC", 120_000, volume=1.0)], 92.0)
    assert proofs.owed_s(candles, 0.0) == math.inf
    assert proofs.owed_s(_MARK, 0.0) == math.inf


def test_a_silence_that_was_doubted_once_is_not_doubted_again() -> None:
    pulse = _ticked(0.7)
    silent_s = _first_bad(_TRADES, pulse)
    last_s = pulse.last_s
    pulse.doubted(last_s + 3.0 * silent_s)
    pulse.asked(last_s + 3.0 * silent_s)
    for number in range(1, 40):
        pulse.beat(last_s + 3.0 * silent_s + 0.7 * number, 0)
    assert _first_bad(_TRADES, pulse) > 3.0 * silent_s
    assert _first_bad(_TRADES, pulse, owed_s=pulse.last_s + 1.0) <= 6.0, "a proof is as good as ever"


def test_a_sparse_candle_has_time_to_follow_its_trade() -> None:
    """An instrument that trades in clusters: its median gap is a second, and it may be silent for minutes."""
    pulse, now_s = Pulse(0.0), 0.0
    for number in range(60):
        now_s += 1.0 if number % 10 else 90.0
        pulse.beat(now_s, 0)
    candles = _TRADES._replace(what=What.CANDLES)
    assert judge(candles, pulse, Health.LIVE, now_s + 50.0, now_s + 53.0) is Health.LIVE
    assert judge(candles, pulse, Health.LIVE, now_s + 50.0, now_s + 55.0) is Health.STALE
    assert judge(candles, pulse, Health.LIVE, math.inf, now_s + 300.0) is Health.QUIET
    assert not speaks_by_itself(candles, pulse)
    assert speaks_by_itself(candles, Pulse(0.0))


def test_quiet_days_raise_at_most_one_false_alarm_an_exchange_and_day(shared: Path) -> None:
    alarms, days, streams = 0, 0.0, 0
    for coin in ("ETH", "SOL"):
        counts = _trades_a_minute(shared / "data" / "hyperliquid" / f"{coin}_1m_oi.csv.gz")
        days = len(counts) / 1440.0
        for thinner in (3, 10, 30, 100):
            alarms += _false_alarms(counts, thinner)
            streams += 1
    assert streams == 8
    assert alarms / days <= 1.0


def _trades_a_minute(path: Path) -> list[int]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [int(float(row["trades"] or 0)) for row in csv.DictReader(file)]


def _false_alarms(counts: list[int], thinner: int) -> int:
    """Alarms of a stream that trades `thinner` times less than a recorded one, but for the exchange's own silence."""
    chance, pulse, alarms = random.Random(thinner), Pulse(0.0), 0
    for minute, count in enumerate(counts):
        share = sum(chance.random() < 1.0 / thinner for _ in range(count))
        for now_s in sorted((minute + chance.random()) * 60.0 for _ in range(share)):
            if pulse.heard and now_s - pulse.last_s > 5.0:
                stale = judge(_TRADES, pulse, Health.LIVE, math.inf, now_s - 1e-6) is Health.STALE
                alarms += stale and 0 not in counts[max(0, minute - 2) : minute + 1]
            pulse.beat(now_s, 0)
    return alarms
