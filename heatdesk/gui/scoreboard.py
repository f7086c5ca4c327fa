"""Opens the scoreboard and computes it in the background: one errand, in processes that let the window go first."""

from __future__ import annotations

from concurrent.futures import CancelledError
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui.errands import Errand, Errands, Progress, Stopped
from heatdesk.gui.view import View
from heatdesk.market import TIMEFRAMES, Kind
from heatdesk.model.params import ModelParams
from heatdesk.store.base import SeriesInfo

if TYPE_CHECKING:
    from heatdesk.gui.dialogs.score import ScoreDialog
    from heatdesk.gui.panels.score_choice import Record, Wanted
    from heatdesk.scoring import Scored


class Scoreboard(QObject):
    """Keeps the dialog, what is stored, and the settings of the map on screen: those are scored."""

    def __init__(self, errands: Errands, parent: QWidget) -> None:
        super().__init__(parent)
        self._window, self._errands = parent, errands
        self._dialog: ScoreDialog | None = None
        self._catalogue: tuple[SeriesInfo, ...] = ()
        self._params = ModelParams()
        self._market = ""
        self._view = View()
        self._scoring = False
        self._simulated = False
        errands.progressed.connect(self._show_progress)

    def show_catalogue(self, catalogue: tuple[SeriesInfo, ...]) -> None:
        """Offer what is stored."""
        self._catalogue = tuple(catalogue)
        if self._dialog is not None:
            self._dialog.show_records(self._records())

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """The map whose settings are scored next."""
        question = snapshot.question
        self._params = question.params
        self._simulated = question.simulated
        self._market = f"{question.symbol} on {question.exchanges[0]}"

    def set_view(self, view: View) -> None:
        """Follow theme, currency and clocks."""
        self._view = view
        if self._dialog is not None:
            self._dialog.set_view(view)

    def open(self) -> None:
        """Show the scoreboard beside the chart."""
        if self._dialog is None:
            from heatdesk.gui.dialogs.score import ScoreDialog

            self._dialog = ScoreDialog(self._window)
            self._dialog.set_view(self._view)
            self._dialog.asked.connect(self._score)
            self._dialog.stop_asked.connect(self._stop)
            self._dialog.copied.connect(lambda text: QGuiApplication.clipboard().setText(text))
        self._dialog.show_records(self._records(), self._market)
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    def _records(self) -> list[Record]:
        from heatdesk.gui.panels.score_choice import Record

        found: list[Record] = []
        if self._simulated:  # its catalogue is not the stored history's
            return found
        for info in self._catalogue:
            step = TIMEFRAMES.get(info.key.timeframe, 0)
            if info.key.kind is Kind.EVENTS:
                bars: tuple[str, ...] = ("1h", "5m")
            elif info.key.kind is Kind.TOTALS and step:
                bars = tuple(bar for bar in ("1h", "5m") if TIMEFRAMES[bar] % step == 0)
            else:
                continue
            name = info.key.source or info.key.kind.value
            found.append(
                Record(info.key.exchange, info.key.symbol, name, bars, info.start_ms, info.end_ms + step)
            )
        return found

    def _score(self, wanted: Wanted) -> None:
        params = replace(self._params)
        self._scoring = True

        def work(errand: Errand) -> Scored:
            return _scored(wanted, params, errand)

        if self._dialog is not None:
            self._dialog.show_busy(0.0)
        self._errands.run(work, self._done, self._failed)

    def _stop(self) -> None:
        self._errands.stop()
        self._over()

    def _done(self, scored: Scored) -> None:
        self._over()
        if self._dialog is not None:
            self._dialog.show_scored(scored)

    def _failed(self, sentence: str) -> None:
        self._over()
        if self._dialog is not None:
            self._dialog.show_failed(sentence)

    def _over(self) -> None:
        self._scoring = False
        if self._dialog is not None:
            self._dialog.show_busy(None)

    def _show_progress(self, progress: Progress | None) -> None:
        if self._scoring and self._dialog is not None:
            if progress is None:  # stopped from elsewhere
                self._over()
            else:
                self._dialog.show_busy(progress.share)


def _scored(wanted: Wanted, params: ModelParams, errand: Errand) -> Scored:
    """The errand itself, off the GUI thread."""
    from heatdesk.history.evidence import Request
    from heatdesk.model.flow import ESTIMATORS
    from heatdesk.score.executor import workers
    from heatdesk.scoring import polite, score
    from heatdesk.store.user import user_history

    record = wanted.record
    line = f"Scoring {record.market}, bars of {wanted.bar}"
    request = Request(
        record.symbol,
        record.exchange,
        wanted.bar,
        wanted.start_ms,
        wanted.end_ms,
        record.name,
        params,
        tuple(ESTIMATORS),
    )
    errand.tell(line, 0.0)
    try:
        with workers(begin=polite) as executor:
            return score(
                user_history(read_only=True),
                request,
                executor,
                lambda share: errand.tell(line, share),
                lambda: errand.given_up,
            )
    except CancelledError:
        raise Stopped from None
