"""A first start, told in order: the first page, a market that moves, history by dialog and by drop, its symbols.

The tests of this file are one story in one run of the program: each goes on where the one before it ended.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.gui.window.market import BTC, ETH, candles

from .desktop import Desktop
from .pictures import check
from .variants import VARIANTS, name_of
from .workbench import LARGE, SMALL, Workbench
from .x_server import x_server


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The program as somebody meets it who has never opened it."""
    with x_server(*LARGE) as display:
        desktop = Desktop(display, tmp_path_factory.mktemp("first"), SMALL, "run")
        try:
            desktop.first_map()
            yield Workbench(desktop)
        finally:
            status = desktop.close()
    assert status == 0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four days of two symbols as an exchange's archive would have them, and a letter to a friend."""
    folder = tmp_path_factory.mktemp("files")
    for name, price, seed in (("BTCUSDT-5m.csv", 60_000.0, 1), ("ETHUSDT-5m.csv", 2_500.0, 3)):
        records = candles(4, price, seed)
        names = ("open", "high", "low", "close", "volume")
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("time_ms", *names))
            columns = [records.time_ms.tolist(), *(records[name].tolist() for name in names)]
            writer.writerows(zip(*columns, strict=True))
    (folder / "letter.csv").write_text("dear friend,\nhow are you?\n", encoding="utf-8")
    return folder


def _show(start: Workbench, theme: str) -> None:
    """Press T where the other theme is on."""
    if (np.mean(start.desktop.picture()[2, 2]) > 128) != (theme == "light"):
        start.key("t")
    start.theme = theme


@pytest.mark.parametrize("variant", VARIANTS, ids=map(name_of, VARIANTS))
def test_the_first_page(start: Workbench, variant, tmp_path) -> None:
    size, theme = variant
    start.desktop.resize(*size)
    start.rest()
    _show(start, theme)
    said = " ".join(t.text for t in start.things() if t.kind == "QLabel")
    assert "advice" in said.lower()
    assert start.thing("Show me the chart").kind == "QPushButton"
    bar = start.part("bar")[0].stop
    status = start.part("status")[0].start
    seen = start.picture()[bar:status]
    check(seen, f"first-page-{name_of(variant)}", None, tmp_path)


def test_enter_opens_the_chart_and_the_menu_brings_the_page_back(start: Workbench) -> None:
    start.desktop.resize(*SMALL)
    _show(start, "dark")
    start.key("Return")
    assert set(start.desktop.ask("areas")) >= {"chart", "legend", "profile", "panel"}
    start.pick("Menu", "How to read")
    assert start.thing("Show me the chart")
    start.press("Show me the chart")
    assert "chart" in start.desktop.ask("areas")


def test_the_market_moves_stands_still_and_moves_faster(start: Workbench) -> None:
    def end() -> int:
        return int(start.state()["times"][1])

    start.press("Speed: 60 market minutes")
    first = end()
    start.desktop.until(lambda: end() > first, "a new column")
    start.key("p", "Alt_L")
    assert start.thing("Speed: Pause").checked
    assert start.state()["title"].startswith("SIMULATED")
    start.key("p", "Alt_L")
    assert start.thing("Speed: 60 market minutes").checked, "it goes on as before"
    before = start.picture()
    start.desktop.until(lambda: start.changed(before, start.desktop.picture(), "chart") > 0.0005, "a change")
    start.press("Speed: Pause")


def test_history_comes_in_by_the_menu(start: Workbench, files: Path, tmp_path) -> None:
    start.key("o", "Control_L")
    start.choose_file("Import history", files / "BTCUSDT-5m.csv")
    start.desktop.dialog("Import")
    start.desktop.calm()
    dialog = start.thing("Symbol", "QComboBox")
    assert dialog.text == BTC, "guessed from the file's name"
    check(start.picture()[start.desktop.front()], "import-dialog-1280x800-dark", None, tmp_path)
    start.click(start.thing("Import", "QPushButton").middle)
    start.desktop.until(lambda: not start.state()["question"]["simulated"], "the imported history")
    start.rest()
    state = start.state()
    assert (state["question"]["symbol"], state["question"]["exchanges"]) == (BTC, ["binance"])
    assert "SIMULATED" not in state["title"]
    assert BTC in state["notice"]


def test_a_file_that_is_no_history_is_told(start: Workbench, files: Path) -> None:
    before = start.state()
    start.desktop.drop((400, 400), [files / "letter.csv"])
    start.desktop.calm()
    start.click(start.thing("Symbol", "QComboBox").middle, times=2)
    start.key("a", "Control_L")
    start.type("BTC/USDT:USDT", end="")
    start.click(start.thing("Import", "QPushButton").middle)
    start.desktop.until(lambda: "letter" in start.state()["notice"], "a sentence about the letter")
    assert start.state()["times"] == before["times"]


def test_history_comes_in_by_a_drop(start: Workbench, files: Path) -> None:
    start.desktop.drop((400, 400), [files / "ETHUSDT-5m.csv"])
    start.desktop.calm()
    assert start.thing("Symbol", "QComboBox").text == ETH
    start.click(start.thing("Import", "QPushButton").middle)
    start.desktop.until(lambda: start.state()["question"]["symbol"] == ETH, "the dropped history")
    start.rest()
    assert ETH in start.state()["title"]


def test_another_symbol_has_its_own_limits(start: Workbench) -> None:
    eth = start.state()
    before = start.picture()
    start.pick("Symbol", BTC)
    start.changes(before, {"chart": 0.05, "legend": 0.0005, "panel": 0.005})
    btc = start.state()
    assert btc["question"]["symbol"] == BTC
    assert btc["limits"] != eth["limits"]
    upper = start.thing("upper contrast limit").middle
    start.drag(upper, (upper[0], upper[1] + 150))
    assert start.state()["limits"] != btc["limits"]
    start.pick("Symbol", ETH)
    assert start.state()["limits"] == eth["limits"], "automatic again"
    start.press("Symbol")
    assert [line.text for line in start.lines()] == [ETH, BTC], "what was looked at last comes first"
    start.key("Escape")


def test_a_locked_scale_stays_for_another_symbol(start: Workbench) -> None:
    start.key("k")
    limits = start.state()["limits"]
    start.pick("Symbol", BTC)
    assert start.state()["limits"] == limits
    start.key("k")
    start.pick("Symbol", ETH)
    assert start.state()["limits"] != limits or not start.state()["view"]["locked"]
