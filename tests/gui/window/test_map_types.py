"""The five maps: two clicks or one key each, seen in the picture, with sums that hold, and one key back."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from heatdesk.engine import Question
from heatdesk.gui.map_type import (
    Shown,
    map_type,
    moment_text,
    of_age,
    of_all,
    of_net,
    of_one,
    of_past,
    typed_moment,
    with_window,
)
from heatdesk.gui.view import View
from heatdesk.market import HOUR_MS
from heatdesk.model.age_windows import AgeChoice, AgeWindows

from .market import BTC, ETH
from .test_effects import answered, differ, pixels, total

_WINDOWS = AgeWindows(2.0, 8.0, 24.0, 96.0)


@pytest.fixture
def window(qtbot, make, engine):
    """A window over both exchanges of BTC."""
    made = make(engine, BTC, ("binance", "bybit"))
    qtbot.waitUntil(lambda: made._snapshot is not None, timeout=20_000)
    qtbot.waitUntil(made.isActiveWindow)
    qtbot.wait(50)
    return made


def press(qtbot, window, name):
    """The button of a map type, as a mouse presses it."""
    button = window.bar.map_types.buttons.button(name)
    return answered(qtbot, window, lambda: qtbot.mouseClick(button, Qt.MouseButton.LeftButton))


def common_rows(of, *maps):
    """USD of a map's rows that all of them show, (n_rows, n_times)."""
    low = max(m.heatmap.prices[0] for m in maps) * (1 + 1e-9)
    high = min(m.heatmap.prices[-1] for m in maps) * (1 - 1e-9)
    rows = slice(*np.searchsorted(of.heatmap.prices, (low, high)) - (1, 0))
    return of.heatmap.notional("both")[rows].astype(float)


def pressed(window):
    buttons = window.bar.map_types.buttons._buttons
    return [name for name, button in buttons.items() if button.isChecked()]


def test_one_exchange_after_the_other_adds_up_to_all(qtbot, window):
    whole, picture = window._snapshot, pixels(window.desk.chart)
    assert pressed(window) == ["all"] and not window.bar.map_types.strip.isVisible()
    first = press(qtbot, window, "one")
    assert first.question.exchanges == ("binance",) and pressed(window) == ["one"]
    assert window.bar.map_types.strip.isVisible()
    assert differ(picture, pixels(window.desk.chart)) > 0.05
    second = press(qtbot, window, "one")
    assert second.question.exchanges == ("bybit",), "again is the next"
    common = [common_rows(of, whole, first, second) for of in (whole, first, second)]
    np.testing.assert_allclose(common[1] + common[2], common[0], rtol=1e-4, atol=1.0)
    named = window.bar.map_types.strip.one._buttons.button("binance")
    again = answered(qtbot, window, lambda: qtbot.mouseClick(named, Qt.MouseButton.LeftButton))
    assert total(again) == total(first)
    back = answered(qtbot, window, lambda: qtbot.keyClick(window, Qt.Key.Key_A))
    assert back.question == whole.question and pressed(window) == ["all"]
    assert not window.bar.map_types.strip.isVisible()


def test_ages_are_colours_and_a_filter_and_add_up(qtbot, window):
    whole, picture = window._snapshot, pixels(window.desk.chart)
    window.preferences.choose(replace(window.preferences.settings, ages=_WINDOWS))
    aged = press(qtbot, window, "age")
    assert pressed(window) == ["age"] and aged.question.ages == AgeChoice(_WINDOWS)
    np.testing.assert_allclose(
        aged.heatmap.notional("both"), whole.heatmap.notional("both"), rtol=1e-4, atol=1.0
    )
    assert differ(picture, pixels(window.desk.chart)) > 0.1, "other colours"
    parts = []
    chips = window.bar.map_types.strip.age.chips
    shares = [float(chip.text().split()[-2]) for chip in chips]
    assert sum(shares) == pytest.approx(100.0, abs=0.3)
    for chip in chips[1:]:
        picture = pixels(window.desk.chart)
        fewer = answered(qtbot, window, lambda c=chip: qtbot.mouseClick(c, Qt.MouseButton.LeftButton))
        parts.append(total(aged) - total(fewer))
        aged = fewer
        assert differ(picture, pixels(window.desk.chart)) > 0.005
    assert all(part > 0 for part in parts) and total(aged) > 0
    assert aged.question.ages.shown == (0,)
    assert sum(parts) + total(aged) == pytest.approx(total(whole), rel=1e-4)
    clusters = sum(cluster.usd for cluster in window._snapshot.clusters)
    assert clusters <= total(aged), "the ranking follows"
    qtbot.mouseClick(chips[0], Qt.MouseButton.LeftButton)
    qtbot.wait(50)
    assert window._asked.ages.shown == (0,) and chips[0].isChecked(), "the last one stays"


def test_other_limits_of_age_are_asked_for(qtbot, window):
    aged = press(qtbot, window, "age")
    settings = window.preferences.settings
    other = answered(
        qtbot, window, lambda: window.preferences.choose(settings.changed("ages", first=1.0, fourth=240.0))
    )
    assert other.question.ages.windows.limits == (1.0, 24.0, 72.0, 240.0)
    assert window.bar.map_types.strip.age.chips[0].text().startswith(" < 1 h")
    newest, before = other.heatmap.ages.newest, aged.heatmap.ages.newest
    assert newest[0].sum() < before[0].sum() and newest[4].sum() <= before[4].sum()
    assert window.bar.map_types.windows.first == 1.0


