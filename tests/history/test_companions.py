"""What stands under a map: sums, samples as of a column's end, and no step where an exchange joins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatdesk.engine import Engine, Question
from heatdesk.events import Candle, Market
from heatdesk.history.companions import Companions
from heatdesk.live import Live, MarketState
from heatdesk.market import COLUMNS, HOUR_MS, MINUTE_MS, Floats, Kind, Records, SeriesKey
from heatdesk.model.series import Series
from heatdesk.store.memory import MemoryStore
from tests.model.walks import START_MS, STEP_MS
from tests.model.walks import walk as walk_of

BTC = "BTC/USDT:USDT"
SYMBOLS = {"binance": BTC, "dydx": "BTC/USDC:USDC"}
N = 240


def walk(n: int, seed: int = 0) -> Series:
    """A walk that begins with a whole quarter of an hour."""
    series = walk_of(n, seed)
    return replace(series, time_ms=series.time_ms - START_MS % (3 * STEP_MS))


def put(
    store: MemoryStore, exchange: str, symbol: str, kind: Kind, times: np.ndarray, *values: Floats
) -> None:
    key = SeriesKey(exchange, symbol, kind, "5m" if kind is Kind.CANDLES else "")
    store.append(key, Records(kind, times, dict(zip(COLUMNS[kind], values, strict=True))))


@pytest.fixture
def store() -> MemoryStore:
    """dYdX's open interest begins in the middle; Binance pays funding every eight hours, dYdX every hour."""
    made = MemoryStore()
    for seed, (exchange, symbol) in enumerate(SYMBOLS.items()):
        series = walk(N, seed)
        put(
            made,
            exchange,
            symbol,
            Kind.CANDLES,
            series.time_ms,
            *(getattr(series, c) for c in COLUMNS[Kind.CANDLES]),
        )
        since = 0 if exchange == "binance" else N // 2
        put(made, exchange, symbol, Kind.OPEN_INTEREST, series.time_ms[since:], series.open_interest[since:])
    start = int(series.time_ms[0])
    put(made, "binance", BTC, Kind.FUNDING, start + np.arange(3) * 8 * HOUR_MS, np.array([1e-4, 2e-4, 3e-4]))
    put(made, "dydx", "BTC/USDC:USDC", Kind.FUNDING, start + np.arange(20) * HOUR_MS, np.full(20, 1e-5))
    put(made, "binance", BTC, Kind.LONG_SHORT, start + np.arange(20) * HOUR_MS, np.linspace(1.0, 2.9, 20))
    spot = walk(N, 7)
    put(
        made,
        "binance",
        "BTC/USDT",
        Kind.CANDLES,
        spot.time_ms,
        *(getattr(spot, c) for c in COLUMNS[Kind.CANDLES]),
    )
    return made


def companions(store: MemoryStore, timeframe: str = "15m", live: Live | None = None) -> Companions:
    engine = Engine(store)
    engine.set_live(live)
    return engine.ask(Question(BTC, tuple(SYMBOLS), timeframe, companions=True)).companions


def test_they_are_only_read_where_asked_for(store: MemoryStore):
    assert Engine(store).ask(Question(BTC, tuple(SYMBOLS))).companions is None


