import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from heatdesk.commands import import_
from heatdesk.errors import BadInputError, MachineError
from heatdesk.market import Interval, Kind, SeriesKey
from heatdesk.store.sqlite import SqliteStore
from tests.feed.samples import (
    JANUARY,
    KLINES_HEADER,
    STEP,
    SYMBOL,
    candle_lines,
    kline_lines,
    write,
    write_checksum,
)

CANDLES = SeriesKey("binance", SYMBOL, Kind.CANDLES, "5m")


def run(*arguments: object, symbol: str = SYMBOL, exchange: str = "binance") -> int:
    parser = argparse.ArgumentParser()
    import_.add_arguments(parser)
    return import_.run(parser.parse_args([*map(str, arguments), "--exchange", exchange, "--symbol", symbol]))


def stored(home: Path) -> SqliteStore:
    return SqliteStore(home / "data" / "history", read_only=True)


def report(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text())
    assert isinstance(found, dict)
    return found


def test_candles_are_stored_and_told(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "c.csv", candle_lines(6))
    assert run(path, "--timeframe", "5m") == 0
    assert capsys.readouterr().out == f"{path}: candles 5m: 6 new, 0 changed, 0 unchanged, no gaps\n"
    assert len(stored(home).read(CANDLES).records) == 6


def test_importing_again_changes_nothing(tmp_path: Path, home: Path) -> None:
    path = write(tmp_path / "c.csv", candle_lines(6))
    for expected in ((6, 0, 0), (0, 0, 6)):
        assert run(path, "--json", tmp_path / "r.json") == 0
        (series,) = report(tmp_path / "r.json")["files"][0]["series"]
        assert (series["new"], series["changed"], series["unchanged"]) == expected
    assert len(stored(home).read(CANDLES).records) == 6


