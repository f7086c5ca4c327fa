"""Small files written on a thread of their own: a slow or full disk never holds up the window."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from heatdesk.errors import MachineError

_LOG = logging.getLogger(__name__)


class WriteBehind(QObject):
    """Writes one thing after the other; of what waits for one place only the newest. `failed` carries a sentence."""

    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Condition()  # guards what follows
        self._waiting: dict[str, Callable[[], object]] = {}
        self._at_work = False

    def put(self, place: str, write: Callable[[], object]) -> None:
        """Write this as soon as what came before is written."""
        with self._lock:
            self._waiting.pop(place, None)
            self._waiting[place] = write
            if not self._at_work:
                self._at_work = True
                threading.Thread(target=self._work, name="settings writer", daemon=True).start()

    def finish(self, within_s: float) -> bool:
        """Wait until everything is written, at most so long; returns whether it is."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._at_work, within_s)

    def _work(self) -> None:
        while (write := self._next()) is not None:
            try:
                write()
            except MachineError as error:
                self._tell(str(error))
            except Exception as error:
                _LOG.exception("something could not be written")
                self._tell(f"Something could not be written ({type(error).__name__}); see the log.")

    def _next(self) -> Callable[[], object] | None:
        with self._lock:
            if self._waiting:
                return self._waiting.pop(next(iter(self._waiting)))
            self._at_work = False
            self._lock.notify_all()
            return None

    def _tell(self, sentence: str) -> None:
        _LOG.warning("%s", sentence)
        try:
            self.failed.emit(sentence)
        except RuntimeError:  # the window, and with it this object, is gone
            _LOG.debug("nobody is left to be told")
