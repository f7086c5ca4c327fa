"""Every bad file ends in one sentence with the file, the row where there is one, and what to do."""

import io
import os
import stat
import struct
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.errors import BadInputError
from heatdesk.feed import files
from heatdesk.feed.archive import read_file
from heatdesk.feed.files import misfit_by_name, table_files
from heatdesk.market import Kind
from tests.feed.samples import (
    JANUARY,
    KLINES_HEADER,
    METRICS_HEADER,
    STEP,
    SYMBOL,
    candle_lines,
    kline_lines,
    write,
    write_checksum,
)

ROW_2 = f"{JANUARY + STEP},50010,50030,50000,50020,2.5"
OTHER_ROW_2 = ROW_2.replace("50020", "50021")
WITH_INTEREST = "time_ms,open,high,low,close,volume,open_interest"


def replaced(line: int, text: str, count: int = 6) -> list[str]:
    lines = candle_lines(count)
    lines[line - 1] = text
    return lines


def cell(column: int, text: str, line: int = 3) -> list[str]:
    lines = candle_lines()
    cells = lines[line - 1].split(",")
    cells[column] = text
    lines[line - 1] = ",".join(cells)
    return lines


# what is wrong: the lines, and the words the sentence must hold
BAD_LINES = {
    "no header": (candle_lines()[1:], ["row 1", "header"]),
    "unknown columns": (["a,b", "1,2"], ["row 1", "no known columns", "time_ms"]),
    "missing column": (candle_lines(2, "time_ms,open,high,low,shut,volume"), ["row 1", "close"]),
    "no time": (candle_lines(2, "when,open,high,low,close,volume"), ["time_ms"]),
    "a column twice": (candle_lines(2, "time_ms,open,high,low,close,close"), ["row 1", "close", "twice"]),
    "semicolons": ([line.replace(",", ";") for line in candle_lines()], ["row 1"]),
    "header only": (candle_lines(0), ["no rows"]),
    "a cell too few": (replaced(4, ROW_2.rsplit(",", 1)[0]), ["row 4", "5 cells instead of 6"]),
    "a cell too many": (replaced(4, ROW_2 + ",9"), ["row 4", "7 cells instead of 6"]),
    "text for a number": (cell(2, "high"), ["row 3", "high", "'high'"]),
    "markup for a number": (cell(2, "<b>1</b>"), ["row 3", "high"]),
    "no time in a row": (cell(0, ""), ["row 3", "time_ms"]),
    "a fraction of a time": (cell(0, "1735689900000.5"), ["row 3", "time_ms", "milliseconds"]),
    "NaN price": (cell(4, "nan"), ["row 3", "close is not a number"]),
    "infinite price": (cell(2, "inf"), ["row 3", "high is infinite"]),
    "infinite volume": (cell(5, "1e999"), ["row 3", "volume is infinite"]),
    "zero price": (cell(3, "0"), ["row 3", "low is zero"]),
    "negative price": (cell(1, "-5"), ["row 3", "open is zero or negative"]),
    "high below low": (cell(2, "49000"), ["row 3", "high is below low"]),
    "open above high": (cell(1, "60000"), ["row 3", "high is below open"]),
    "low above close": (cell(4, "49999"), ["row 3", "low is above"]),
    "negative volume": (cell(5, "-1"), ["row 3", "volume is negative"]),
    "seconds": ([candle_lines()[0], *(line.replace("00000,", "00,", 1) for line in candle_lines()[1:])], ["seconds"]),
    "one time in seconds": (cell(0, str(JANUARY // 1000)), ["row 3", "seconds"]),
    "microseconds": (cell(0, str(JANUARY * 1000)), ["row 3", "microseconds"]),
    "year 1970": (cell(0, "5"), ["row 3", "no time of this age"]),
    "off the grid": (cell(0, str(JANUARY + STEP + 1000)), ["row 3", "start of a 5m bar"]),
    "contradicting rows": ([*candle_lines(), OTHER_ROW_2], ["row 8", "contradicts row 3", "same time"]),
    "a step of three minutes": (
        [candle_lines()[0], *(line.replace(str(JANUARY + i * STEP), str(JANUARY + i * 180_000))
                              for i, line in enumerate(candle_lines()[1:]))],
        ["180,000 ms", "resample"],
    ),
    "blank lines before the bad row": ([*candle_lines(1), "", "", *cell(3, "0")[2:]], ["row 5", "low is zero"]),
    "blank lines before a bad word": ([*candle_lines(1), "", "", *cell(3, "x")[2:]], ["row 5", "low is 'x'"]),
    "a bad word far down": ([*candle_lines(30_000), f"{JANUARY},x,1,1,1,1"], ["row 30002", "open is 'x'"]),
    "blank lines before a blank time": ([*candle_lines(1), "", "", *cell(0, "")[2:]], ["row 5", "time_ms is blank"]),
    "a bad word without a header": (
        [*kline_lines(3), kline_lines(4)[3].replace("50020", "x")], ["row 4", "high is 'x'"]
    ),
    "another coin": (
        [candle_lines()[0] + ",coin", *(line + ",ETH" for line in candle_lines()[1:])], ["row 2", "another symbol"]
    ),
    "taker above volume": (
        candle_lines(3, "time_ms,open,high,low,close,volume,taker_buy_volume", ",9999"), ["row 2", "above volume"]
    ),
    "open interest in USD": (candle_lines(6, WITH_INTEREST, ",500000000"), ["row 2", "in USD, not in coins"]),
    "open interest and its value swapped": (
        candle_lines(6, WITH_INTEREST + ",open_interest_usd", ",4500000000,90000"), ["row 2", "units are mixed"]
    ),
    "negative open interest": (candle_lines(6, WITH_INTEREST, ",-5"), ["row 2", "negative"]),
    "no value at all": (["time_ms,funding_rate", f"{JANUARY},", f"{JANUARY + STEP},"], ["not a single value"]),
    "volume in contracts": (
        [KLINES_HEADER, *(line.replace(f",{i + 1}.5,", f",{i + 1}500.5,") for i, line in enumerate(kline_lines()))],
        ["row 2", "volume is not in coins"],
    ),
    "another symbol": ([METRICS_HEADER, "2025-01-01 00:05:00,ETHUSDT,1,50000,1,1,1,1"], ["row 2", "another symbol"]),
    "metrics in USD": (
        [METRICS_HEADER, "2025-01-01 00:05:00,BTCUSDT,500,500,1,1,1,1", "2025-01-01 00:10:00,BTCUSDT,5,5,1,1,1,1"],
        ["row 2", "in USD"],
    ),
    "metrics with a date of another form": (
        [METRICS_HEADER, "1/1/2025 00:05,BTCUSDT,5,50000,1,1,1,1"], ["row 2", "create_time"]
    ),
    "a side that is neither": (["time_ms,side,price,amount", f"{JANUARY},buy,50000,1"], ["row 2", "long nor short"]),
    "amount in USD": (
        ["time_ms,side,price,amount,notional_usd", f"{JANUARY},long,50000,5000,5000"], ["row 2", "units are mixed"]
    ),
    "an event without a price above zero": (["time_ms,side,price,amount", f"{JANUARY},long,0,1"], ["row 2", "price"]),
    "negative totals": (
        ["time_ms,liquidation_long_usd,liquidation_short_usd", f"{JANUARY},1,-1"], ["row 2", "negative"]
    ),
    "funding in percent": (["time_ms,funding_rate", f"{JANUARY},0.7"], ["row 2", "fraction"]),
    "open interest in USD without a price": (["time_ms,open_interest_usd", f"{JANUARY},5"], ["row 1", "open"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ["bad.csv", "bad.csv.gz", "bad.zip"])
@pytest.mark.parametrize(("lines", "words"), BAD_LINES.values(), ids=BAD_LINES)
def test_bad_rows_are_told(tmp_path: Path, name: str, lines: list[str], words: list[str]) -> None:
    sentence = refused(write(tmp_path / name, lines))
    for word in [name, *words]:
        assert word in sentence, sentence


def refused(path: Path, timeframe: str | None = None, kind: Kind | None = None) -> str:
    """The sentence; it is one line of plain text that ends."""
    with pytest.raises(BadInputError) as error:
        read_file(path, SYMBOL, timeframe, kind)
    sentence = str(error.value)
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert str(path) in sentence
    return sentence


def test_a_contradicting_timeframe_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", candle_lines())
    assert "5m apart, not 1m" in refused(path, "1m")
    assert "5m apart, not 1h" in refused(path, "1h")


def test_a_kind_the_file_does_not_hold_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", candle_lines())
    assert "funding_rate" in refused(path, kind=Kind.FUNDING)


@pytest.mark.parametrize("keep", [1, 9, 15, 60, -9, -4, -1])
def test_a_truncated_gzip_is_refused(tmp_path: Path, keep: int) -> None:
    path = write(tmp_path / "c.csv.gz", candle_lines(50))
    path.write_bytes(path.read_bytes()[:keep])
    assert "truncated" in refused(path)


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv.gz", candle_lines(50))
    data = bytearray(path.read_bytes())
    data[-6] ^= 1
    path.write_bytes(data)
    assert "damaged gzip" in refused(path)
    path.write_bytes(b"time_ms,open\n")
    assert "damaged gzip" in refused(path)


@pytest.mark.parametrize("name", ["c.csv", "c.csv.gz", "c.zip", "c.parquet"])
@pytest.mark.parametrize("content", [b"", b"\n\n \n"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    refused(path)


def test_the_checksum_beside_a_file_is_verified(tmp_path: Path) -> None:
    path = write(tmp_path / "BTCUSDT-5m-2025-01.zip", kline_lines())
    beside = write_checksum(path)
    assert len(read_file(path, SYMBOL)) == 1
    beside.write_text("0" * 64 + "  " + path.name)
    assert "does not match" in refused(path)
    beside.write_text("nothing")
    with pytest.raises(BadInputError, match=r"CHECKSUM holds no SHA-256"):
        read_file(path, SYMBOL)


def zipped(path: Path, *members: tuple[str, bytes], mode: int = 0o644) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return path


@pytest.mark.parametrize(
    "name", ["../c.csv", "/etc/c.csv", "a/c.csv", "c.txt", "C:\\c.csv", "..csv", "c.csv/", "<b>.csv"]
)
def test_unexpected_members_of_a_zip_are_refused(tmp_path: Path, name: str) -> None:
    data = "\n".join(kline_lines()).encode()
    assert "exactly one CSV" in refused(zipped(tmp_path / "c.zip", (name, data)))
    assert [path.name for path in tmp_path.rglob("*")] == ["c.zip"]


def test_a_zip_with_more_or_fewer_members_or_a_link_is_refused(tmp_path: Path) -> None:
    data = "\n".join(kline_lines()).encode()
    assert "exactly one CSV" in refused(zipped(tmp_path / "c.zip", ("a.csv", data), ("b.csv", data)))
    assert "nothing" in refused(zipped(tmp_path / "c.zip"))
    assert "exactly one CSV" in refused(
        zipped(tmp_path / "c.zip", ("a.csv", data), mode=stat.S_IFLNK | 0o777)
    )


def test_a_zip_with_a_wrong_checksum_inside_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "c.zip", ("c.csv", "\n".join(kline_lines()).encode()))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        crc = struct.pack("<I", archive.infolist()[0].CRC)
    path.write_bytes(bytes(data).replace(crc, b"\1\2\3\4"))
    assert "damaged" in refused(path)


@settings(max_examples=150)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_no_damage_of_a_zip_ends_in_anything_but_a_sentence(at: int, patch: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = zipped(Path(folder) / "c.zip", ("c.csv", "\n".join(kline_lines()).encode()))
        data = bytearray(path.read_bytes())
        at %= len(data)
        data[at : at + len(patch)] = patch
        path.write_bytes(data)
        try:
            (series,) = read_file(path, SYMBOL)
        except BadInputError:
            return
        assert len(series.records) == 6


@settings(max_examples=200)
@given(st.data())
def test_no_text_ends_in_anything_but_a_sentence_or_rows_that_hold(data: st.DataObject) -> None:
    import tempfile

    numbers = st.one_of(
        st.integers(), st.floats(), st.sampled_from(["", "nan", JANUARY, JANUARY + STEP, "x", '"', "-0"])
    )
    header = data.draw(
        st.sampled_from(
            [*candle_lines(0), WITH_INTEREST, "time_ms,side,price,amount", "time_ms,funding_rate"]
        )
    )
    rows = data.draw(st.lists(st.lists(numbers, min_size=1, max_size=8), max_size=5))
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "c.csv", [header, *(",".join(map(str, row)) for row in rows)])
        try:
            found = read_file(path, SYMBOL)
        except BadInputError as error:
            assert str(error).isprintable()
            return
        for series in found:
            if series.kind is Kind.CANDLES:
                assert (series.records["low"] > 0).all()


@pytest.mark.parametrize("name", ["bomb.csv.gz", "bomb.zip", "bomb.csv"])
def test_what_unpacks_to_too_much_is_refused(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 1 << 20)
    assert "more than 1 MiB" in refused(write(tmp_path / name, candle_lines(30_000)))


def test_parquet_that_is_none_or_of_wrong_types_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    path.write_bytes(b"PAR1 this is not")
    assert "Parquet" in refused(path)
    prices = {name: ["a", "b"] for name in ("open", "high", "low", "close")}
    pq.write_table(pa.table({"time_ms": [JANUARY, JANUARY + STEP], **prices}), path)
    assert "open" in refused(path)
    prices = {name: [1.0, -1.0] for name in ("open", "high", "low", "close")}
    pq.write_table(pa.table({"time_ms": [JANUARY, JANUARY + STEP], **prices}), path)
    assert "row 2" in refused(path)
    nested = {name: [[1.0], [2.0]] for name in ("open", "high", "low", "close")}
    pq.write_table(pa.table({"time_ms": [JANUARY, JANUARY + STEP], **nested}), path)
    refused(path)


def test_a_parquet_of_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from heatdesk.feed import tables

    monkeypatch.setattr(tables, "MAX_ROWS", 10)
    path = tmp_path / "c.parquet"
    pq.write_table(pa.table({"time_ms": [JANUARY] * 11, "funding_rate": [0.1] * 11}), path)
    assert "split it" in refused(path)


def test_paths_that_hold_nothing_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="does not exist"):
        table_files([tmp_path / "none.csv"])
    with pytest.raises(BadInputError, match=r"holds no \.csv"):
        table_files([tmp_path])
    (tmp_path / "c.zip.CHECKSUM").touch()
    with pytest.raises(BadInputError, match="Nothing to import"):
        table_files([tmp_path / "c.zip.CHECKSUM"])
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        assert "not a regular file" in refused(tmp_path / "pipe.csv")


def test_folders_and_files_are_found_once_without_what_comes_beside_them(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    names = [
        "b.csv",
        "a.csv.gz",
        "a_coverage.csv",
        "deep/c.zip",
        "deep/c.zip.CHECKSUM",
        ".hidden.csv",
        "readme.md",
    ]
    for name in names:
        (tmp_path / name).touch()
    found = table_files([tmp_path / "b.csv", tmp_path / "a_coverage.csv", tmp_path])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["b.csv", "a.csv.gz", "deep/c.zip"]


def test_a_link_out_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    write(tmp_path / "secret.csv", candle_lines())
    (tmp_path / "inside" / "c.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(BadInputError, match="link out of"):
        table_files([tmp_path / "inside"])


@pytest.mark.parametrize(("name", "fits"), [
    ("BTCUSDT-5m-2025-01.zip", True),
    ("btc.csv", True),
    ("BTC_1m_oi.csv.gz", True),
    ("my-data.csv", True),
    ("markets/BTCUSDT.csv", True),
    ("ETHUSDT-5m-2025-01.zip", False),
    ("1000BTCUSDT_5m.csv", False),
    ("BTCUSDT_mark_1h.csv.gz", False),
    ("markPriceKlines/BTCUSDT-1h-2025-01.zip", False),
])  # fmt: skip
def test_a_name_that_speaks_of_something_else_is_noticed(name: str, fits: bool) -> None:
    misfit = misfit_by_name(Path(name), SYMBOL, "")
    assert (misfit is None) == fits
    if "mark" in name:
        assert misfit_by_name(Path(name), SYMBOL, "mark") is None
