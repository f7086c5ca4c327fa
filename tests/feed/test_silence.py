"""The silence test: no liquidations here while others tell of many."""

from __future__ import annotations

import random

from heatdesk.feed.silence import Silence


def _play(
    silence: Silence, rates: dict[str, float], seconds: int, start_s: float = 0.0, seed: int = 1
) -> list[tuple[str, float]]:
    """Liquidations at random, so many an hour; who is suspected, and when."""
    chance, suspected = random.Random(seed), []
    for second in range(seconds):
        now_s = start_s + second
        for name, per_hour in rates.items():
            if chance.random() < per_hour / 3600.0:
                silence.heard(name, f"S{chance.randrange(50)}", now_s)
        suspected += [(name, now_s) for name in rates if silence.suspect(name, now_s)]
    return suspected


def test_an_exchange_that_stops_telling_is_suspect_within_ten_minutes() -> None:
    silence = Silence()
    rates = {"a": 200.0, "b": 150.0, "c": 100.0}
    for name in rates:
        silence.listening(name, 0.0)
    assert _play(silence, rates, 4 * 3600) == []
    suspected = _play(silence, {**rates, "b": 0.0}, 1800, start_s=4 * 3600.0)
    assert {name for name, _ in suspected} == {"b"}
    assert suspected[0][1] - 4 * 3600.0 <= 600.0


def test_quiet_days_raise_no_alarm() -> None:
    silence = Silence()
    rates = {"a": 20.0, "b": 3.0, "c": 0.5}
    for name in rates:
        silence.listening(name, 0.0)
    assert _play(silence, rates, 2 * 86_400) == []


def test_one_that_never_told_anything_is_suspect_in_time() -> None:
    silence = Silence()
    for name in "abc":
        silence.listening(name, 0.0)
    suspected = _play(silence, {"a": 600.0, "b": 600.0, "c": 0.0}, 1200)
    assert {name for name, _ in suspected} == {"c"}


def test_a_cascade_counts_once_a_second_and_a_fresh_ear_is_not_suspect() -> None:
    silence = Silence()
    silence.listening("a", 0.0)
    silence.listening("b", 0.0)
    for _ in range(10_000):
        silence.heard("a", "BTC", 30.0)
    assert silence.improbability("b") < 1.0
    for second in range(1000):
        silence.heard("a", f"S{second % 7}", 100.0 + second)
    assert silence.suspect("b", 1100.0)
    silence.gone("b")
    assert not silence.suspect("b", 1100.0)
    silence.listening("b", 1100.0)
    assert not silence.suspect("b", 1101.0)
