"""What is read for a score: the right record, nothing after the end, and one sentence where it is not there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatdesk.errors import BadInputError, NotEnoughDataError
from heatdesk.history.evidence import Request, read_evidence
from heatdesk.market import DAY_MS, HOUR_MS, Interval, Kind, Records, SeriesKey
from tests.score.markets import EXCHANGE, SYMBOL, model_market
from tests.score.worlds import START_MS, STEP_MS

ASKED = Request(SYMBOL, EXCHANGE, "1h", START_MS + DAY_MS, START_MS + 3 * DAY_MS)


@pytest.fixture
def store():
    """Hourly totals and single events of four days."""
    both = model_market(4)
    events = model_market(4, events=True)
    key = SeriesKey(EXCHANGE, SYMBOL, Kind.EVENTS)
    both.append(key, events.read(key).records, events.coverage(key))
    return both


def test_hours_are_held_against_totals_and_five_minutes_against_events(store) -> None:
    hourly, short = (read_evidence(store, replace(ASKED, bar=bar)) for bar in ("1h", "5m"))
    assert (hourly.source, hourly.counted, short.counted) == ("totals", False, True)
    assert hourly.events is not None  # beside the totals: they tell where inside a sweep
    assert set(np.unique(hourly.counts)) <= {0, 1}
    assert read_evidence(model_market(4), ASKED).events is None
    assert (short.source, short.observed.bar_ms) == ("events", STEP_MS)
    assert short.events is not None
    assert short.counts.sum() == len(short.events)
    assert read_evidence(store, replace(ASKED, observed="events")).observed.bar_ms == HOUR_MS


def test_a_record_is_found_by_the_name_it_was_imported_under(store) -> None:
    times = START_MS + np.arange(50, dtype=np.int64) * HOUR_MS
    three = Records(
        Kind.TOTALS, times, {"liquidation_long_usd": np.full(50, 7.0), "liquidation_short_usd": np.zeros(50)}
    )
    store.append(SeriesKey(EXCHANGE, SYMBOL, Kind.TOTALS, "1h", "three"), three)
    named = read_evidence(store, replace(ASKED, observed="three"))
    assert named.source == "three"
    assert set(named.observed.usd[:, 0]) == {7.0}
    assert named.counts.sum() == 50
    assert read_evidence(store, ASKED).source == "totals"
    with pytest.raises(BadInputError, match="events, three, totals"):
        read_evidence(store, replace(ASKED, observed="nobody's"))


def test_nothing_after_the_end_is_read(store) -> None:
    for bar in ("1h", "5m"):
        found = read_evidence(store, replace(ASKED, bar=bar, end_ms=START_MS + 2 * DAY_MS + 17))
        assert found.series.time_ms[-1] + STEP_MS <= START_MS + 2 * DAY_MS + 17
        assert found.observed.time_ms[-1] < START_MS + 2 * DAY_MS + 17
        if found.events is not None:
            assert found.events.time_ms[-1] < START_MS + 2 * DAY_MS + 17
            assert found.recorded == (Interval(START_MS, START_MS + 2 * DAY_MS + 17),)


def test_counts_are_found_on_any_grid(store) -> None:
    found = read_evidence(store, replace(ASKED, bar="5m"))
    times = np.array([START_MS - STEP_MS, START_MS, found.observed.time_ms[5], 2**60], np.int64)
    np.testing.assert_array_equal(found.counts_on(times), [[0, 0], found.counts[0], found.counts[5], [0, 0]])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"symbol": "DOGE/USDT:USDT"}, BadInputError, "BTC/USDT:USDT on binance"),
        ({"exchange": "okx"}, BadInputError, "BTC/USDT:USDT on binance"),
        ({"bar": "4h"}, BadInputError, "1h or 5m"),
        ({"end_ms": START_MS}, BadInputError, "start before the end"),
        ({"start_ms": 5, "end_ms": START_MS - DAY_MS}, BadInputError, "later end"),
    ],
)
def test_what_cannot_be_scored_is_said(store, change, error, words) -> None:
    with pytest.raises(error, match=words):
        read_evidence(store, replace(ASKED, **change))


def test_candles_without_liquidations_are_not_enough() -> None:
    store = model_market(3)
    hours_only = replace(ASKED, bar="5m")
    with pytest.raises(NotEnoughDataError, match="import single events"):
        read_evidence(store, hours_only)
