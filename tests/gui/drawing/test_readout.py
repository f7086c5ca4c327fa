"""Words over the map: what has no room goes on below, and prices keep the digits they are traded in."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFontMetricsF

from heatdesk.gui import theme
from heatdesk.gui.chart import ChartView
from heatdesk.gui.layers.text import GAP, Run, _placed
from heatdesk.gui.view import View

INK = QColor("#ffffff")
LINE: list[Run] = [
    ("BTC/USDT:USDT", INK, True),
    (f"{GAP}binance · 5m", INK, False),
    (f"{GAP}O ", INK, False),
    ("71,412", INK, False),
    (f"{GAP}H ", INK, False),
    ("71,498", INK, False),
]


def rows(room: float) -> list[str]:
    metrics = {strong: QFontMetricsF(theme.ui_font(theme.BASE_PX, strong)) for strong in (False, True)}
    placed = _placed(LINE, metrics, room)
    for row in placed:
        for (text, _, strong), x in row:
            assert x >= 0
            assert x + metrics[strong].horizontalAdvance(text) <= room or room < 150
    return ["".join(text for (text, _, _), _ in row) for row in placed]


def test_a_line_goes_on_below_between_its_fields_and_drops_nothing(qapp: object) -> None:
    whole = "".join(text for text, _, _ in LINE)
    assert rows(10_000) == [whole]
    narrow = rows(180)
    assert len(narrow) > 1
    assert narrow[0].startswith("BTC/USDT:USDT")
    assert " ".join(" ".join(narrow).split()) == " ".join(whole.split())
    assert "O 71,412" in " ".join(narrow), "a name and its value stay together"
    assert rows(1) == ["BTC/USDT:USDT", "binance · 5m", "O 71,412", "H 71,498"]


@pytest.mark.parametrize(
    ("price", "said"),
    [
        (70_288.4, "70,288"),
        (2_512.34, "2,512"),
        (87.51, "87.51"),
        (0.10123, "0.1012"),
        (0.00001234, "0.00001234"),
    ],
)
def test_a_price_on_the_axis_keeps_four_digits_however_far_one_zooms_out(
    qtbot, price: float, said: str
) -> None:
    chart = ChartView()
    qtbot.addWidget(chart)
    chart.resize(800, 500)
    chart.set_view(View())
    chart.view_box.setYRange(0.2 * price, 3.0 * price)
    assert chart.price_axis.tag(price, "#000000", "#ffffff").text == said
    chart.view_box.setYRange(0.99999 * price, 1.00001 * price)
    assert len(chart.price_axis.tag(price, "#000000", "#ffffff").text) > len(said), "zoomed in there are more"
