"""The window's own coroutines, on Qt's event loop: waiting without a thread, and without holding up a frame."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any, Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

_LONGEST_END_S: Final = 0.2
_LOG: Final = logging.getLogger(__name__)


class Coroutines(QObject):
    """Runs coroutines while Qt runs; made when the first picture is there, for the loop's library takes a moment.

    What has not ended when the application quits is cancelled. No dialog may be waited for inside one.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        import qasync

        self._loop = qasync.QEventLoop(application, already_running=True)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let one run; what it raises is logged."""
        task: asyncio.Task[None] = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def stop(self) -> None:
        """Cancel what still runs, and let the loop go; called when the application has quit."""
        for task in self._tasks:
            task.cancel()
        deadline = time.monotonic() + _LONGEST_END_S
        while self._tasks and time.monotonic() < deadline:
            QApplication.processEvents()  # cancelled coroutines get their turn
        asyncio._set_running_loop(None)
        self._loop.stop()
        self._loop.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("a coroutine of the window met an error it did not foresee", exc_info=error)
