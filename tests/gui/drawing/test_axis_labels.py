"""The tag that follows the cursor leaves no half of a label beside it: that would read as another number."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QFontMetricsF, QImage

from heatdesk.gui.axis import Axis, Tag
from heatdesk.gui.chart import ChartView
from tests.gui.drawing.snapshots import snapshot
from tests.gui.drawing.test_live_bar import on_screen


@pytest.fixture
def chart(qtbot) -> Iterator[ChartView]:
    view = ChartView()
    qtbot.addWidget(view)
    view.resize(900, 420)
    view.show_snapshot(snapshot(240, 60))
    view.show()
    on_screen(view)
    yield view
    view.close()


def _picture(chart: ChartView, axis: Axis, tag: Tag | None) -> QImage:
    """The axis alone, with the cursor's tag there."""
    axis.cursor_tag.set_tag(tag)
    image = chart.canvas.grab().toImage()
    place = chart.canvas.mapFromScene(axis.sceneBoundingRect()).boundingRect()
    return image.copy(place)


def _ink(image: QImage, background: QColor, within: QRect) -> int:
    """Pixels there that are not of the ground."""
    area = within & image.rect()
    spots = (
        (x, y) for x in range(area.left(), area.right() + 1) for y in range(area.top(), area.bottom() + 1)
    )
    return sum(image.pixelColor(*spot) != background for spot in spots)


@pytest.mark.parametrize("across", [-0.45, -0.2, 0.2, 0.45])
def test_a_time_half_under_the_tag_is_not_shown(chart: ChartView, across: float) -> None:
    axis = chart.time_axis
    ticks = axis.ticks()
    background, fill = QColor(axis.look.tokens.background), QColor("#aa3355")
    tick = ticks[len(ticks) // 2]
    assert not tick.strong
    size = axis._text_size()
    word = size.horizontalAdvance(tick.label)
    (low, high), _ = chart.view_box.viewRange()
    per_pixel = (high - low) / chart.view_box.width()
    plate = size.horizontalAdvance("M") + 16.0
    at = tick.position + (across * (word + plate)) * per_pixel
    bare = _picture(chart, axis, None)
    x = (tick.position - low) / per_pixel
    row = QRect(math.floor(x - word / 2.0), 5, math.ceil(word), bare.height() - 6)
    assert _ink(bare, background, row) > 20
    tagged = _picture(chart, axis, Tag(at, "M", fill.name(), "#ffffff"))
    stands = [c for c in range(tagged.width()) if tagged.pixelColor(c, tagged.height() // 2 - 6) == fill]
    left = QRect(row.left(), row.top(), max(0, stands[0] - row.left()), row.height())
    right = QRect(stands[-1] + 1, row.top(), max(0, row.right() - stands[-1]), row.height())
    assert not left.isEmpty() or not right.isEmpty()
    assert _ink(tagged, background, left) + _ink(tagged, background, right) == 0


def test_a_bold_time_is_hidden_to_its_end(chart: ChartView) -> None:
    axis = chart.time_axis
    tick = next(tick for tick in axis.ticks()[1:] if tick.strong)
    background, fill = QColor(axis.look.tokens.background), QColor("#aa3355")
    (low, high), _ = chart.view_box.viewRange()
    per_pixel = (high - low) / chart.view_box.width()
    word = QFontMetricsF(axis._text_size()).horizontalAdvance(tick.label)
    x = (tick.position - low) / per_pixel
    image = _picture(chart, axis, Tag(tick.position - word / 2 * per_pixel, "M", fill.name(), "#ffffff"))
    beyond = QRect(math.ceil(x + 10.0), 5, math.ceil(word / 2), image.height() - 6)
    assert _ink(image, background, beyond) == 0
