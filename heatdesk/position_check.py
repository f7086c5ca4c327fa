"""The model's density held against real positions: reads the store, replays the map, compares."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from heatdesk.history.instrument import History, read_history
from heatdesk.history.positions import Positions, coin_of, read_held_usd, read_positions
from heatdesk.market import DAY_MS, HOUR_MS, TIMEFRAMES, Floats, Kind, Records, Times
from heatdesk.model.heatmap import Heatmap
from heatdesk.model.params import ModelParams
from heatdesk.model.series import build_series
from heatdesk.replay.maps import Wanted, replay
from heatdesk.score.hyperliquid import MAP, Moment, PositionScore, compare, ignorant_maps, in_rows
from heatdesk.store.base import Store

# Leverages of standing positions there are lower than elsewhere: a bell around 3.7x, published by the exchange.
LEVERAGE_MEDIAN: Final = 3.7
LEVERAGE_SPREAD: Final = 0.8
PROFILES_DAYS: Final = (7, 30, 90)
_MARGIN: Final = 1.25


def check_positions(store: Store, symbol: str, params: ModelParams | None = None) -> PositionScore | None:
    """Every stored snapshot of the symbol's coin against the map of the exchange they are of.

    Births follow the coin's longest stored candles, scaled to the exchange's own open interest where that is recorded.
    None where no positions or no candles of the coin are stored.
    """
    wanted = replace(
        params or ModelParams(),
        weights="prior",
        leverage_median=LEVERAGE_MEDIAN,
        leverage_spread=LEVERAGE_SPREAD,
    )
    positions = read_positions(store, symbol)
    history = None if positions is None else _history(store, symbol, positions, wanted.turnover)
    if positions is None or history is None:
        return None
    heatmap = _replayed(symbol, history, positions, wanted)
    snapshots = [_moment(positions, i, heatmap, history) for i in range(len(positions.time_ms))]
    return compare([moment for moment in snapshots if moment is not None], positions.exchange)


def _history(store: Store, symbol: str, positions: Positions, turnover: float) -> History | None:
    """The coin's longest candles with the open interest of the exchange that the positions are of."""
    stored = [
        info
        for info in store.list()
        if info.key.kind is Kind.CANDLES
        and not info.key.source
        and coin_of(info.key.symbol) == coin_of(symbol)
        and info.start_ms < positions.time_ms[0]
        and HOUR_MS % TIMEFRAMES[info.key.timeframe] == 0
    ]
    if not stored:
        return None
    best = max(
        stored, key=lambda info: (info.key.exchange == positions.exchange, info.end_ms - info.start_ms)
    ).key
    history = read_history(store, best.symbol, best.exchange, HOUR_MS, None)
    held = read_held_usd(store, symbol, positions.exchange)
    if not len(held):
        return replace(history, exchange=positions.exchange)
    step_ms, candles = history.series.step_ms, _as_traded_there(history.candles, held, turnover)
    close = _close_at(candles, held.time_ms, step_ms)
    coins = Records(
        Kind.OPEN_INTEREST, held.time_ms, {"open_interest": held["open_interest_usd"] / close}
    ).take(np.isfinite(close))
    return History(
        positions.exchange, candles, build_series(candles, coins, step_ms), history.damaged, history.symbol
    )


def _as_traded_there(candles: Records, held: Records, turnover: float) -> Records:
    """The candles with as much volume as turns the exchange's open interest over so often a day.

    Another exchange's volume would make its positions look shorter-lived than they are.
    """
    time_ms = candles.time_ms
    inside = (time_ms >= held.time_ms[0]) & (time_ms < held.time_ms[-1])
    traded = float(np.nansum(candles["volume"][inside] * candles["close"][inside]))
    days = float(held.time_ms[-1] - held.time_ms[0]) / DAY_MS
    scale = turnover * float(held["open_interest_usd"].mean()) * days / traded if traded > 0 else 1.0
    columns = dict(candles.columns)
    for name in ("volume", "taker_buy_volume"):
        columns[name] = columns[name] * scale
    return Records(candles.kind, time_ms, columns)


def _close_at(candles: Records, time_ms: Times, step_ms: int) -> Floats:
    """The close of the last candle that had ended by each time, NaN before the first."""
    at = np.searchsorted(candles.time_ms + step_ms, time_ms, side="right") - 1
    return np.where(at >= 0, candles["close"][np.maximum(at, 0)], np.nan)


def _replayed(symbol: str, history: History, positions: Positions, params: ModelParams) -> Heatmap:
    """Hourly columns up to the last snapshot."""
    start = int(positions.time_ms[0]) // HOUR_MS * HOUR_MS - HOUR_MS
    end = int(positions.time_ms[-1]) // HOUR_MS * HOUR_MS
    shown = history.candles.take((history.candles.time_ms >= start) & (history.candles.time_ms < end))
    wanted = Wanted(
        symbol,
        "1h",
        start,
        end,
        params,
        price_min=float(shown["low"].min()) / _MARGIN,
        price_max=float(shown["high"].max()) * _MARGIN,
    )
    return replay([history], shown, wanted, ())


def _moment(positions: Positions, index: int, heatmap: Heatmap, history: History) -> Moment | None:
    """A snapshot and the maps as they stood when it was taken; None before the map begins."""
    time_ms = int(positions.time_ms[index])
    column = int(np.searchsorted(heatmap.times_ms + heatmap.step_ms, time_ms, side="right")) - 1
    price = float(_close_at(history.candles, np.array([time_ms]), history.series.step_ms)[0])
    if column < 0 or not np.isfinite(price):
        return None
    own = positions.moment == index
    there = own & (positions.usd > 0)
    centres = np.sqrt(heatmap.prices[:-1] * heatmap.prices[1:])
    standing = heatmap.notional("both")[:, column].astype(float)
    maps = {MAP: in_rows(centres / price, standing), **ignorant_maps()}
    for days in PROFILES_DAYS:
        maps[f"volume of {days} d"] = _volume_profile(history, time_ms, days, price)
    return Moment(
        time_ms=time_ms,
        true=in_rows(positions.price[there] / price, positions.usd[there]),
        maps=maps,
        held=np.full(2, positions.open_interest[index]),
        known=positions.known(index),
        positions=int(own.sum()),
        without=int((own & (positions.usd == 0)).sum()),
    )


def _volume_profile(history: History, time_ms: int, days: int, price: float) -> Floats:
    """Volume by the typical price of every candle that had ended and was not older than some days."""
    ends = history.candles.time_ms + history.series.step_ms
    first, stop = np.searchsorted(ends, [time_ms - days * DAY_MS, time_ms], side="right")
    recent = history.candles.take(slice(int(first), int(stop)))
    typical = (recent["high"] + recent["low"] + recent["close"]) / 3.0
    return in_rows(typical / price, np.nan_to_num(recent["volume"], nan=0.0))