def test_files_and_folders_that_overlap_are_merged(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    write_checksum(write(folder / "BTCUSDT-5m-2025-01.zip", [KLINES_HEADER, *kline_lines(4)]))
    write_checksum(write(folder / "BTCUSDT-5m-2025-02.zip", [KLINES_HEADER, *kline_lines(8)[2:]]))
    more = write(
        tmp_path / "later.csv",
        ["time_ms,open,high,low,close", f"{JANUARY + 10 * STEP},50000,50020,49990,50010"],
    )
    assert run(folder, more, "--timeframe", "5m", "--json", tmp_path / "r.json") == 0
    records = stored(home).read(CANDLES).records
    assert records.time_ms.tolist() == [JANUARY + i * STEP for i in (*range(8), 10)]
    assert records["taker_buy_volume"][7] == 8.25
    files = report(tmp_path / "r.json")["files"]
    assert [file["series"][0]["new"] for file in files] == [4, 4, 1]
    assert [file["series"][0]["unchanged"] for file in files] == [0, 2, 0]


def test_gaps_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = candle_lines(9)
    del lines[3:5], lines[5:6]
    assert run(write(tmp_path / "c.csv", lines), "--json", tmp_path / "r.json") == 0
    assert "2 gaps (3 bars missing)" in capsys.readouterr().out
    (series,) = report(tmp_path / "r.json")["files"][0]["series"]
    assert series["gaps"] == [
        [JANUARY + 2 * STEP, JANUARY + 4 * STEP],
        [JANUARY + 6 * STEP, JANUARY + 7 * STEP],
    ]


def test_one_bad_file_is_named_and_does_not_undo_the_good_ones(tmp_path: Path, home: Path) -> None:
    good = write(tmp_path / "good.csv", candle_lines(6))
    bad = write(tmp_path / "bad.csv", [*candle_lines(3), "x"])
    worse = tmp_path / "worse.csv.gz"
    worse.write_bytes(b"no gzip")
    with pytest.raises(
        BadInputError, match=r"bad\.csv, row 5.*1 more file could not.*other files are imported"
    ) as error:
        run(bad, good, worse, "--json", tmp_path / "r.json")
    assert error.value.exit_code == 3
    assert len(stored(home).read(CANDLES).records) == 6
    found = report(tmp_path / "r.json")
    assert found["ok"] is False
    assert {file["file"]: "error" in file for file in found["files"]} == {
        str(good): False,
        str(bad): True,
        str(worse): True,
    }


def test_only_the_kind_and_source_asked_for(tmp_path: Path, home: Path) -> None:
    lines = candle_lines(3, "time_ms,open,high,low,close,volume,open_interest", ",90000")
    path = write(tmp_path / "c.csv", lines)
    assert run(path, "--kind", "open_interest", "--source", "mine") == 0
    (info,) = stored(home).list()
    assert info.key == SeriesKey("binance", SYMBOL, Kind.OPEN_INTEREST, "5m", "mine")
    with pytest.raises(BadInputError, match="funding_rate"):
        run(path, "--kind", "funding")


def test_a_file_of_another_symbol_is_refused_and_in_a_folder_left_out(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "BTCUSDT-5m-2025-01.zip", kline_lines())
    other = write(tmp_path / "ETHUSDT-5m-2025-01.zip", kline_lines(9))
    assert run(tmp_path) == 0
    assert "1 file found in folders left out" in capsys.readouterr().out
    assert len(stored(home).read(CANDLES).records) == 6
    with pytest.raises(BadInputError, match="is of ETHUSDT by its name"):
        run(
            other,
            write(
                tmp_path / "more.csv",
                candle_lines(9)[:1] + candle_lines(9)[8:],
            ),
            "--timeframe",
            "5m",
        )
    assert len(stored(home).read(CANDLES).records) == 8


def test_other_prices_at_the_same_times_are_refused(tmp_path: Path, home: Path) -> None:
    assert run(write(tmp_path / "c.csv", candle_lines(6))) == 0
    cheap = [candle_lines()[0], *(f"{JANUARY + i * STEP},2000,2001,1999,2000,5" for i in range(6))]
    with pytest.raises(BadInputError, match=r"prices are 0\.04 times those stored"):
        run(write(tmp_path / "d.csv", cheap))
    assert stored(home).read(CANDLES).records["close"][0] == 50_010


@pytest.mark.parametrize("symbol", ["", "BTC USDT", "<img src=x>", "x" * 65, "BTC/USDT:USDT\n", "ÄÖ"])
def test_strange_symbols_are_refused_before_anything_is_read(tmp_path: Path, home: Path, symbol: str) -> None:
    with pytest.raises(BadInputError, match="Symbol") as error:
        run(tmp_path / "none.csv", symbol=symbol)
    assert str(error.value).isascii()
    assert not home.exists()


@pytest.mark.parametrize("exchange", ["", "Binance", "../etc", "a b"])
def test_strange_exchanges_are_refused(tmp_path: Path, home: Path, exchange: str) -> None:
    with pytest.raises(BadInputError, match="Exchange"):
        run(tmp_path / "none.csv", exchange=exchange)
    assert not home.exists()


def test_a_second_import_at_the_same_time_is_refused(tmp_path: Path, home: Path) -> None:
    path = write(tmp_path / "c.csv", candle_lines(6))
    with (
        SqliteStore(home / "data" / "history"),
        pytest.raises(MachineError, match="Another heatdesk") as error,
    ):
        run(path)
    assert error.value.exit_code == 5


def test_a_damaged_history_file_is_told(tmp_path: Path, home: Path) -> None:
    (home / "data" / "history").mkdir(parents=True)
    (home / "data" / "history" / "binance.sqlite").write_bytes(b"something else entirely" * 100)
    with pytest.raises(MachineError, match=r"binance\.sqlite is not a history file"):
        run(write(tmp_path / "c.csv", candle_lines(6)))


def test_progress_is_for_terminals_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "c.csv", candle_lines(6))
    assert run(path) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(path) == 0
    assert "file" in capsys.readouterr().err


def test_a_real_month_with_open_interest(shared: Path, home: Path, tmp_path: Path) -> None:
    path = shared / "data" / "binance" / "BTCUSDT_5m_oi.csv.gz"
    assert run(path, "--timeframe", "5m", "--json", tmp_path / "r.json") == 0
    kinds = {info.key.kind: info.rows for info in stored(home).list()}
    assert kinds == {Kind.CANDLES: 20_159, Kind.OPEN_INTEREST: 20_159}
    candles = stored(home).read(CANDLES).records
    assert candles["low"].min() == 59_800


def test_real_folders_import_one_symbol(shared: Path, home: Path) -> None:
    with pytest.raises(BadInputError, match="BTCUSDT_1m_taker_recorded"):  # it has no prices
        run(shared / "data" / "binance", shared / "data" / "liquidations")
    store = stored(home)
    assert len(store.read(CANDLES).records) == 116_640
    events = SeriesKey("binance", SYMBOL, Kind.EVENTS)
    assert len(store.read(events).records) == 17_837
    assert store.coverage(events)[0] == Interval(1_769_479_200_000, 1_769_644_800_000)
