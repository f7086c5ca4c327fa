"""Real liquidations: none missed, none twice, merged without losing a dollar, told with what is held back."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Snapshot
from heatdesk.events import Liquidation, Market
from heatdesk.gui.chart import ChartView
from heatdesk.gui.layers.bubble_shapes import MOST, cell_of, full_amount, merged
from heatdesk.gui.layers.bubbles import BubbleLayer
from heatdesk.gui.liquidation_log import LiquidationLog
from heatdesk.gui.view import View
from heatdesk.history.printed import PrintedLiquidations, Prints
from heatdesk.live import ExchangeState, Health, Live, Printed
from heatdesk.market import HOUR_MS, MINUTE_MS
from tests.gui.drawing.snapshots import END_MS, snapshot

SYMBOL = "BTC/USDT:USDT"
BINANCE, BYBIT = Market("binance", SYMBOL), Market("bybit", SYMBOL)
MIDDLE = END_MS - 10 * HOUR_MS
STATES = (
    ExchangeState(
        "binance", "Binance", Health.LIVE, liquidations="throttled", liquidation_price="bankruptcy"
    ),
    ExchangeState("bybit", "Bybit", Health.LIVE, liquidations="complete", liquidation_price="fill"),
)


def printed(*rows: tuple[int, int, float, float], times: float = 4.0) -> PrintedLiquidations:
    """Stored ones of Binance: (time, side, price, USD)."""
    columns = [np.array(column, float) for column in zip(*rows, strict=True)]
    usd = columns[3]
    reported = np.array([[usd[columns[1] == side].sum() for side in (1, -1)]])
    kept = Prints(
        (BINANCE,),
        columns[0].astype(np.int64),
        np.zeros(len(usd), np.int64),
        columns[1].astype(np.int8),
        columns[2],
        usd,
        usd * times,
    )
    return PrintedLiquidations(kept, reported, reported * times, np.array([len(usd)]))


def with_stored(*rows: tuple[int, int, float, float]) -> Snapshot:
    return replace(snapshot(), liquidations=printed(*rows), markets=(BINANCE, BYBIT))


def live(*rows: tuple[int, str, int, int, float, float]) -> Live:
    """Heard ones: (number, exchange, time, side, price, coins)."""
    told = tuple(
        Printed(number, exchange, Liquidation(SYMBOL, time_ms, side, price, coins))
        for number, exchange, time_ms, side, price, coins in rows
    )
    return Live(1, END_MS, exchanges=STATES, liquidations=told)


@pytest.fixture
def chart(qtbot) -> ChartView:
    made = ChartView()
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show_snapshot(snapshot())
    made.show()
    QApplication.processEvents()
    return made


def _picture(chart: ChartView) -> QImage:
    return chart.canvas.grab().toImage()


def _place(chart: ChartView, time_ms: float, price: float) -> tuple[float, float]:
    area, ((x_min, x_max), (y_min, y_max)) = chart.plot_area(), chart.view_box.viewRange()
    x = area.left() + (time_ms - x_min) / (x_max - x_min) * area.width()
    return x, area.top() + (y_max - chart.price_scale.y(price)) / (y_max - y_min) * area.height()


def _changed(chart: ChartView, a: QImage, b: QImage) -> np.ndarray:
    """(n, 2) places of the plot at which two pictures differ."""
    area = chart.plot_area().toAlignedRect()
    differs = (_pixels(a) != _pixels(b)).any(axis=2)
    y, x = np.nonzero(differs[area.top() + 40 : area.bottom(), area.left() : area.right()])
    return np.column_stack([x + area.left(), y + area.top() + 40])


def _pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()


# --- the log


def test_what_is_heard_stands_once_whatever_is_stored_meanwhile() -> None:
    log = LiquidationLog()
    log.show_snapshot(with_stored((MIDDLE, 1, 63_000.0, 5e5)))
    assert log.show_live(
        live((7, "binance", MIDDLE, 1, 63_000.0, 8.0), (8, "bybit", END_MS, -1, 64_000.0, 2.0))
    )
    assert len(log.prints) == 2  # the first is stored already
    assert log.prints.usd.tolist() == [5e5, 128_000.0]
    assert not log.show_live(
        live((7, "binance", MIDDLE, 1, 63_000.0, 8.0), (8, "bybit", END_MS, -1, 64_000.0, 2.0))
    )
    assert (
        log.show_live(live((8, "bybit", END_MS, -1, 64_000.0, 2.0), (9, "okx", END_MS, 1, 1.0, 1.0))) is False
    )
    stored = with_stored((MIDDLE, 1, 63_000.0, 5e5))
    added = (END_MS, 1, np.int8(-1), 64_000.0, 128_000.0, 128_000.0)
    columns = zip(stored.liquidations.kept.columns(), added, strict=True)
    both = Prints((BINANCE, BYBIT), *(np.append(*pair) for pair in columns))
    log.show_snapshot(replace(stored, liquidations=replace(stored.liquidations, kept=both)))
    assert len(log.prints) == 2


def test_a_feed_that_began_anew_is_heard_from_its_first_number() -> None:
    log = LiquidationLog()
    log.show_snapshot(with_stored((MIDDLE, 1, 63_000.0, 5e5)))
    assert log.show_live(live((900, "binance", END_MS, 1, 62_000.0, 1.0)))
    assert log.show_live(live((0, "binance", END_MS + 1, 1, 62_000.0, 1.0)))
    assert len(log.prints) == 3


def test_another_market_forgets_what_was_heard() -> None:
    log = LiquidationLog()
    log.show_snapshot(with_stored((MIDDLE, 1, 63_000.0, 5e5)))
    log.show_live(live((1, "binance", END_MS, 1, 62_000.0, 1.0)))
    other = replace(snapshot(symbol="ETH/USDT:USDT"), markets=(Market("binance", "ETH/USDT:USDT"),))
    log.show_snapshot(other)
    assert len(log.prints) == 0
    log.show_live(live((2, "binance", END_MS, 1, 62_000.0, 1.0)))
    assert len(log.prints) == 0


def test_what_is_held_back_is_known_by_the_feed_and_by_what_was_stored() -> None:
    log = LiquidationLog()
    log.show_snapshot(with_stored((MIDDLE, 1, 63_000.0, 5e5)))
    log.show_live(live((1, "binance", END_MS, 1, 62_000.0, 1.0), (2, "bybit", END_MS, 1, 62_000.0, 1.0)))
    assert log.held_back(BINANCE, 1) == 4.0
    assert np.isnan(log.held_back(BINANCE, -1))
    assert log.held_back(BYBIT, -1) == 1.0
    assert log.prints.corrected_usd.tolist() == [2e6, 248_000.0, 62_000.0]


# --- shapes


def test_merging_loses_no_dollar_and_keeps_sides_apart() -> None:
    rng = np.random.default_rng(2)
    n = 5_000
    prints = Prints(
        (BINANCE,),
        MIDDLE + rng.integers(0, HOUR_MS, n),
        np.zeros(n, np.int64),
        rng.choice([-1, 1], n).astype(np.int8),
        63_000.0 + rng.normal(0.0, 300.0, n),
        rng.exponential(1e5, n),
        rng.exponential(1e5, n),
    )
    shown = prints.usd >= 1e4
    bubbles = merged(prints, prints.price, shown, cell_of(60_000.0), cell_of(5.0))
    assert len(bubbles) < 1500
    for side in (-1, 1):
        assert bubbles.usd[bubbles.side == side].sum() == pytest.approx(
            prints.usd[shown & (prints.side == side)].sum()
        )
    assert (np.diff(bubbles.usd) <= 0).all()
    assert (bubbles.of[~shown] == -1).all()
    chosen = bubbles.of == 0
    assert len(set(prints.side[chosen])) == 1
    assert bubbles.time_ms[0] == pytest.approx(
        np.average(prints.time_ms[chosen], weights=prints.usd[chosen]), abs=1.0
    )
    assert np.ptp(prints.time_ms[chosen]) <= cell_of(60_000.0)


def test_a_circle_has_the_area_of_its_size_until_it_is_too_small_or_too_large() -> None:
    prints = Prints(
        (BINANCE,),
        MIDDLE + np.arange(4) * HOUR_MS,
        np.zeros(4, np.int64),
        np.ones(4, np.int8),
        np.full(4, 63_000.0),
        np.array([1e6, 4e6, 10.0, 2.5e5]),
        np.zeros(4),
    )
    bubbles = merged(prints, prints.price, np.ones(4, bool), 1024.0, 1.0)
    radius = dict(zip(bubbles.usd.tolist(), bubbles.radii(5e6).tolist(), strict=True))
    assert radius[4e6] == pytest.approx(2.0 * radius[1e6])
    assert radius[1e6] == pytest.approx(2.0 * radius[2.5e5])
    assert radius[10.0] == 2.0
    assert full_amount(prints.usd) == 5e6
    assert full_amount(np.array([5e6])) == 5e6
    assert full_amount(np.zeros(0)) == 1.0


def test_a_cell_changes_only_at_twice_the_zoom() -> None:
    assert len({cell_of(1000.0 * 1.01**k) for k in range(60)}) <= 2
    assert cell_of(2000.0) == 2.0 * cell_of(1000.0)


def test_most_circles_are_bounded() -> None:
    n = 3 * MOST
    times = MIDDLE + np.arange(n) * HOUR_MS
    prints = Prints(
        (BINANCE,),
        times,
        np.zeros(n, np.int64),
        np.ones(n, np.int8),
        np.full(n, 1.0),
        np.arange(n) + 1.0,
        np.zeros(n),
    )
    bubbles = merged(prints, prints.price, np.ones(n, bool), 1024.0, 1.0)
    assert len(bubbles) == MOST
    assert bubbles.usd.min() == n - MOST + 1


# --- on the chart


def test_a_circle_stands_at_its_time_and_price(chart: ChartView) -> None:
    plain = _picture(chart)
    chart.show_snapshot(with_stored((MIDDLE, 1, 63_500.0, 5e6)))
    places = _changed(chart, plain, _picture(chart))
    assert len(places)
    assert places.mean(axis=0) == pytest.approx(_place(chart, MIDDLE, 63_500.0), abs=1.5)
    assert np.ptp(places, axis=0) == pytest.approx((38, 38), abs=4)


def test_longs_and_shorts_differ_in_shape_too(chart: ChartView) -> None:
    """A disc is filled, a ring is not: the middle of a ring is nearly the map."""
    plain = _picture(chart)
    x, y = (round(v) for v in _place(chart, MIDDLE, 63_500.0))
    moved = {}
    for side in (1, -1):
        chart.show_snapshot(with_stored((MIDDLE, side, 63_500.0, 5e6)))
        picture = _picture(chart)
        a, b = np.array(plain.pixelColor(x, y).getRgb()[:3]), np.array(picture.pixelColor(x, y).getRgb()[:3])
        moved[side] = np.abs(a - b).sum()
    assert moved[1] > 2 * moved[-1] > 0


@pytest.mark.parametrize("view", [View(bubbles=False), View(smallest_bubble=6e6), View(side="short")])
def test_what_is_not_wanted_is_not_drawn(chart: ChartView, view: View) -> None:
    chart.set_view(view)
    plain = _picture(chart)
    chart.show_snapshot(with_stored((MIDDLE, 1, 63_500.0, 5e6)))
    assert _picture(chart) == plain
    chart.set_view(replace(view, bubbles=True, smallest_bubble=0.0, side="both"))
    assert _picture(chart) != plain


def test_a_circle_that_is_pointed_at_says_what_was_reported_and_what_was_not(chart: ChartView) -> None:
    chart.show_snapshot(with_stored((MIDDLE + 5_000, 1, 63_500.0, 5e6)))
    chart.show_live(live((1, "bybit", MIDDLE + 3 * HOUR_MS, -1, 63_000.0, 10.0)))
    layer = chart._layer(BubbleLayer)
    chart._cursor_moved(QPointF(MIDDLE, chart.price_scale.y(63_500.0)))
    said = layer.words()
    assert said[0] == "▼ long liquidated on Binance"
    assert said[1].endswith(":05   at 63,500, bankruptcy price")
    assert said[2].replace("\u202f", " ") == "$ 5,000,000 reported, ~$ 20.0 M corrected"
    assert said[3] == "reports at most one a second: Binance ~4.0×"
    before = _picture(chart)
    chart._cursor_moved(QPointF(MIDDLE + 3 * HOUR_MS, chart.price_scale.y(63_000.0)))
    assert layer.words()[0] == "▲ short liquidated on Bybit"
    assert "fill price" in layer.words()[1]
    assert layer.words()[2].endswith("reported, nothing held back")
    assert _picture(chart) != before
    chart._cursor_moved(QPointF(MIDDLE - 5 * HOUR_MS, chart.price_scale.y(62_000.0)))
    assert layer.words() == []
    chart._cursor_moved(None)
    assert layer.words() == []


def test_circles_made_one_say_of_how_many(chart: ChartView) -> None:
    rows = [(MIDDLE + k * 1_000, -1, 63_500.0 + k, 1e5) for k in range(12)]
    chart.show_snapshot(with_stored(*rows))
    chart._cursor_moved(QPointF(MIDDLE + 6_000, chart.price_scale.y(63_506.0)))
    said = chart._layer(BubbleLayer).words()
    assert said[0].startswith("▲ 12 shorts liquidated: binance 12")
    assert "reported, ~" in said[2]


def test_a_print_that_is_heard_is_seen_at_once_and_a_cascade_stays_fast(chart: ChartView) -> None:
    chart.show_snapshot(with_stored((MIDDLE, 1, 63_500.0, 5e6)))
    before = _picture(chart)
    chart.show_live(live((1, "bybit", MIDDLE + 4 * HOUR_MS, 1, 63_000.0, 20.0)))
    assert _picture(chart) != before
    rng = np.random.default_rng(3)
    many = [
        (n, "binance", MIDDLE + int(rng.integers(0, 10 * HOUR_MS)), int(rng.choice([-1, 1])), p, 5.0)
        for n, p in enumerate((63_000.0 * np.exp(rng.normal(0.0, 5e-3, 2_000))).tolist(), start=2)
    ]
    began = time.perf_counter()
    chart.show_live(live(*many))
    _picture(chart)
    assert time.perf_counter() - began < 0.5  # shared cores; about 40 ms alone


def test_circles_are_made_once_for_each_size_and_anew_for_another_look(chart: ChartView) -> None:
    chart.show_snapshot(with_stored(*((MIDDLE + k * MINUTE_MS, 1, 63_500.0, 1e5 + k) for k in range(500))))
    layer = chart._layer(BubbleLayer)
    first = _picture(chart)
    kept = dict(layer._sprites._made)
    assert _picture(chart) == first
    assert layer._sprites._made == kept
    assert len(kept) < len(layer._bubbles) < 500
    chart.set_view(View(up_is_red=True))
    assert _picture(chart) != first
    assert all(layer._sprites._made[key] is not kept[key] for key in kept)
