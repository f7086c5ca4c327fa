"""`heatdesk score`: the files obey their format, mistakes are one sentence, and real data reach what was promised."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heatdesk.cli import main
from heatdesk.market import DAY_MS, Kind
from heatdesk.store.user import user_history
from tests.score.markets import EXCHANGE, SYMBOL, model_market
from tests.score.worlds import START_MS

AMOUNTS = ["observed_usd", "predicted_usd", "p10_usd", "p90_usd", "excursion_usd", "regression_usd"]
COLUMNS = ["time_ms", "side", "scored", *AMOUNTS]
ASKED = ["score", "--symbol", SYMBOL, "--exchange", EXCHANGE, "--bar", "1h", "--shifts", "3"]
RANGE = ["--from", "2025-12-06", "--to", "2025-12-14"]


@pytest.fixture
def stored(home: Path) -> None:
    """The made-up market of fourteen days, in the user's own history."""
    market = model_market(14)
    with user_history(read_only=False) as store:
        for info in market.list():
            store.append(info.key, market.read(info.key).records)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_obey_their_format(stored, tmp_path: Path, capsys) -> None:
    files = tmp_path / "out.json", tmp_path / "out.csv"
    assert main([*ASKED, *RANGE, "--json", str(files[0]), "--predictions", str(files[1])]) == 0
    told = json.loads(files[0].read_text())
    expected = {"schema", "n", "days", "skill", "spearman", "spearman_stratified", "deciles", "coverage"}
    assert expected | {"shift_rank", "shifts"} <= set(told)
    assert told["shifts"] == 3
    rows = read_csv(files[1])
    assert list(rows[0]) == COLUMNS
    assert len(rows) == 2 * 24 * 8
    assert {row["side"] for row in rows} == {"long", "short"}
    assert {row["scored"] for row in rows} == {"1"}
    assert [int(row["time_ms"]) for row in rows[:2]] == [START_MS + 5 * DAY_MS] * 2
    assert told["n"] == sum(row["scored"] == "1" for row in rows)
    numbers = {name: np.array([float(row[name]) for row in rows]) for name in AMOUNTS}
    assert all(np.isfinite(column).all() and (column >= 0).all() for column in numbers.values())
    assert (numbers["p10_usd"] <= numbers["p90_usd"]).all()
    inside = (numbers["observed_usd"] >= numbers["p10_usd"]) & (numbers["observed_usd"] <= numbers["p90_usd"])
    assert told["coverage"] == pytest.approx(inside.mean())
    printed = capsys.readouterr()
    assert "Deviance explained" in printed.out
    assert printed.err == ""  # no progress bar in a pipe


def test_an_unrecorded_bar_is_no_number(home: Path, tmp_path: Path) -> None:
    market = model_market(14)
    with user_history(read_only=False) as store:
        for info in market.list():
            records = market.read(info.key).records
            if info.key.kind is Kind.TOTALS:
                records = records.take(np.arange(len(records)) % 10 != 3)
            store.append(info.key, records)
    out = tmp_path / "out.csv"
    assert main([*ASKED, *RANGE, "--predictions", str(out)]) == 0
    rows = read_csv(out)
    missing = [row for row in rows if row["scored"] == "0"]
    assert 0.08 < len(missing) / len(rows) < 0.12
    assert all(math.isnan(float(row["observed_usd"])) for row in missing)
    assert all(float(row["predicted_usd"]) > 0 for row in missing)


def test_several_symbols_are_scored_at_once_and_pooled(stored, tmp_path: Path, capsys) -> None:
    other = model_market(14, seed=2)
    with user_history(read_only=False) as store:
        for info in other.list():
            store.append(replace(info.key, symbol="ETH/USDT:USDT"), other.read(info.key).records)
    out = tmp_path / "out.json"
    asked = ["score", "--exchange", EXCHANGE, "--bar", "1h", "--shifts", "0", *RANGE]
    assert main([*asked, "--symbol", SYMBOL, "ETH/USDT:USDT", "--json", str(out)]) == 0
    told = json.loads(out.read_text())
    assert [card["symbol"] for card in told["scorecards"]] == [SYMBOL, "ETH/USDT:USDT"]
    assert told["pooled"]["n"] == sum(card["n"] for card in told["scorecards"])
    assert told["pooled"]["days"] == 16
    both = [card["skill"]["excursion"]["value"] for card in told["scorecards"]]
    assert min(both) < told["pooled"]["skill"]["excursion"]["value"] < max(both)
    assert "All 2 symbols pooled" in capsys.readouterr().out
    refused = [*asked, "--symbol", SYMBOL, "ETH/USDT:USDT", "--predictions", str(tmp_path / "x.csv")]
    assert main(refused) == 2


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--from", "2025-12-06", "--to", "2025-12-09"], 4, "Not enough data"),
        (["--from", "2026-12-06", "--to", "2026-12-19"], 4, "Not enough data"),
        ([*RANGE, "--observed", "nobody"], 3, "--observed knows totals"),
        ([*RANGE, "--symbol", "ETH/USDT:USDT"], 3, "is not stored"),
        ([*RANGE, "--bar", "5m"], 4, "import single events"),
        ([*RANGE, "--bar", "2h"], 2, "invalid choice"),
        ([*RANGE, "--shifts", "-1"], 2, "no number from 0"),
        ([*RANGE, "--scheduler", "localhost"], 2, "tcp://"),
        ([*RANGE, "--json", "nowhere/out.json"], 3, "in a folder that is there"),
        (["--from", "2025-12-06"], 2, "--to"),
        (["--from", "someday", "--to", "2025-12-09"], 2, "no time"),
    ],
)
def test_what_cannot_be_scored_is_one_sentence(stored, capsys, arguments, status, words) -> None:
    assert main([*ASKED, *arguments]) == status
    told = capsys.readouterr()
    assert words in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_the_development_window_of_real_data(shared: Path, home: Path, tmp_path: Path) -> None:
    """This window was tuned on: passing shows that it is built right, not how good it is."""
    data = shared / "data"
    store = ["--exchange", EXCHANGE, "--symbol", SYMBOL]
    assert main(["import", str(data / "binance/BTCUSDT_5m_oi.csv.gz"), *store, "--timeframe", "5m"]) == 0
    assert main(["import", str(data / "liquidations/BTC_1h_three_venues.csv.gz"), *store]) == 0
    out = tmp_path / "out.json"
    window = ["--from", "2026-01-20", "--to", "2026-02-08", "--json", str(out), "--shifts", "20"]
    assert main(["score", *store, "--bar", "1h", *window]) == 0
    told = json.loads(out.read_text())
    assert told["skill"]["excursion"]["value"] >= 0.80
    assert told["skill"]["regression"]["lo"] > 0
    assert all(0.67 <= decile <= 1.5 for decile in told["deciles"])
    assert 0.72 <= told["coverage"] <= 0.88
    assert told["shift_rank"] == 1
    assert told["placebos"]["side_swap"]["hi"] < 0
    stand_ins = (
        "fixed-leverages",
        "half-life",
        "candle-colour",
        "never-removed",
        "oi-snapshot",
        "no-maintenance",
    )
    assert all(told["skill"][name]["lo"] > 0.3 for name in stand_ins)
    assert (told["n"], told["days"]) == (910, 19)
