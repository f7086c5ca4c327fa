"""The scoreboard says what was measured, refuses what was not, and its pictures follow the figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage
from PySide6.QtWidgets import QApplication

from heatdesk.gui.dialogs.score import NOTHING, READY, ScoreDialog
from heatdesk.gui.panels.score_choice import Record, Wanted
from heatdesk.gui.panels.score_words import beside, open_questions, rows_of, verdict
from heatdesk.gui.panels.small_plot import Scale, decades, short
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import View
from heatdesk.market import DAY_MS, HOUR_MS
from heatdesk.score.intervals import UNKNOWN, Estimate
from heatdesk.score.location import Location
from heatdesk.score.magnet import Magnet
from heatdesk.score.placebos import Placebos
from heatdesk.score.report import report
from heatdesk.score.scorecard import Cells, Scorecard, measure
from heatdesk.score.walk_forward import Predictions
from heatdesk.scoring import Scored

DAYS = 24
START = 1_764_547_200_000
FINE = Estimate(0.5, 0.4, 0.6)


@pytest.fixture(scope="module")
def scored() -> Scored:
    """Predictions that are right but for chance, of a month of hours."""
    random = np.random.default_rng(8)
    n = 24 * DAYS
    truth = random.lognormal(12, 2, (n, 2))
    observed = truth * random.gamma(2, 0.5, (n, 2))
    excursion = truth * random.lognormal(0, 1.2, (n, 2))
    regression = truth * random.lognormal(0, 0.6, (n, 2))
    times = START + np.arange(n, dtype=np.int64) * HOUR_MS
    known = np.ones((n, 2), bool)
    said = Predictions(
        HOUR_MS, times, known, observed, truth, truth * 0.27, truth * 1.95, excursion, regression,
        {"positions": truth * 1.1},
    )  # fmt: skip
    cells = Cells(
        np.tile(times, 2), np.repeat([0, 1], n), observed.T.ravel(), truth.T.ravel(), (truth * 0.27).T.ravel(),
        (truth * 1.95).T.ravel(),
        {"excursion": excursion.T.ravel(), "regression": regression.T.ravel(), "positions": truth.T.ravel() * 1.1},
    )  # fmt: skip
    measured = measure(cells, np.ones(2 * n, np.int64), {"model": "the model"})
    placebos = Placebos(FINE, 1, (0.1, 0.2), FINE, 2, (0.3, 0.6), FINE, Estimate(-1, -2, -0.5), UNKNOWN, FINE)
    magnet = Magnet(4 * HOUR_MS, 900, 500, 20, 0.1, 0.1, Estimate(0.001, -0.01, 0.01))
    location = Location(0.0045, 700, 30, 8, Estimate(-0.1, -0.2, -0.05), FINE)
    card = Scorecard(
        "BTC/USDT:USDT", "binance", "1h", START, START + DAYS * DAY_MS, "totals", False, 0.98, "flow", {},
        measured, placebos, (magnet,), (location,) * 3,
    )  # fmt: skip
    return Scored(card, said)


RECORDS = [
    Record("binance", "BTC/USDT:USDT", "totals", ("1h",), START, START + 40 * DAY_MS),
    Record("binance", "BTC/USDT:USDT", "events", ("1h", "5m"), START + DAY_MS // 2, START + 9 * DAY_MS),
    Record("bybit", "ETH/USDT:USDT", "three", ("1h",), START, START + 9 * DAY_MS),
]


@pytest.fixture
def dialog(qtbot) -> ScoreDialog:
    made = ScoreDialog(None)
    qtbot.addWidget(made)
    made.set_view(View())
    made.show_records(RECORDS)
    made.show()
    return made


def picture(widget) -> QImage:
    QApplication.processEvents()
    return widget.grab().toImage()


def test_the_sentence_is_true_whatever_the_figure(scored: Scored) -> None:
    def with_skill(estimate: Estimate) -> Scorecard:
        table = tuple(replace(r, beaten=estimate) if r.name == "excursion" else r for r in measured.table)
        return replace(scored.card, measured=replace(measured, table=table))

    measured = scored.card.measured
    assert verdict(with_skill(Estimate(0.58, 0.52, 0.63))).startswith("Explains 58")
    assert verdict(with_skill(Estimate(0.1, -0.1, 0.2))).startswith("Not shown to explain more")
    assert verdict(with_skill(Estimate(-0.4, -0.6, -0.2))).startswith("Explains less")
    said = beside(scored.card)
    assert f"n = {measured.n:,}" in said
    assert f"{DAYS} days" in said
    assert "bars and sides with liquidations" in said  # never "liquidations" where only totals are known


def test_every_row_is_a_row_of_the_scorecard(dialog: ScoreDialog, scored: Scored) -> None:
    dialog.show_scored(scored)
    rows = {row.label: row for row in dialog.view.rows.rows() if row.tip}
    table = {row.name: row for row in scored.card.measured.table}
    assert rows["The model"].skill == table["model"].skill
    assert rows["Best without positions"].beaten == table["regression"].beaten
    assert rows["Price excursion × OI"].skill == (0, 0, 0)
    assert rows["Births moved: 1 of 3"].skill.value == pytest.approx(0.15)
    assert rows["Leverages dealt: 2 of 3"].beaten == FINE
    assert rows["Sides swapped"].skill.value == -1
    assert rows["Nothing removed"].words().endswith("not enough data")
    assert rows_of(replace(scored.card, placebos=None))[-1].label == "Best without positions"
    assert "The model: " in dialog.view.rows.accessibleDescription()


def test_open_questions_stay_open(scored: Scored) -> None:
    words = list(open_questions(scored.card))
    assert "no pull shown" in words[0]
    assert words[1].startswith("Where inside a sweep: not shown")
    assert "700 liquidations, 30 sweeps, 8 days" in words[1]
    few = replace(scored.card, magnet=(replace(scored.card.magnet[0], difference=UNKNOWN),), location=())
    assert list(open_questions(few)) == [
        "Magnet, 4 h: not enough data.",
        "Where inside a sweep: open; it needs single liquidations.",
    ]
    pulled = replace(scored.card.magnet[0], difference=Estimate(0.05, 0.02, 0.08))
    assert "differs from 0" in next(open_questions(replace(scored.card, magnet=(pulled,))))


def test_before_and_after(dialog: ScoreDialog, scored: Scored) -> None:
    assert dialog.invitation.text() == READY
    assert dialog.invitation.isVisible()
    assert not dialog.copy.isEnabled()
    dialog.show_scored(scored)
    assert not dialog.invitation.isVisible()
    assert dialog.headline.text() == verdict(scored.card)
    assert dialog.copy.isEnabled()


def test_nothing_to_score_says_what_to_import(qtbot) -> None:
    empty = ScoreDialog(None)
    qtbot.addWidget(empty)
    empty.show_records([])
    assert empty.invitation.text() == NOTHING
    assert not empty.go.isEnabled()


def test_the_record_and_range_follow_market_and_bar(dialog: ScoreDialog, qtbot) -> None:
    assert dialog.choice.record.currentText() == "totals"
    assert (dialog.choice.start.text(), dialog.choice.end.text()) == ("2025-12-11", "2026-01-10")
    dialog.choice.bar.button("5m").click()
    assert dialog.choice.record.currentText() == "events"
    assert (dialog.choice.start.text(), dialog.choice.end.text()) == ("2025-12-04", "2025-12-10")
    dialog.choice.market.setCurrentText("ETH/USDT:USDT on bybit")
    assert dialog.choice.record.currentText() == "three"
    assert not dialog.choice.bar.button("5m").isVisible()
    with qtbot.waitSignal(dialog.asked) as asked:
        qtbot.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert asked.args == [Wanted(RECORDS[2], "1h", START + 2 * DAY_MS, START + 9 * DAY_MS)]


def test_a_date_that_is_none_is_told_and_nothing_is_asked(dialog: ScoreDialog, qtbot) -> None:
    dialog.choice.start.setText("some day")
    with qtbot.assertNotEmitted(dialog.asked):
        dialog.go.click()
    assert "no time" in dialog.complaint.text()
    assert dialog.complaint.isVisible()
    dialog.choice.start.setText("2025-12-12")
    with qtbot.waitSignal(dialog.asked):
        dialog.go.click()
    assert not dialog.complaint.text()


def test_while_it_is_computed_the_button_stops_it(dialog: ScoreDialog, qtbot) -> None:
    dialog.show_busy(0.3)
    assert dialog.progress.isVisible()
    assert dialog.progress.value() == 300
    assert not dialog.choice.start.isEnabled()
    with qtbot.waitSignal(dialog.stop_asked), qtbot.assertNotEmitted(dialog.asked):
        dialog.go.click()
    dialog.show_busy(None)
    assert dialog.go.text() == "Score"
    assert not dialog.progress.isVisible()


def test_not_enough_data_is_said_and_an_older_card_stays(dialog: ScoreDialog, scored: Scored) -> None:
    dialog.show_failed("Not enough data: 17 liquidations on 2 days.")
    assert dialog.complaint.text().startswith("Not enough data")
    assert dialog.invitation.isVisible()
    dialog.show_scored(scored)
    assert not dialog.complaint.isVisible()
    dialog.show_failed("Not enough data: 17 liquidations on 2 days.")
    assert dialog.headline.isVisible()


def test_it_is_taken_away_as_the_command_prints_it(dialog: ScoreDialog, scored: Scored, qtbot) -> None:
    dialog.show_scored(scored)
    with qtbot.waitSignal(dialog.copied) as copied:
        dialog.copy.click()
    assert copied.args[0].splitlines() == list(report(scored.card))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_picture_follows_figures_and_theme(dialog: ScoreDialog, scored: Scored, theme: str) -> None:
    view = View(theme=theme)
    dialog.set_view(view)
    empty = [picture(plot) for plot in dialog.view.plots]
    dialog.show_scored(scored)
    drawn = [picture(plot) for plot in (*dialog.view.plots, dialog.view.rows)]
    assert all(before != after for before, after in zip(empty, drawn, strict=False))
    accent = QColor(tokens(theme).accent)
    for plot in (drawn[0], drawn[1], drawn[3], drawn[4]):
        assert holds(plot, accent)
    dialog.set_view(replace(view, up_is_red=True))
    swapped = [picture(plot) for plot in dialog.view.plots]
    assert swapped[2] != drawn[2]  # the sides' colours
    assert swapped[0] == drawn[0]


def holds(image: QImage, colour: QColor) -> bool:
    return any(image.pixelColor(x, y) == colour for x in range(image.width()) for y in range(image.height()))


def test_a_dot_tells_its_figures(
    dialog: ScoreDialog, scored: Scored, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog.show_scored(scored)
    told: list[str] = []
    for module in ("small_plot", "skill_rows"):
        monkeypatch.setattr(
            f"heatdesk.gui.panels.{module}.QToolTip.showText", lambda at, text, widget: told.append(text)
        )

    def hover(widget, x: float, y: float) -> str:
        at = QPoint(round(x), round(y))
        QApplication.sendEvent(widget, QHelpEvent(QHelpEvent.Type.ToolTip, at, at))
        return told[-1]

    for plot in dialog.view.plots:
        picture(plot)
    x, y, text = dialog.view.plots[1]._hot[-1]
    assert hover(dialog.view.plots[1], x, y) == text
    assert "not enough data" in text or "n = " in text
    assert hover(dialog.view.plots[1], 1, 1) == "Weeks begin on Monday, UTC"
    assert "observed" in dialog.view.plots[3]._hot[0][2]
    assert "same calibration" in hover(dialog.view.rows, 20, 45)


def test_a_scale_keeps_to_its_axis() -> None:
    up = Scale(1.0, 100.0, 200.0, -200.0, log=True)
    assert [round(up.at(v)) for v in (0.0, 1.0, 10.0, 100.0, 1e9)] == [200, 200, 100, 0, 0]
    assert decades(50, 2e9, most=4) == [1e2, 1e4, 1e6, 1e8]
    assert short(1e7).replace("\N{NARROW NO-BREAK SPACE}", " ") == "10 M"
