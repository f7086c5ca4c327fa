"""A feed that another program records: its pictures come over a local line."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from heatdesk.live import Instrument, Live, Watched
from heatdesk.machine import paths
from heatdesk.machine.local_line import Line, LineError, call
from heatdesk.recording.pictures import (
    MessageError,
    instruments_of,
    message_of,
    picture_after,
    watched_message,
)
from heatdesk.recording.publisher import NAME

_LOOK_S: Final = 0.05
_SILENCE_S: Final = 4.0  # a recorder says something every second
_LOG: Final = logging.getLogger(__name__)


class AttachedFeed:
    """A `LiveFeed` over a line to the recorder. `lost` is called once, on its thread, when the recorder has gone."""

    def __init__(self, line: Line, lost: Callable[[], object] = lambda: None) -> None:
        self._line = line
        self._lost = lost
        self._live = Live(attached=True)
        self._instruments: tuple[Instrument, ...] = ()
        self._wish: Watched | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="attached feed", daemon=True)

    @classmethod
    def find(cls, lost: Callable[[], object] = lambda: None, folder: Path | None = None) -> Self | None:
        """A feed of the recorder that runs, None where none does."""
        line = call(folder or paths.running(), NAME)
        return None if line is None else cls(line, lost)

    def start(self) -> None:
        """Listen from now on."""
        self._thread.start()

    def stop(self, within_s: float | None = None) -> bool:
        """Hang up; returns whether that is done."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(within_s)
        elif self._thread.ident is None:
            self._line.close()
        return not self._thread.is_alive()

    def watch(self, watched: Watched) -> None:
        """What charts show from now on."""
        self._wish = watched

    def live(self) -> Live:
        """The newest picture that has come."""
        return self._live

    def instruments(self) -> tuple[Instrument, ...]:
        """Everything that can be traded, as the recorder knows it."""
        return self._instruments

    def _listen(self) -> None:
        heard_s = time.monotonic()
        try:
            with self._line as line:
                while not self._stopping.is_set():
                    if (wish := self._wish) is not None:
                        line.send(watched_message(wish))
                        if self._wish is wish:
                            self._wish = None
                    raw = line.receive(_LOOK_S)
                    if raw is not None:
                        self._take(raw)
                        heard_s = time.monotonic()
                    elif time.monotonic() - heard_s > _SILENCE_S:
                        raise LineError("the recorder says nothing any more")
        except (LineError, MessageError) as error:
            _LOG.info("the recorder has gone: %s", error)
        except Exception:  # a window that stands still and says nothing would be worse
            _LOG.exception("what the recorder says was not understood")
        if not self._stopping.is_set():
            self._lost()

    def _take(self, raw: bytes) -> None:
        message = message_of(raw)
        if "instruments" in message:
            self._instruments = instruments_of(message["instruments"])
        if "live" in message:
            self._live = picture_after(self._live, message["live"])
