"""The feed thread: every exchange of a plan heard, folded and recorded, and what stands now published for windows."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from heatdesk.errors import HeatdeskError
from heatdesk.feed.bracket_reading import KeepBrackets, kept_safely
from heatdesk.feed.clock import Clock, SystemClock
from heatdesk.feed.fast_loop import loop_factory
from heatdesk.feed.plan import FeedPlan, GapLedger, History
from heatdesk.feed.writer import Writer
from heatdesk.live import Instrument, Live, Watched

if TYPE_CHECKING:
    from heatdesk.feed.ban_file import BanFile
    from heatdesk.feed.feeds import Feeds
    from heatdesk.feed.network import Network

STOP_WITHIN_S: Final = 2.0
_log = logging.getLogger(__name__)


class FeedThread:
    """See `heatdesk.live.LiveFeed`. Everything that waits does it on one background thread, but for the writer's.

    `history` and `ledger` are written from a thread of their own and must be closed by the caller, after `stop`.
    `network` is how exchanges are reached, and ends with the feed; None dials the real ones. A feed runs once; one
    that cannot begin, an exchange of the plan being unknown, says so in the notices of its picture. `keep_brackets` is
    given the maintenance brackets that exchanges tell, on the writer's thread. `ban_file` keeps bans for the next
    start, where no `network` is given.
    """

    def __init__(
        self,
        plan: FeedPlan,
        history: History,
        ledger: GapLedger,
        clock: Clock | None = None,
        network: Network | None = None,
        keep_brackets: KeepBrackets | None = None,
        ban_file: BanFile | None = None,
    ) -> None:
        self._plan = plan
        self._history = history
        self._ledger = ledger
        self._clock = clock or SystemClock()
        self._network = network
        self._keep_brackets = keep_brackets
        self._ban_file = ban_file
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._stopped = False
        self._stop_within_s = STOP_WITHIN_S
        self._feeds: Feeds | None = None
        self._watched = Watched()
        self._live = Live()
        self._instruments: tuple[Instrument, ...] = ()

    def start(self) -> None:
        """Begin; returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="feeds", daemon=True)
            self._thread.start()

    def stop(self, within_s: float | None = None) -> bool:
        """End; returns whether it has ended in time."""
        within_s = STOP_WITHIN_S if within_s is None else within_s
        with self._guard:
            self._stopped = True
            self._stop_within_s = max(self._stop_within_s, within_s)
            if self._loop is not None and self._ending is not None:
                self._loop.call_soon_threadsafe(self._ending.set)
        if self._thread is None:
            return True
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def watch(self, watched: Watched) -> None:
        """What charts show from now on."""
        with self._guard:
            self._watched = watched
            if self._loop is not None and self._feeds is not None:
                self._loop.call_soon_threadsafe(self._feeds.watch, watched)

    def live(self) -> Live:
        """The newest picture; costs nothing."""
        return self._live

    def instruments(self) -> tuple[Instrument, ...]:
        """Everything that can be traded on the connected exchanges; the same object until it changes."""
        return self._instruments

    # --- on the feed's thread

    def _run(self) -> None:
        writer = Writer(self._history, self._ledger)
        writer.start()
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(self._serve(writer))
        except HeatdeskError as error:
            _log.error("the feeds ended: %s", error)
            self._end(str(error))
        except Exception:
            _log.exception("the feeds ended")
            self._end("The feeds ended by an error of their own; the log says more, a new start helps.")
        else:
            writer.tell(lambda ledger: ledger.end(int(self._clock.now_ms())))
        finally:
            writer.stop(self._stop_within_s)

    async def _serve(self, writer: Writer) -> None:
        """Until `stop`."""
        from heatdesk.feed.feeds import Feeds  # the network's libraries wait until somebody dials

        keep = None if self._keep_brackets is None else kept_safely(self._keep_brackets)
        feeds = Feeds(
            self._plan,
            self._history,
            self._ledger,
            writer,
            self._clock,
            self._network,
            None if keep is None else lambda *told: writer.tell(lambda _: keep(*told)),
            self._ban_file,
        )
        ending = asyncio.Event()
        with self._guard:
            self._loop, self._ending, self._feeds = asyncio.get_running_loop(), ending, feeds
            if self._stopped:
                ending.set()
        feeds.watch(self._watched)
        try:
            await feeds.run(ending, self._show)
        finally:
            with self._guard:
                self._loop = None

    def _end(self, notice: str) -> None:
        self._live = replace(self._live, number=self._live.number + 1, notices=(notice,))

    def _show(self, live: Live, instruments: tuple[Instrument, ...]) -> None:
        self._instruments, self._live = instruments, live
