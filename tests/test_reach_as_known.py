"""The reach of a past moment is the one that was shown then."""

import numpy as np

from heatdesk.engine import Engine, Question
from heatdesk.market import DAY_MS, HOUR_MS, Kind, SeriesKey
from heatdesk.store.memory import MemoryStore
from tests.reading.walks import START_MS, walk

KEY = SeriesKey("binance", "BTC/USDT:USDT", Kind.CANDLES, "5m")


def test_a_past_end_has_the_reach_of_then():
    candles, end = walk(30, 300_000), START_MS + 20 * DAY_MS + 7 * HOUR_MS
    whole, then = MemoryStore(), MemoryStore()
    whole.append(KEY, candles)
    then.append(KEY, candles.take(candles.time_ms < end))
    question = Question(KEY.symbol, (KEY.exchange,), lookback_ms=2 * DAY_MS)
    past = Engine(whole).ask(Question(KEY.symbol, (KEY.exchange,), lookback_ms=2 * DAY_MS, end_ms=end))
    shown = Engine(then).ask(question)
    assert past.reach is not None
    assert shown.reach is not None
    assert past.reach.time_ms == shown.reach.time_ms == end
    assert past.reach.price == shown.reach.price
    for a, b in zip(past.reach.horizons, shown.reach.horizons, strict=True):
        assert (a.ms, a.sigma, a.hours) == (b.ms, b.sigma, b.hours)
        assert np.array_equal(a.beyond, b.beyond)
    assert [c.touch for c in past.clusters] == [c.touch for c in shown.clusters]
    assert Engine(whole).ask(question).reach.time_ms > end
