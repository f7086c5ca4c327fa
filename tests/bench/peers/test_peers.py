"""Peers at sizes that take no time: those that are always installed are measured, what is missing is said."""

import sys
from pathlib import Path

import pytest

from tests.bench.peers import OURS, Peer, measured, of_heatdesk, of_pyqtgraph, table_of, write_market
from tests.bench.peers.run import main, measure, read_market


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_market(tmp_path / "market.npz", 40, 30, 120)
    return tmp_path / "market.npz"


def test_every_tenth_cell_has_its_prices_in_fewer_rows(file: Path) -> None:
    whole, few = read_market(file), read_market(file, every=10)
    assert (whole.cells.shape, few.cells.shape) == ((40, 30), (4, 3))
    assert few.close[0] == whole.close[0] / 10
    assert len(few.candle_x) == 120
    assert 0 < few.candle_x[0] < few.candle_x[-1] < 4


@pytest.mark.parametrize("library", [of_heatdesk, of_pyqtgraph], ids=["ours", "pyqtgraph"])
def test_a_library_shows_pans_and_slides(qtbot, file: Path, library) -> None:
    told = measure(library, read_market(file), "", (240, 160))
    assert set(told) == {"show_s", "pan_s", "slider_s"}
    assert min(told.values()) > 0


def test_what_is_not_installed_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vispy", None)
    told = main("of_vispy", "", "1", str(file))
    assert "not installed" in told["missing"]
    row = table_of({Peer("vispy", "of_vispy"): told})[0]
    assert "vispy: not installed" in row["name"]
    assert row["ok"]


def test_ours_in_a_process_of_its_own() -> None:
    found = measured(40, 30, 60, (OURS,), rounds=1)
    assert found[OURS]["rss"] > 1e6
    table = {row["name"]: row for row in table_of(found)}
    assert table["peers, heatdesk, processor: pan"]["also"] == {"× ours": 1.0}
