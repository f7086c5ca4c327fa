"""Every control is seen in the picture, and where it filters, in the numbers."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QToolButton

from heatdesk.engine import Question
from heatdesk.gui.choices import first_question
from heatdesk.gui.view import Currency
from heatdesk.market import DAY_MS, Kind, Records

from .market import BTC, ETH


def pixels(widget):
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)


def differ(a, b):
    """Share of pixels that differ visibly; pictures of another size differ altogether."""
    return 1.0 if a.shape != b.shape else float((np.abs(a - b).max(axis=2) > 24).mean())


def menu_line(window, name, text):
    button = next(b for b in window.bar.findChildren(QToolButton) if b.accessibleName() == name)
    button.menu().aboutToShow.emit()
    return next(a for a in button.menu().actions() if a.text().split("\t")[0] == text)


@pytest.fixture
def asked(window):
    """What the engine was asked since the window showed its first map."""
    questions = []
    ask = window._bridge.ask
    window._bridge.ask = lambda question: (questions.append(question), ask(question))
    return questions


LOOKS = {
    "side long": (("side", "long"), 0.02),
    "side net": (("side", "net"), 0.02),
    "palette": (("palette", "purple-yellow"), 0.1),
    "colour-blind": (("palette", "safe"), 0.1),
    "rendering smoothed": (("rendering", "smoothed"), 0.002),
    "rendering bands": (("rendering", "bands"), 0.02),
    "gamma": (("gamma", 0.4), 0.05),
    "smallest level": (("minimum_usd", 1e6), 0.02),
    "log scale": (("price_scale", "log"), 0.0005),
    "percent scale": (("price_scale", "percent"), 0.0005),
    "reach contours": (("reach", True), 0.02),
    "real positions": (("positions", True), 0.0005),
    "red candles rise": (("up_is_red", True), 0.0002),
    "light theme": (("theme", "light"), 0.5),
    "time zone": (("time_zone", "Asia/Tokyo"), 0.0002),
}


@pytest.mark.parametrize(("change", "least"), LOOKS.values(), ids=LOOKS)
def test_a_look_is_seen_in_the_chart_and_asks_nothing(qtbot, window, asked, change, least):
    qtbot.wait(50)
    before = pixels(window.desk)
    name, value = change
    window.bar._ask_view(**{name: value})
    qtbot.wait(20)
    assert differ(before, pixels(window.desk)) > least
    window.bar._ask_view(**{name: getattr(type(window._view)(), name)})
    qtbot.wait(20)
    # an axis that grew for longer labels keeps its width, and the map under it moves by some pixels
    kept = 0.05 if name == "price_scale" else 0.0002
    assert differ(before, pixels(window.desk)) < kept, "and back"
    assert asked == []


def test_a_currency_is_seen_in_legend_and_panel(qtbot, window, asked):
    legend, side = pixels(window.desk.legend), pixels(window.side)
    window.bar._ask_view(currency=Currency("SGD", 1.3, "2026-11-20"))
    qtbot.wait(20)
    assert differ(legend, pixels(window.desk.legend)) > 0.001
    assert differ(side, pixels(window.side)) > 0.001
    assert asked == []


@pytest.mark.parametrize(
    ("key", "name", "value"),
    [
        (Qt.Key.Key_N, "side", "net"),
        (Qt.Key.Key_L, "side", "long"),
        (Qt.Key.Key_G, "rendering", "smoothed"),
        (Qt.Key.Key_U, "up_is_red", True),
        (Qt.Key.Key_K, "locked", True),
        (Qt.Key.Key_T, "theme", "light"),
        (Qt.Key.Key_C, "palette", "dark-bright"),
    ],
)
def test_a_key_for_a_look(qtbot, window, asked, key, name, value):
    qtbot.keyClick(window, key)
    assert getattr(window._view, name) == value
    assert asked == []


@pytest.mark.parametrize(
    "text", ["light", "safe", "bands", "log", "Rising candles are red", "Lock the colour scale"]
)
def test_a_line_of_the_view_menu(window, asked, text):
    before = window._view
    menu_line(window, "How the map looks", text).trigger()
    assert window._view != before
    assert asked == []


def answered(qtbot, window, act):
    with qtbot.waitSignal(window._bridge.answered, timeout=20_000) as answer:
        act()
    qtbot.wait(20)
    return answer.args[0]


def total(snapshot):
    return float(snapshot.heatmap.notional_long.sum() + snapshot.heatmap.notional_short.sum())


def test_another_bin_is_seen_and_keeps_the_sum(qtbot, window):
    before, picture = window._snapshot, pixels(window.desk.chart)
    asked = next(a for a in _lines(window, "Price bin") if a.text().startswith("50"))
    assert "USDT" in asked.text(), "what it is in money is said"
    now = answered(qtbot, window, asked.trigger)
    assert now.heatmap.bin_bps == 50.0
    assert total(now) == pytest.approx(total(before), rel=0.05)
    assert differ(picture, pixels(window.desk.chart)) > 0.05
    assert "50" in window.bar._bin.text()


def _lines(window, name):
    button = next(b for b in window.bar.findChildren(QToolButton) if b.accessibleName() == name)
    button.menu().aboutToShow.emit()
    return button.menu().actions()


def test_tiers_filter_the_map_and_add_up(qtbot, window):
    whole, picture = window._snapshot, pixels(window.desk.chart)
    for name in ("3×", "4×", "5×", "6×", "8×", "10×", "12×", "15×", "18×", "20×"):
        one = answered(
            qtbot, window, next(a for a in _lines(window, "Leverage tiers") if a.text() == name).trigger
        )
    assert min(one.question.tiers) == 25
    assert total(one) < total(whole)
    assert differ(picture, pixels(window.desk.chart)) > 0.05
    newest = one.heatmap.newest_by_tier
    shown = np.isin(one.heatmap.tiers, one.question.tiers)
    assert newest[:, ~shown].sum() == 0
    assert newest[:, shown] == pytest.approx(
        whole.heatmap.newest_by_tier[:, shown][..., : newest.shape[2]], rel=1e-3
    )
    assert answered(qtbot, window, _lines(window, "Leverage tiers")[0].trigger).question.tiers is None


def test_the_last_tier_cannot_be_switched_off(window):
    window._bridge.ask = lambda question: None
    window.ask(dataclasses.replace(window._snapshot.question, tiers=(10.0,)))
    window.bar.show_question(window._asked)
    line = next(a for a in _lines(window, "Leverage tiers") if a.text() == "10×")
    assert line.isChecked()
    assert not line.isEnabled()


def test_exchanges_add_up(qtbot, make, engine):
    window = make(engine, exchanges=("binance", "bybit"))
    qtbot.waitUntil(lambda: window._snapshot is not None, timeout=20_000)
    both, picture = window._snapshot, pixels(window.desk.chart)
    line = next(a for a in _lines(window, "Exchanges") if a.text().partition("\t")[0] == "bybit")
    one = answered(qtbot, window, line.trigger)
    assert one.question.exchanges == ("binance",)
    assert total(one) < total(both)
    assert differ(picture, pixels(window.desk.chart)) > 0.05
    other = engine.ask(dataclasses.replace(both.question, exchanges=("bybit",)))
    newest = [
        float(s.heatmap.notional_long[:, -1].sum() + s.heatmap.notional_short[:, -1].sum())
        for s in (one, other, both)
    ]
    assert newest[0] + newest[1] == pytest.approx(newest[2], rel=0.02)


def test_an_estimator_and_a_parameter_are_seen(qtbot, window):
    picture = pixels(window.desk.chart)
    answered(qtbot, window, menu_line(window, "Estimator", "volume").trigger)
    volume = pixels(window.desk.chart)
    assert differ(picture, volume) > 0.05
    window.open_settings("model", "leverage_median")
    field = window._settings_dialog.forms["model"].fields["leverage_median"]
    field.editor.selectAll()
    qtbot.keyClicks(field.editor, "30")
    now = answered(qtbot, window, lambda: qtbot.keyClick(field.editor, Qt.Key.Key_Return))
    assert now.question.params.leverage_median == 30
    assert differ(volume, pixels(window.desk.chart)) > 0.05
    window._settings_dialog.close()


@pytest.mark.parametrize(("timeframe", "lookback"), [("15m", "7d"), ("5m", "24h")])
def test_timeframe_and_look_back_are_seen(qtbot, window, timeframe, lookback):
    picture = pixels(window.desk.chart)
    button = (
        window.bar._timeframe.button(timeframe)
        if timeframe != "5m"
        else window.bar._lookback.button(lookback)
    )
    answered(qtbot, window, button.click)
    assert differ(picture, pixels(window.desk.chart)) > 0.02


def test_recent_symbols_come_first(qtbot, window):
    answered(qtbot, window, lambda: window.ask(Question(ETH, ("binance",), "15m", DAY_MS)))
    assert [a.text() for a in _lines(window, "Symbol")] == [ETH, BTC]


# --- bad inputs, seen in the window


def shown(qtbot, window, snapshot):
    window.show_snapshot(snapshot)
    qtbot.wait(20)
    return pixels(window.desk)


def test_a_symbol_with_ten_candles(qtbot, window, snapshot):
    few = dataclasses.replace(snapshot, candles=snapshot.candles.take(slice(0, 10)))
    assert shown(qtbot, window, few).std() > 1


def test_a_map_of_zeros_is_an_empty_chart_with_candles(qtbot, window, snapshot):
    heatmap = snapshot.heatmap
    nothing = np.zeros_like(heatmap.notional_long)
    empty = dataclasses.replace(
        snapshot,
        heatmap=dataclasses.replace(
            heatmap,
            notional_long=nothing,
            notional_short=nothing,
            newest_by_tier=np.zeros_like(heatmap.newest_by_tier),
            newest_by_exchange=np.zeros_like(heatmap.newest_by_exchange),
        ),
        clusters=(),
        frame=type(snapshot.frame)(None, None),
        exposure=None,
    )
    before = pixels(window.desk.chart)
    now = shown(qtbot, window, empty)
    assert differ(before, pixels(window.desk.chart)) > 0.05
    ground = np.array([0x0B, 0x0E, 0x14])
    assert (np.abs(now - ground).max(axis=2) < 8).mean() > 0.5


def test_a_price_range_of_a_factor_of_ten_thousand(qtbot, window, snapshot):
    candles = snapshot.candles
    factor = np.geomspace(1e-2, 1e2, len(candles))
    names = ("open", "high", "low", "close", "volume", "taker_buy_volume")
    columns = {n: candles[n] * (factor if n in names[:4] else 1.0) for n in names if n in candles.columns}
    wild = dataclasses.replace(snapshot, candles=Records(Kind.CANDLES, candles.time_ms, columns))
    for scale in ("linear", "log", "percent"):
        window.bar._ask_view(price_scale=scale)
        assert shown(qtbot, window, wild).std() > 1
        prices = window.desk.chart.visible_prices()
        assert prices.high / max(prices.low, 1e-9) > 100


@pytest.mark.parametrize("size", [(1, 1), (1040, 540), (5000, 3000)])
def test_tiny_and_huge_windows(qtbot, window, size):
    window.resize(*size)
    qtbot.wait(20)
    assert window.width() >= 1040
    assert window.height() >= 540
    assert pixels(window.desk).std() > 1


def test_a_font_that_is_missing_gives_way(qtbot, qapp, make, engine):
    from PySide6.QtGui import QFont

    before = qapp.font()
    qapp.setFont(QFont("No Such Font At All"))
    try:
        window = make(engine)
        qtbot.waitUntil(lambda: window._snapshot is not None, timeout=20_000)
        assert pixels(window).std() > 1
    finally:
        qapp.setFont(before)


def test_nothing_stored_has_no_first_question():
    assert first_question(()) is None
