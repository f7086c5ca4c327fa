"""A scorecard on screen: its figures in a line, every predictor in a row, four pictures, the open questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from heatdesk.gui.panels.score_plots import OverTime, Reliability, Scatter, Sweeps
from heatdesk.gui.panels.score_words import beside, open_questions, rows_of
from heatdesk.gui.panels.skill_rows import SkillRows
from heatdesk.gui.view import View

# How a score is made is not needed to show one.
if TYPE_CHECKING:
    from heatdesk.scoring import Scored


class ScoreView(QScrollArea):
    """Shows one scorecard; scrolls where the window is small."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.basis, self.words = words_label("secondary"), words_label("secondary")
        self.rows = SkillRows(self)
        self.reliability, self.over_time = Reliability(self), OverTime(self)
        self.scatter, self.sweeps = Scatter(self), Sweeps(self)
        self.plots = (self.reliability, self.over_time, self.scatter, self.sweeps)
        pictures = QGridLayout()
        pictures.setSpacing(16)
        for index, plot in enumerate(self.plots):
            pictures.addWidget(plot, index // 2, index % 2)
        left = QVBoxLayout()
        left.addWidget(self.rows)
        left.addWidget(self.words)
        left.addStretch(1)
        body = QHBoxLayout()
        body.setSpacing(24)
        body.addLayout(left, 1)
        body.addLayout(pictures, 1)
        inside = QWidget(self)
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(0, 0, 8, 0)
        whole.setSpacing(8)
        whole.addWidget(self.basis)
        whole.addLayout(body, 1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)

    def show_scored(self, scored: Scored) -> None:
        """Show it."""
        measured, said = scored.card.measured, scored.predictions
        known = said.scored[:, 0]
        self.reliability.show_measured(measured)
        self.over_time.show_measured(measured)
        self.scatter.show_cells(said.predicted[known], said.observed[known])
        self.sweeps.show_measured(measured)
        self.rows.show_rows(rows_of(scored.card))
        self.basis.setText(beside(scored.card))
        self.words.setText("\n".join(open_questions(scored.card)))

    def set_view(self, view: View) -> None:
        """Follow theme, currency, clocks and the colour of a rise."""
        self.rows.set_theme(view.theme)
        for plot in self.plots:
            plot.set_view(view)


def words_label(name: str) -> QLabel:
    """Words that may be long and can be selected."""
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
