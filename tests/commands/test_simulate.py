"""`heatdesk simulate`: files that `heatdesk import` reads back unchanged, the truth, and refusals in words."""

from __future__ import annotations

import csv
import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from heatdesk.cli import main
from heatdesk.feed.simulated.feed import SimulatedFeed
from heatdesk.feed.simulated.market import MINUTES_PER_DAY, Market
from heatdesk.machine import paths
from heatdesk.market import COLUMNS
from heatdesk.store.memory import MemoryStore
from heatdesk.store.sqlite import SqliteStore

Shown = pytest.CaptureFixture[str]


def simulate(folder: Path, *more: str) -> int:
    return main(["simulate", "--days", "1", "--seed", "5", "--out", str(folder), *more])


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def rows_of(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_import_reads_back_exactly_what_was_simulated(tmp_path: Path, capsys: Shown) -> None:
    assert simulate(tmp_path / "out") == 0
    memory = MemoryStore()
    feed = SimulatedFeed(memory.append, seed=5)
    feed.advance(MINUTES_PER_DAY)
    for exchange in feed.exchanges:
        folder = str(tmp_path / "out" / exchange)
        assert main(["import", folder, "--exchange", exchange, "--symbol", feed.symbol]) == 0
    said = capsys.readouterr().out
    assert "sorted" not in said and "dropped" not in said and "left out" not in said
    disk = SqliteStore(paths.data() / "history", read_only=True)
    assert {(i.key, i.rows) for i in disk.list()} == {(i.key, i.rows) for i in memory.list()}
    for info in memory.list():
        a, b = memory.read(info.key).records, disk.read(info.key).records
        assert np.array_equal(a.time_ms, b.time_ms)
        assert memory.coverage(info.key) == disk.coverage(info.key)
        order = [np.lexsort([*(r[c] for c in COLUMNS[r.kind]), r.time_ms]) for r in (a, b)]
        for name in COLUMNS[a.kind]:
            assert np.array_equal(a[name][order[0]], b[name][order[1]]), (info.key, name)


def test_the_true_positions_are_those_of_the_market(tmp_path: Path) -> None:
    assert simulate(tmp_path / "out", "--positions-every", "10") == 0
    market = Market(5)
    rows = rows_of(tmp_path / "out" / "positions.csv.gz")
    for hours in (10, 10, 4):
        market.advance(hours * 60)
        truth = market.positions()
        now = [row for row in rows if int(row["time_ms"]) == market.time_ms]
        assert [float(row["liquidation_price"]) for row in now] == truth.liquidation_price.tolist()
        assert [row["exchange"] for row in now] == truth.exchange.tolist()
        assert [1.0 if row["side"] == "long" else -1.0 for row in now] == truth.side.tolist()
        assert sum(float(row["quantity"]) for row in now) == pytest.approx(truth.quantity.sum())
    assert len({row["time_ms"] for row in rows}) == 3


def test_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    assert simulate(tmp_path / "a") == simulate(tmp_path / "b") == 0
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert simulate(tmp_path / "c", "--seed", "6") == 0
    changed = {
        name for name, digest in digests(tmp_path / "c").items() if digests(tmp_path / "a")[name] != digest
    }
    assert {"positions.csv.gz", "README.txt", "okx/BTCUSDT_1m.csv.gz"} <= changed


def test_what_is_there_is_not_overwritten_unasked(tmp_path: Path, capsys: Shown) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mine.txt").write_text("kept")
    assert simulate(folder) == 3
    assert "--overwrite" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    assert simulate(folder, "--overwrite") == 0
    assert (folder / "mine.txt").read_text() == "kept"
    before = digests(folder)
    assert simulate(folder, "--overwrite") == 0
    assert digests(folder) == before


def test_the_readme_says_that_nothing_of_it_happened(tmp_path: Path) -> None:
    simulate(tmp_path / "out")
    text = (tmp_path / "out" / "README.txt").read_text(encoding="utf-8")
    assert text.startswith("SIMULATED market, seed 5, 1 days")
    for path in (tmp_path / "out").rglob("*.gz"):
        assert path.name in text


def test_the_truth_is_printed_for_every_estimator(capsys: Shown) -> None:
    assert main(["simulate", "--days", "2", "--seed", "1", "--truth"]) == 0
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines()[2:]]
    assert {row[0] for row in rows} == {"flow", "oi-steps", "volume", "learned", "proximity", "uniform"}
    assert {row[1] for row in rows} == {"long", "short", "both"}
    cosine = {(row[0], row[1]): float(row[2]) for row in rows}
    assert cosine["flow", "both"] > cosine["proximity", "both"]
    assert all((row[-1] == "–") == (row[0] in ("proximity", "uniform")) for row in rows)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ([], 2),
        (["--truth", "--days", "0"], 2),
        (["--truth", "--days", "100000"], 2),
        (["--truth", "--seed", "-1"], 2),
        (["--truth", "--positions-every", "0"], 2),
        (["--truth", "--days", "x"], 2),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(options: list[str], status: int, capsys: Shown) -> None:
    assert main(["simulate", *options]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("heatdesk: ") and err.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_told_before_the_work(tmp_path: Path, capsys: Shown) -> None:
    (tmp_path / "file").write_text("x")
    assert simulate(tmp_path / "file") == 3
    assert simulate(tmp_path / "file" / "below") == 5
    assert capsys.readouterr().err.count("\n") == 2


def test_events_are_there_to_be_read(tmp_path: Path) -> None:
    simulate(tmp_path / "out")
    rows = rows_of(tmp_path / "out" / "bybit" / "BTCUSDT_liquidations.csv.gz")
    assert rows and {row["side"] for row in rows} <= {"long", "short"}
    for row in rows:
        usd = float(row["bankruptcy_price"]) * float(row["amount"])
        assert float(row["notional_usd"]) == pytest.approx(usd)
