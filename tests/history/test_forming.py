"""What forms after the last closed candle: stored minutes and the open one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from heatdesk.events import Candle
from heatdesk.history.forming import forming_candles, joined
from heatdesk.market import COLUMNS, MINUTE_MS, Kind, Records

START = 1_750_000_200_000  # on a mark of five minutes
FIVE = 5 * MINUTE_MS


def minutes(n: int, first: int = 0) -> Records:
    price = 100.0 + np.arange(first, first + n)
    columns = {
        "open": price,
        "high": price + 2.0,
        "low": price - 2.0,
        "close": price + 1.0,
        "volume": np.full(n, 10.0),
        "taker_buy_volume": np.full(n, np.nan),
    }
    return Records(Kind.CANDLES, START + (first + np.arange(n)) * MINUTE_MS, columns)


def open_minute(minute: int, price: float = 500.0, volume: float = 3.0) -> Candle:
    return Candle(
        "BTC/USDT:USDT", "1m", START + minute * MINUTE_MS, price, price, price, price, volume, 1.0, False
    )


def test_closed_minutes_and_the_open_one_make_the_candle():
    made = forming_candles(START, FIVE, minutes(3), open_minute(3))
    assert made.time_ms.tolist() == [START]
    assert [made[name][0] for name in ("open", "high", "low", "close", "volume")] == [
        100.0,
        500.0,
        98.0,
        500.0,
        33.0,
    ]
    assert math.isnan(made["taker_buy_volume"][0])


def test_a_five_minutes_that_is_over_but_not_stored_yet_stands_before_the_one_that_forms():
    made = forming_candles(START, FIVE, minutes(5), open_minute(5))
    assert made.time_ms.tolist() == [START, START + FIVE]
    assert made["close"].tolist() == [105.0, 500.0]


def test_what_is_closed_or_comes_later_is_left_out():
    assert len(forming_candles(START + FIVE, FIVE, minutes(5), open_minute(4))) == 0
    made = forming_candles(START + FIVE, FIVE, minutes(8), open_minute(6))
    assert made["volume"].tolist() == [13.0]  # minute 5 and the open one: 6 is open, 7 has not been


@pytest.mark.parametrize("price", [math.nan, 0.0, -1.0, math.inf])
def test_an_open_minute_without_a_price_adds_nothing(price: float):
    assert len(forming_candles(START, FIVE, minutes(0), open_minute(0, price))) == 0
    made = forming_candles(START, FIVE, minutes(2), open_minute(2, price))
    assert made["close"].tolist() == [102.0]
    assert made["volume"].tolist() == [20.0]


def test_minutes_that_form_in_a_history_of_minutes_stand_alone():
    made = forming_candles(START, MINUTE_MS, minutes(0), open_minute(0))
    assert made.time_ms.tolist() == [START]
    assert set(made.columns) == set(COLUMNS[Kind.CANDLES])


def test_joining_nothing_copies_nothing():
    rows = minutes(3)
    assert joined(rows, Records.empty(Kind.CANDLES)) is rows
    assert joined(rows, minutes(2, first=3)).time_ms.tolist() == (START + np.arange(5) * MINUTE_MS).tolist()