def test_limits_open_the_settings(qtbot, window):
    press(qtbot, window, "age")
    qtbot.keyClick(window, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    dialog = window._settings_dialog
    assert dialog.isVisible() and dialog.forms["ages"].isVisible()
    dialog.close()


def test_the_past_is_where_the_crosshair_is_and_one_key_returns(qtbot, window):
    now = window._snapshot
    heatmap = now.heatmap
    column = heatmap.shape[1] // 2
    window.bar.map_types.set_hover(_hover(int(heatmap.times_ms[column])))
    past = answered(qtbot, window, lambda: qtbot.keyClick(window, Qt.Key.Key_H))
    end = int(heatmap.times_ms[column]) + heatmap.step_ms
    assert past.question.end_ms == end and pressed(window) == ["past"]
    strip = window.bar.map_types.strip
    assert strip.isVisible() and strip.past.moment.text() == moment_text(end, "UTC")
    low = np.searchsorted(heatmap.prices, past.heatmap.prices[0] * 1.0001) - 1
    rows = min(past.heatmap.shape[0], heatmap.shape[0] - low)
    columns = past.heatmap.shape[1]
    shared = slice(column + 1 - min(column + 1, columns), column + 1)
    then = past.heatmap.notional("long")[:rows, -(shared.stop - shared.start) :]
    np.testing.assert_array_equal(then, heatmap.notional("long")[low : low + rows, shared])
    back = answered(qtbot, window, lambda: qtbot.keyClick(window, Qt.Key.Key_A))
    assert back.question == now.question


def _hover(time_ms):
    from heatdesk.gui.hover import Hover

    return Hover(time_ms, 60_000.0)


def test_a_past_is_typed_and_walked(qtbot, window):
    past = press(qtbot, window, "past")
    heatmap = window._snapshot.heatmap
    strip = window.bar.map_types.strip.past
    assert strip.moment.hasFocus(), "ready to type another"
    end = past.question.end_ms
    earlier = answered(
        qtbot, window, lambda: qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    )
    assert earlier.question.end_ms == end - HOUR_MS
    strip.moment.setText(moment_text(end - 5 * HOUR_MS, "UTC"))
    typed = answered(qtbot, window, strip.moment.editingFinished.emit)
    assert typed.question.end_ms == end - 5 * HOUR_MS
    assert int(typed.heatmap.times_ms[-1]) + heatmap.step_ms == end - 5 * HOUR_MS
    strip.moment.setText("the day before yesterday")
    strip.moment.editingFinished.emit()
    assert "2026-02-05 13:00" in window.status.line
    assert strip.moment.property("wrong") and window._asked.end_ms == end - 5 * HOUR_MS
    with qtbot.waitSignal(window._bridge.failed, timeout=20_000):
        strip.moment.setText("2001-01-01")
        strip.moment.editingFinished.emit()
    qtbot.wait(20)
    assert pressed(window) == ["past"] and window._asked.end_ms == end - 5 * HOUR_MS, "the map stays"


def test_net_and_back(qtbot, window):
    picture, question = pixels(window.desk.chart), window._asked
    qtbot.keyClick(window, Qt.Key.Key_N)
    qtbot.wait(20)
    assert window._view.side == "net" and pressed(window) == ["net"]
    assert differ(picture, pixels(window.desk.chart)) > 0.02
    assert window._asked == question, "nothing is asked for it"
    qtbot.keyClick(window, Qt.Key.Key_L)
    assert window._view.side == "long" and pressed(window) == ["all"]
    qtbot.keyClick(window, Qt.Key.Key_N)
    qtbot.keyClick(window, Qt.Key.Key_A)
    assert window._view.side == "both"


def test_one_is_grey_where_there_is_only_one(qtbot, make, engine):
    window = make(engine, ETH)
    qtbot.waitUntil(lambda: window._snapshot is not None, timeout=20_000)
    buttons = window.bar.map_types.buttons
    assert not buttons.button("one").isEnabled() and buttons.button("age").isEnabled()


SHOWN = Shown(Question(BTC, ("binance", "bybit")), View())


def test_a_type_ends_the_one_before(engine):
    catalogue = engine.catalogue()
    makers = {
        "all": lambda s: of_all(s, catalogue),
        "past": lambda s: of_past(s, 1_760_400_000_000),
        "one": lambda s: of_one(s, catalogue),
        "age": lambda s: of_age(s, AgeWindows()),
        "net": of_net,
    }
    for first in makers:
        for second, make in makers.items():
            shown = make(makers[first](SHOWN))
            assert map_type(shown, catalogue) == second
            assert of_all(shown, catalogue) == SHOWN


def test_a_past_has_its_clock():
    assert typed_moment("2026-02-05 13:00", "UTC") == 1_770_296_400_000
    assert typed_moment(" 2026-02-05 22:00 ", "Asia/Tokyo") == 1_770_296_400_000
    assert moment_text(1_770_296_400_000, "Asia/Tokyo") == "2026-02-05 22:00"
    assert typed_moment("2026-02-05", "UTC") == 1_770_249_600_000
    for wrong in ("", "soon", "2026-13-01", "0001-01-01 00:00", "٢٠٢٦"):
        with pytest.raises(ValueError, match="2026-02-05 13:00"):
            typed_moment(wrong, "Asia/Tokyo")


def test_windows_of_age_toggle():
    choice = AgeChoice()
    fewer = with_window(choice, 2)
    assert fewer.shown == (0, 1, 3, 4) and with_window(fewer, 2) == choice
    assert with_window(AgeChoice(shown=(3,)), 3).shown == (3,)
