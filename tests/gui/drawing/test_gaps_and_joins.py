"""What is missing and who begins where: by state, in words, and never as if nothing had been there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Snapshot
from heatdesk.gui.chart import ChartView
from heatdesk.gui.crosshair import CrosshairLayer
from heatdesk.gui.layers.gaps import hole_words, holes_at
from heatdesk.gui.layers.joins import JoinLayer, join_words
from heatdesk.live import Hole, HoleState
from heatdesk.market import HOUR_MS, MINUTE_MS, Interval
from heatdesk.replay.map_notes import Join
from tests.gui.drawing.snapshots import END_MS, snapshot

MIDDLE = END_MS - 20 * HOUR_MS
GAP = Interval(MIDDLE, MIDDLE + 4 * HOUR_MS)


@pytest.fixture
def chart(qtbot) -> ChartView:
    made = ChartView()
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show_snapshot(snapshot())
    made.show()
    QApplication.processEvents()
    return made


def _picture(chart: ChartView, shown: Snapshot) -> QImage:
    chart.show_snapshot(shown)
    return chart.canvas.grab().toImage()


def _hole(state: str, exchange: str = "bybit", cause: str = "") -> Hole:
    return Hole(exchange, "BTC/USDT:USDT", "candles", GAP, state, cause)


def _changed_columns(chart: ChartView, a: QImage, b: QImage) -> tuple[float, float]:
    """The stretch of time in which two pictures differ, ms."""
    area, (start, end) = chart.plot_area(), chart.view_box.viewRange()[0]
    rows = range(round(area.top()) + 60, round(area.bottom()) - 40)
    xs = [
        x
        for x in range(round(area.left()), round(area.right()))
        if any(a.pixel(x, y) != b.pixel(x, y) for y in rows)
    ]
    assert xs
    times = [start + (x + 0.5 - area.left()) / area.width() * (end - start) for x in (xs[0], xs[-1])]
    return times[0], times[1]


def _warmth(chart: ChartView, picture: QImage, plain: QImage) -> float:
    """How much redder than blue the changed pixels have become, in steps of 255."""
    area = chart.plot_area().toAlignedRect()
    warmer = []
    for x in range(area.left(), area.right()):
        for y in range(area.top() + 60, area.bottom() - 40, 3):
            if picture.pixel(x, y) != plain.pixel(x, y):
                now, then = (QColor(p.pixelColor(x, y)) for p in (picture, plain))
                warmer.append((now.red() - now.blue()) - (then.red() - then.blue()))
    return float(np.mean(warmer))


def test_a_gap_that_is_being_filled_is_of_the_warning_colour_and_no_other(chart: ChartView) -> None:
    plain = _picture(chart, snapshot())
    missing = _picture(chart, snapshot(gaps=(GAP,)))
    filling = _picture(chart, replace(snapshot(gaps=(GAP,)), holes=(_hole(HoleState.OPEN),)))
    none_there = _picture(chart, replace(snapshot(gaps=(GAP,)), holes=(_hole(HoleState.NONE_THERE),)))
    pixel = (chart.view_box.viewRange()[0][1] - chart.view_box.viewRange()[0][0]) / chart.plot_area().width()
    for picture in (missing, filling):
        start, end = _changed_columns(chart, plain, picture)
        assert (start, end) == pytest.approx((GAP.start_ms, GAP.end_ms), abs=4 * pixel)
    assert none_there == missing
    assert filling != missing
    assert _warmth(chart, filling, plain) > _warmth(chart, missing, plain) + 30


def test_the_same_hole_of_two_exchanges_is_hatched_once(chart: ChartView) -> None:
    one = _picture(chart, replace(snapshot(), holes=(_hole(HoleState.NONE_THERE),)))
    two = (_hole(HoleState.NONE_THERE), _hole(HoleState.NONE_THERE, "okx"))
    assert _picture(chart, replace(snapshot(), holes=two)) == one


def test_words_say_who_lacks_what_and_why() -> None:
    shown = replace(snapshot(), holes=(_hole(HoleState.OPEN, cause="disconnected"), _hole("missing", "okx")))
    here = holes_at(shown, MIDDLE + HOUR_MS)
    assert hole_words(here) == "bybit candles missing, being filled (disconnected); okx candles missing"
    assert holes_at(shown, GAP.end_ms) == ()
    assert hole_words(()) == ""
    many = [_hole(HoleState.NONE_THERE, f"exchange{i}") for i in range(5)]
    assert hole_words(many).endswith("the exchange has none and 2 more")


def test_the_readout_says_what_is_missing_under_the_cursor(chart: ChartView) -> None:
    chart.show_snapshot(
        replace(snapshot(), holes=(_hole(HoleState.OPEN),), joins=(Join("okx", MIDDLE, "candles"),))
    )
    layer = chart._layer(CrosshairLayer)
    chart._cursor_moved(_at(chart, MIDDLE + 2 * HOUR_MS))
    said = "".join(words for line in layer.lines() for words, *_ in line)
    assert "bybit candles missing, being filled" in said
    assert "okx joins" not in said
    chart._cursor_moved(_at(chart, MIDDLE))
    assert "okx joins here" in "".join(words for line in layer.lines() for words, *_ in line)
    chart._cursor_moved(_at(chart, MIDDLE - 5 * HOUR_MS))
    assert "missing" not in "".join(words for line in layer.lines() for words, *_ in line)


def _at(chart: ChartView, time_ms: float):
    from PySide6.QtCore import QPointF

    return QPointF(time_ms, chart.price_scale.y(63_000.0))


def test_a_join_is_a_line_at_its_moment_with_a_name(chart: ChartView) -> None:
    plain = _picture(chart, snapshot())
    joined = _picture(chart, replace(snapshot(), joins=(Join("bybit", MIDDLE, "candles"),)))
    area, (start, end) = chart.plot_area(), chart.view_box.viewRange()[0]
    x = area.left() + (MIDDLE - start) / (end - start) * area.width()
    below_names = range(round(area.top()) + 110, round(area.bottom()))
    changed = {
        column
        for column in range(round(area.left()), round(area.right()))
        if any(plain.pixel(column, y) != joined.pixel(column, y) for y in below_names)
    }
    assert changed
    assert all(abs(column - x) <= 1.0 for column in changed)


def test_joins_out_of_sight_draw_nothing_and_names_do_not_meet(chart: ChartView) -> None:
    plain = _picture(chart, snapshot())
    assert _picture(chart, replace(snapshot(), joins=(Join("okx", END_MS - 10**10, "candles"),))) == plain
    crowd = tuple(Join(f"exchange{i}", MIDDLE + i * 60_000, "open_interest") for i in range(12))
    assert _picture(chart, replace(snapshot(), joins=crowd)) != plain
    layer = chart._layer(JoinLayer)
    assert [join_words(join) for join in layer.joins()][:1] == ["exchange0 open interest joins"]


def test_a_hole_too_short_for_hatching_is_a_bar_that_is_seen(chart: ChartView) -> None:
    plain = chart.canvas.grab().toImage()
    short = _hole(HoleState.OPEN)._replace(interval=Interval(MIDDLE, MIDDLE + 60_000))
    seen = _picture(chart, replace(snapshot(), holes=(short,)))
    rows = range(round(chart.plot_area().top()) + 60, round(chart.plot_area().bottom()) - 40)
    columns = range(round(chart.plot_area().width()))
    changed = np.array([[plain.pixel(x, y) != seen.pixel(x, y) for x in columns] for y in rows])
    share = changed.mean(axis=0)  # the candles stand before it
    assert (share > 0.0).sum() == (share > 0.8).sum() == 3


def test_a_market_in_which_little_is_traded_is_still_seen_below_its_gaps(chart: ChartView) -> None:
    """Every other candle is left out: side by side their bars would cover the map."""
    step_ms = 5 * MINUTE_MS
    times = snapshot().heatmap.times_ms.tolist()
    gaps = tuple(Interval(start, start + step_ms) for start in times[10::2])
    plain, covered = _picture(chart, snapshot()), _picture(chart, snapshot(gaps=gaps))
    area = chart.plot_area().toAlignedRect().adjusted(20, 60, -20, -40)
    points = [(x, y) for x in range(area.left(), area.right()) for y in range(area.top(), area.bottom(), 3)]
    changed = sum(plain.pixel(*point) != covered.pixel(*point) for point in points)
    assert 0.03 < changed / len(points) < 0.3
