import argparse
import json
from pathlib import Path

import pytest

from heatdesk.commands import import_, reach
from heatdesk.errors import NotEnoughDataError, UsageError
from heatdesk.market import MINUTE_MS, Kind, SeriesKey
from heatdesk.store.user import user_history
from tests.reading.walks import walk

SYMBOL = "BTC/USDT:USDT"
STEP = 5 * MINUTE_MS


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    reach.add_arguments(parser)
    return reach.run(parser.parse_args(["--symbol", SYMBOL, "--exchange", "binance", *map(str, arguments)]))


def store(days: int) -> None:
    with user_history(read_only=False) as history:
        history.append(SeriesKey("binance", SYMBOL, Kind.CANDLES, "5m"), walk(days, STEP), ())


def test_contours_and_record_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(70)
    status = run("--horizon", "1h,24h", "--json", tmp_path / "r.json")
    told = capsys.readouterr().out
    report = json.loads((tmp_path / "r.json").read_text())
    assert status == int(any(h["misses"] for h in report["record"]))
    assert "touched within" in told
    assert "Within 1 h, 2026-01-31 00:00 UTC to 2026-03-12 00:00 UTC" in told
    assert [h["horizon_hours"] for h in report["record"]] == [1.0, 24.0]
    assert report["record"][0]["days"] == 40
    half = [c for c in report["contours"] if c["chance"] == 0.5]
    assert 0.2 < half[0]["distance_percent"] < half[1]["distance_percent"] < 4.0


def test_a_chance_that_is_off_is_told_and_ends_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store(70)
    honest = reach.walk_forward

    def boasting(*args: object) -> object:
        walk = honest(*args)  # type: ignore[arg-type]
        walk.beyond[:, 1:] = 0.5 * walk.beyond[:, 1:]
        return walk

    monkeypatch.setattr(reach, "walk_forward", boasting)
    assert run("--horizon", "4h") == 1
    assert "MISSED" in capsys.readouterr().out


def test_too_short_a_record_is_no_record() -> None:
    store(33)
    with pytest.raises(NotEnoughDataError, match="fewer than 5 days from 2026-01-31 00:00 UTC"):
        run()


@pytest.mark.parametrize("horizon", ["90m", "8d"])
def test_horizons_are_whole_hours_of_a_week_at_most(horizon: str) -> None:
    store(2)
    with pytest.raises(UsageError, match="whole hours"):
        run("--horizon", horizon)


@pytest.mark.parametrize("coin", ["BTC", "ETH", "SOL"])
def test_chances_held_on_the_later_part_of_real_months(
    shared: Path, coin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing was chosen on these months: the estimator stems from the part before August 2025."""
    symbol = f"{coin}/USDT:USDT"
    parser = argparse.ArgumentParser()
    import_.add_arguments(parser)
    file = shared / "data" / "binance" / f"{coin}USDT_5m_2025.csv.gz"
    import_.run(parser.parse_args([str(file), "--exchange", "binance", "--symbol", symbol]))
    parser = argparse.ArgumentParser()
    reach.add_arguments(parser)
    asked = ["--symbol", symbol, "--exchange", "binance", "--from", "2025-08-01"]
    assert reach.run(parser.parse_args(asked)) == 0
    assert "MISSED" not in capsys.readouterr().out
