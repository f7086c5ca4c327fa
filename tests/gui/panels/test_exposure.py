import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from heatdesk.gui import numbers
from heatdesk.gui.panels.exposure import ExposurePanel, covered, whipsaw_words
from heatdesk.gui.view import Currency, View
from heatdesk.reading.exposure import FORMULAS, Exposure

from .zones import shown

EXPOSURE = Exposure(
    within=0.05,
    above_usd=4e8,
    below_usd=2e8,
    above=3e8,
    below=1e8,
    above_percentile=62.0,
    below_percentile=12.0,
    balance_percentile=70.0,
    fragility_percentile=40.0,
    days=30.0,
)


@pytest.fixture
def panel(qtbot, snapshot):
    widget = shown(qtbot, ExposurePanel(), 208, 200)
    widget.show_snapshot(dataclasses.replace(snapshot, exposure=EXPOSURE))
    return widget


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel)]


def test_both_sides_and_fragility_with_their_percentiles(panel):
    said = texts(panel)
    for amount in (3e8, 1e8, 4e8):
        assert numbers.usd(amount) in said
    for rank in ("62", "12", "40"):
        assert f"P{numbers.THIN}{rank}" in said
    assert "P: percentile of the last 30 days" in said


def test_the_balance_is_told_in_words_and_shapes(panel):
    assert panel.bar.words() == (
        f"▼ {numbers.percent(0.25)} longs",
        f"▲ {numbers.percent(0.75)} shorts",
    )
    colours = panel.bar.grab().toImage()
    left, right = colours.pixelColor(2, 2), colours.pixelColor(panel.bar.width() - 3, 2)
    assert (left.name(), right.name()) == ("#e5534b", "#2fb18a")
    middle = round(0.25 * panel.bar.width())
    assert colours.pixelColor(middle - 4, 2) == left
    assert colours.pixelColor(middle + 4, 2) == right


def test_every_number_has_its_formula(panel):
    tips = "\n".join(label.toolTip() for label in panel.findChildren(QLabel)) + panel.bar.toolTip()
    for formula in FORMULAS.values():
        assert formula in tips


@pytest.mark.parametrize(
    ("percentiles", "words"),
    [
        ((90.0, 85.0, 95.0), "Whipsaw:"),
        ((90.0, 10.0, 85.0), "Fragile"),
        ((50.0, 50.0, 50.0), "No whipsaw"),
    ],
)
def test_the_market_in_a_word(percentiles, words):
    names = ("above_percentile", "below_percentile", "fragility_percentile")
    assert whipsaw_words(
        dataclasses.replace(EXPOSURE, **dict(zip(names, percentiles, strict=True)))
    ).startswith(words)


def test_it_says_how_much_history_the_percentile_is_of():
    assert covered(EXPOSURE) == "30 days"
    assert covered(dataclasses.replace(EXPOSURE, days=6.9)) == "7 days"
    assert covered(dataclasses.replace(EXPOSURE, days=0.5)) == "12 h"
    assert covered(dataclasses.replace(EXPOSURE, days=3 / 1440)) == "3 min"


def test_the_reach_is_typed(qtbot, panel):
    assert panel.within.text() == f"5{numbers.THIN}%"
    panel.within.setFocus()
    panel.within.selectAll()
    with qtbot.waitSignal(panel.within_asked) as asked:
        qtbot.keyClicks(panel.within, "2.5")
        qtbot.keyClick(panel.within, Qt.Key.Key_Return)
    assert asked.args == [2.5]
    with qtbot.waitSignal(panel.complained) as told:
        panel.within.selectAll()
        qtbot.keyClicks(panel.within, "99")
        qtbot.keyClick(panel.within, Qt.Key.Key_Return)
    assert "0.5 to 50" in told.args[0]


def test_without_a_price_or_levels_it_says_so(panel, snapshot):
    panel.show_snapshot(dataclasses.replace(snapshot, exposure=None))
    assert "Unknown without a price" in texts(panel)
    nothing = dataclasses.replace(EXPOSURE, above=0.0, below=0.0)
    panel.show_snapshot(dataclasses.replace(snapshot, exposure=nothing))
    assert panel.bar.words()[0] == "no levels near"
    assert not panel.bar.grab().isNull()


def test_amounts_follow_the_currency(panel):
    panel.set_view(View(currency=Currency("EUR", 0.5, "2026-02-08")))
    assert any("EUR" in text and "150" in text for text in texts(panel))


def test_the_two_ends_of_the_balance_never_touch(panel):
    whole = panel.bar.words()
    panel.bar.resize(300, 24)
    assert panel.bar.fitting_words() == whole
    panel.bar.resize(150, 24)
    assert panel.bar.fitting_words() == (f"▼ {numbers.percent(0.25)}", f"▲ {numbers.percent(0.75)}")
