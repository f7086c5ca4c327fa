"""Good files with some bytes changed: rows, or one sentence, never anything else."""

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heatdesk.errors import BadInputError
from heatdesk.feed.archive import read_file
from tests.feed.samples import (
    JANUARY,
    KLINES_HEADER,
    METRICS_HEADER,
    STEP,
    SYMBOL,
    candle_lines,
    kline_lines,
    write,
)

PIECES = [
    b",",
    b"\n",
    b'"',
    b"\xff",
    b"\0",
    b"-",
    b"e",
    b"nan",
    b"",
    b"9" * 30,
    b"\r",
    b"x",
    b"time_ms",
    b";",
    b"\xef\xbb\xbf",
]


def good_files(folder: Path) -> dict[str, bytes]:
    """One file of every form and kind."""
    interest = candle_lines(
        20, "time_ms,open,high,low,close,volume,open_interest,open_interest_usd", ",90000,4.5e9"
    )
    metrics = [f"2025-01-01 00:{5 * i:02}:00,BTCUSDT,9,450000,1,1,1,1" for i in range(9)]
    events = [f"{JANUARY + i},long,50000,0.1,5000" for i in range(9)]
    files = [
        write(folder / "interest.csv", interest),
        write(folder / "klines.csv", [KLINES_HEADER, *kline_lines(20)]),
        write(folder / "metrics.csv", [METRICS_HEADER, *metrics]),
        write(folder / "events.csv", ["time_ms,side,bankruptcy_price,amount,notional_usd", *events]),
        write(folder / "candles.csv.gz", candle_lines(20)),
        write(folder / "candles.zip", candle_lines(20)),
        folder / "events.parquet",
    ]
    times = [JANUARY + i * STEP for i in range(50)]
    table = {"time_ms": times, "side": ["long"] * 50, "price": [5.0] * 50, "amount": [1.0] * 50}
    pq.write_table(pa.table(table), files[-1])
    return {file.name: file.read_bytes() for file in files}


def damage(data: bytes, random_: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(random_.choice((1, 1, 2, 5))):
        at = random_.randrange(len(damaged) + 1)
        how = random_.randrange(3)
        if how == 0:
            damaged[at : at + 1] = bytes([random_.randrange(256)])
        else:
            damaged[at : at + (how - 1) * random_.randrange(12)] = random_.choice(PIECES)
    return bytes(damaged)


def read_damaged(folder: Path, seeds: range) -> None:
    good = good_files(folder)
    read = refused = 0
    for seed in seeds:
        random_ = random.Random(seed)
        name = random_.choice(sorted(good))
        (folder / name).write_bytes(damage(good[name], random_))
        try:
            found = read_file(folder / name, SYMBOL)
        except BadInputError as error:
            refused += 1
            assert str(error).isprintable(), f"seed {seed}: {error!r}"
            assert str(folder / name) in str(error), f"seed {seed}"
            continue
        read += 1
        for series in found:
            assert len(series.records), f"seed {seed}"
            assert (series.records.time_ms[1:] >= series.records.time_ms[:-1]).all(), f"seed {seed}"
    assert read > len(seeds) // 50
    assert refused > len(seeds) // 2


def test_damaged_files_end_in_a_sentence(tmp_path: Path) -> None:
    read_damaged(tmp_path, range(1_000))


@pytest.mark.slow
def test_20_000_damaged_files_end_in_a_sentence(tmp_path: Path) -> None:
    read_damaged(tmp_path, range(1_000, 21_000))
