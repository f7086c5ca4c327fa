import struct

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from heatdesk.market import COLUMNS, Kind, Records
from heatdesk.store import chunks
from heatdesk.store.chunks import DamagedError, decode, encode, label, sealed
from tests.store.samples import CANDLES, EVENTS, JANUARY, candles, same

NAME = label(CANDLES, 660, 0)


def funding(values: np.ndarray) -> Records:
    return Records(Kind.FUNDING, np.arange(len(values), dtype=np.int64), {"funding_rate": values})


@given(hnp.arrays(np.float64, st.integers(1, 70), elements=st.floats(width=64)))
def test_every_float_comes_back_bit_for_bit(values: np.ndarray) -> None:
    back = decode(encode(funding(values), NAME), Kind.FUNDING, NAME)["funding_rate"]
    unknown = np.isnan(values)
    assert np.array_equal(np.isnan(back), unknown)
    assert np.array_equal(back[~unknown].view(np.int64), values[~unknown].view(np.int64))


@given(st.lists(st.decimals(0, 200_000, places=4), min_size=1, max_size=50), st.data())
def test_decimals_with_unknown_cells_come_back(values: list, data: st.DataObject) -> None:
    column = np.array([float(value) for value in values])
    column[data.draw(hnp.arrays(np.bool_, len(column)))] = np.nan
    back = decode(encode(funding(column), NAME), Kind.FUNDING, NAME)["funding_rate"]
    assert np.array_equal(back, column, equal_nan=True)


@given(hnp.arrays(np.int64, st.integers(1, 50), elements=st.integers(-(2**63), 2**63 - 1)))
def test_any_times_come_back(times: np.ndarray) -> None:
    records = Records(Kind.FUNDING, np.sort(times), {"funding_rate": np.zeros(len(times))})
    assert np.array_equal(decode(encode(records, NAME), Kind.FUNDING, NAME).time_ms, records.time_ms)


def test_a_month_of_candles_costs_few_bytes_and_an_unknown_column_none() -> None:
    month = candles(44_640, timeframe="1m")
    known = Records(month.kind, month.time_ms, {**month.columns, "taker_buy_volume": month["volume"] / 4})
    small = encode(month, NAME)
    assert len(small) < 11 * len(month)
    assert same(decode(small, Kind.CANDLES, NAME), month)
    assert len(encode(known, NAME)) - len(small) > len(month)


def test_prices_keep_their_tick_and_only_odd_numbers_cost_all_their_bits() -> None:
    tick = np.round(np.linspace(1, 2, 5000), 4)
    assert len(encode(funding(tick), NAME)) < 2_000
    odd = tick * np.pi
    assert np.array_equal(decode(encode(funding(odd), NAME), Kind.FUNDING, NAME)["funding_rate"], odd)


@pytest.mark.parametrize(
    "other",
    [label(CANDLES, 661, 0), label(CANDLES, 660, 1), label(EVENTS, 660, 0), label(CANDLES)],
    ids=["month", "part", "series", "no place"],
)
def test_a_block_under_another_name_is_damaged(other: bytes) -> None:
    with pytest.raises(DamagedError):
        decode(encode(candles(10), NAME), Kind.CANDLES, other)


def test_every_single_changed_byte_is_noticed() -> None:
    block = encode(candles(20), NAME)
    for i in range(len(block)):
        for change in (1, 0x80, 0xFF):
            damaged = block[:i] + bytes([block[i] ^ change]) + block[i + 1 :]
            with pytest.raises(DamagedError):
                decode(damaged, Kind.CANDLES, NAME)


@pytest.mark.parametrize("blob", [None, "text", 1, b"", b"short", b"x" * 500])
def test_whatever_type_a_damaged_file_gives_is_damaged(blob: object) -> None:
    with pytest.raises(DamagedError):
        decode(blob, Kind.CANDLES, NAME)


@given(st.binary(max_size=200))
def test_a_forged_digest_over_nonsense_is_still_damaged(payload: bytes) -> None:
    with pytest.raises(DamagedError):
        decode(sealed(NAME, payload), Kind.FUNDING, NAME)


def test_a_block_that_would_grow_beyond_its_rows_is_refused() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(64 << 20))
    headers = struct.pack("<BBBq", 0, 1, 0, JANUARY) * (1 + len(COLUMNS[Kind.FUNDING]))
    with pytest.raises(DamagedError, match="size"):
        decode(sealed(NAME, struct.pack("<I", 5) + headers + bomb), Kind.FUNDING, NAME)
    with pytest.raises(DamagedError, match="header"):
        decode(sealed(NAME, struct.pack("<I", 1 << 30) + headers + bomb), Kind.FUNDING, NAME)


def test_a_block_holds_at_least_one_row_and_at_most_its_limit() -> None:
    with pytest.raises(ValueError, match="0"):
        encode(Records.empty(Kind.CANDLES), NAME)
    with pytest.raises(ValueError, match="holds"):
        encode(funding(np.zeros(chunks.MAX_ROWS + 1)), NAME)
