"""Lights, panel and words of the feeds, from frozen pictures of what stands."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from heatdesk.gui import feed_words
from heatdesk.gui.dialogs.feeds import NOTHING, FeedsDialog
from heatdesk.gui.feed_lights import FeedLights
from heatdesk.gui.feeds import Feeds
from heatdesk.gui.numbers import THIN
from heatdesk.gui.view import View
from heatdesk.live import ExchangeState, Health, Hole, Live, StreamState
from heatdesk.market import Interval

_NOW = 1_770_000_000_000
_WELL = ExchangeState("binance", "Binance", Health.LIVE, age_ms=400, latency_ms=38.0, skew_ms=12.0)
_BANNED = ExchangeState(
    "okx", "OKX", Health.BANNED, reason="OKX asked for a pause (429).", until_ms=_NOW + 84_000, age_ms=12_000
)
_GONE = ExchangeState("dydx", "dYdX", Health.REFUSED, reason="Not offered here (451).")
_LIVE = Live(1, _NOW, (_WELL, _BANNED, _GONE))


@pytest.mark.parametrize(
    ("state", "grade"),
    [
        (_WELL, "good"),
        (replace(_WELL, health=Health.QUIET), "good"),
        (replace(_WELL, age_ms=30_001), "warn"),  # it says it is live, but gave nothing for half a minute
        (replace(_WELL, age_ms=-1), "warn"),
        (replace(_WELL, health=Health.MUTE), "warn"),
        (_BANNED, "bad"),
        (_GONE, "bad"),
    ],
)
def test_a_grade_goes_by_health_and_by_age(state: ExchangeState, grade: str) -> None:
    assert feed_words.grade(state) == grade


def test_only_what_is_whole_is_a_hundred_percent() -> None:
    assert feed_words.share(1.0) == f"100{THIN}%"
    assert feed_words.share(0.9999) == f"99{THIN}%"
    assert feed_words.share(float("nan")) == "–"


def test_a_glance_says_age_and_coverage_or_what_is_wrong() -> None:
    assert feed_words.glance(replace(_WELL, coverage=0.983)) == f"Binance 0.4{THIN}s 98{THIN}%"
    assert feed_words.glance(replace(_WELL, progress=0.5)) == f"Binance 0.4{THIN}s history 50{THIN}%"
    assert feed_words.glance(_BANNED) == "OKX paused"
    assert feed_words.glance(_GONE) == "dYdX not offered here"


def test_the_tooltip_tells_reason_and_end_of_a_pause() -> None:
    told = feed_words.explained(_BANNED, _NOW)
    assert "OKX asked for a pause (429)." in told
    assert f"asked again in 1{THIN}m" in told


def test_lights_open_the_exchange_that_is_pressed(qtbot: Any) -> None:
    lights = FeedLights()
    qtbot.addWidget(lights)
    lights.resize(600, 20)
    lights.show_live(_LIVE)
    lights.show()
    lights.grab()
    with qtbot.waitSignal(lights.opened) as opened:
        QTest.mouseClick(lights, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert opened.args == ["binance"]
    with qtbot.waitSignal(lights.opened) as opened:
        QTest.keyClick(lights, Qt.Key.Key_Return)
    assert opened.args == [""]


def test_a_changed_age_within_the_same_word_repaints_nothing(qtbot: Any, monkeypatch: Any) -> None:
    lights = FeedLights()
    qtbot.addWidget(lights)
    asked = []
    monkeypatch.setattr(lights, "update", lambda: asked.append(1))
    lights.show_live(_LIVE)
    lights.show_live(replace(_LIVE, number=2, exchanges=(replace(_WELL, age_ms=410), _BANNED, _GONE)))
    assert len(asked) == 1
    lights.show_live(replace(_LIVE, number=3, exchanges=(replace(_WELL, age_ms=1400), _BANNED, _GONE)))
    assert len(asked) == 2


def test_the_panel_lists_exchanges_streams_and_holes(qtbot: Any) -> None:
    streams = (
        StreamState("trade.BTC", "trades", "BTC/USDT:USDT", Health.LIVE, _NOW - 300),
        StreamState("kline.BTC", "candles", "BTC/USDT:USDT", Health.MUTE, 0, "no data since subscribe"),
    )
    hole = Hole("okx", "BTC/USDT:USDT", "candles", Interval(_NOW - 600_000, _NOW - 480_000), "open", "cut")
    dialog = FeedsDialog(None)
    qtbot.addWidget(dialog)
    dialog.set_view(View())
    assert dialog.notices.text() == NOTHING
    live = replace(_LIVE, exchanges=(replace(_WELL, streams=streams), _BANNED), holes=(hole,))
    dialog.show_live(live, 21.0)
    dialog.table.open_exchange("binance")
    dialog.show_live(live, 21.0)
    row = dialog.table.topLevelItem(0)
    assert [row.text(i) for i in (0, 1, 3, 4)] == ["Binance", "live", f"38{THIN}ms", f"21{THIN}ms"]
    assert [row.child(i).text(0) for i in range(row.childCount())] == ["kline.BTC", "trade.BTC"]
    assert row.child(0).text(2) == "–"  # it never gave any
    assert dialog.holes.topLevelItemCount() == 1
    assert dialog.holes.topLevelItem(0).text(6) == "cut"
    dialog.show_live(replace(live, exchanges=(_BANNED,)), 21.0)
    assert dialog.table.topLevelItemCount() == 1


def test_history_that_an_exchange_refuses_is_told_in_words(qtbot: Any) -> None:
    dialog = FeedsDialog(None)
    qtbot.addWidget(dialog)
    why = "OLD/USDT:USDT: Binance: Invalid symbol."
    refusing = replace(_WELL, refused=3, refused_why=why, refused_until_ms=_NOW + 4_000_000)
    said = (
        "Binance refuses 3 stretches of history: OLD/USDT:USDT: Binance: Invalid symbol. "
        f"Asked again in 1{THIN}h 6{THIN}m."
    )
    dialog.show_live(replace(_LIVE, exchanges=(refusing, _GONE)), 1.0)
    assert dialog.notices.text() == said
    assert said in dialog.table.topLevelItem(0).toolTip(0)
    dialog.show_live(replace(_LIVE, exchanges=(_WELL, _GONE)), 1.0)
    assert dialog.notices.text() == ""


def test_text_from_outside_stays_text(qtbot: Any) -> None:
    dialog = FeedsDialog(None)
    qtbot.addWidget(dialog)
    evil = replace(_WELL, reason="<img src=http://x>", liquidations="<b>x</b>")
    dialog.show_live(replace(_LIVE, exchanges=(evil,), notices=("<b>bold</b>",)), 1.0)
    assert dialog.notices.textFormat() is Qt.TextFormat.PlainText
    assert dialog.table.topLevelItem(0).text(12) == "<b>x</b>"


def test_a_notice_is_told_once_while_it_stands(qtbot: Any, monkeypatch: Any) -> None:
    lights = FeedLights()
    qtbot.addWidget(lights)
    feeds = Feeds(lights, lights)
    told: list[str] = []
    feeds.told.connect(told.append)
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    for notices in (("disk full",), ("disk full",), (), ("disk full",)):
        clock[0] += 1.0
        feeds.show_live(replace(_LIVE, notices=notices), 1.0)
    assert told == ["disk full", "disk full"]
    assert feeds.state_of("okx") == _BANNED
    assert feeds.state_of("nowhere") is None