def test_volume_and_delta_are_sums_of_the_columns_candles(store: MemoryStore):
    made = companions(store)
    series = walk(N, 0)
    assert made.markets == tuple(Market(*of) for of in SYMBOLS.items())
    assert made.volume.shape == (2, N // 3)
    assert made.volume[0] == pytest.approx(series.volume.reshape(-1, 3).sum(axis=1))
    delta = (2 * series.taker_buy_volume - series.volume).reshape(-1, 3).sum(axis=1)
    assert made.delta[0] == pytest.approx(delta)
    assert made.cumulative() == pytest.approx(np.cumsum(made.delta.sum(axis=0)))
    spot = walk(N, 7)
    assert made.spot_markets == (Market("binance", "BTC/USDT"),)
    bought = (2 * spot.taker_buy_volume - spot.volume).reshape(-1, 3).sum(axis=1)
    assert made.cumulative("spot_delta") == pytest.approx(np.cumsum(bought))


def test_open_interest_is_as_of_the_columns_end_and_unknown_before_it_begins(store: MemoryStore):
    made = companions(store)
    series = walk(N, 0)
    at_end = series.open_interest[np.minimum(np.arange(3, N + 1, 3), N - 1)]
    assert made.open_interest[0] == pytest.approx(at_end)
    assert np.isnan(made.open_interest[1, : N // 6 - 1]).all()
    assert np.isfinite(made.open_interest[1, N // 6 :]).all()
    closes = series.close[2::3]
    assert made.open_interest_usd[0] == pytest.approx(at_end * closes)


def test_an_exchange_that_joins_makes_no_step_in_the_sum(store: MemoryStore):
    made = companions(store)
    total, smooth = made.total("open_interest"), made.open_interest_change()
    joins = int(np.flatnonzero(np.isfinite(made.open_interest[1]))[0])
    assert abs(total[joins] / total[joins - 1] - 1) > 0.5  # the plain sum does step
    assert np.abs(np.diff(smooth) / smooth[:-1]).max() < 0.02
    assert smooth[-1] == pytest.approx(total[-1])
    assert np.diff(smooth)[: joins - 1] == pytest.approx(np.diff(made.open_interest[0])[: joins - 1])


def test_funding_is_for_eight_hours_whatever_the_exchange_pays_by(store: MemoryStore):
    made = companions(store)
    eight = 8 * HOUR_MS // (3 * STEP_MS)
    assert made.funding[0, 0] == pytest.approx(1e-4)
    assert made.funding[0, eight] == pytest.approx(2e-4)
    assert made.funding[1, 5] == pytest.approx(8e-5)
    mean = made.mean_funding()
    assert mean[0] == pytest.approx(1e-4)  # dYdX's open interest is not known yet
    assert min(made.funding[:, -1]) < mean[-1] < max(made.funding[:, -1])


def test_samples_that_are_too_old_are_unknown(store: MemoryStore):
    made = companions(store)
    assert np.isnan(made.long_short[1]).all()
    assert np.isfinite(made.long_short[0, : 20 * 4]).all()
    assert made.long_short.shape == (2, N // 3)
    quiet = MemoryStore()
    series = walk(N, 0)
    put(
        quiet,
        "binance",
        BTC,
        Kind.CANDLES,
        series.time_ms,
        *(getattr(series, c) for c in COLUMNS[Kind.CANDLES]),
    )
    put(quiet, "binance", BTC, Kind.OPEN_INTEREST, series.time_ms[:12], series.open_interest[:12])
    snapshot = Engine(quiet).ask(Question(BTC, ("binance",), companions=True))
    known = np.isfinite(snapshot.companions.open_interest[0])
    assert known[:34].all()
    assert not known[36:].any()
    assert np.isnan(snapshot.companions.mean_funding()).all()
    assert snapshot.companions.spot_delta.shape == (0, N)


def test_the_last_column_ends_now(store: MemoryStore):
    now = int(walk(N).time_ms[-1]) + STEP_MS
    market = Market("binance", BTC)
    candle = Candle(BTC, "1m", now, 60_000.0, 60_010.0, 59_990.0, 60_005.0, 7.0, 5.0, False)
    state = MarketState(market, candle, open_interest=91_000.0, funding_rate=5e-4, long_short_ratio=1.25)
    live = Live(made_ms=now + MINUTE_MS // 2, markets={market: state})
    made = companions(store, "5m", live)
    assert made.times_ms[-1] == now
    assert made.open_interest[0, -1] == 91_000.0
    assert made.funding[0, -1] == 5e-4
    assert made.long_short[0, -1] == 1.25
    assert made.volume[0, -1] == 7.0
    assert made.delta[0, -1] == 3.0
    assert np.isnan(made.volume[1, -1])


def test_arrays_cannot_be_written(store: MemoryStore):
    made = companions(store)
    for name in ("volume", "open_interest", "funding", "delta", "spot_delta"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(made, name)[:] = 0
    assert replace(made).step_ms == 900_000
