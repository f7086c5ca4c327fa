"""Bans outlive the program that drew them: the next start leaves the same hosts alone, and for no longer."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Final

from heatdesk.errors import MachineError
from heatdesk.feed.bans import LONGEST_S, TOO_OFTEN, Told
from heatdesk.machine import paths
from heatdesk.machine.files import PRIVATE, UnreadableError, read_bounded, whole_file

_SCHEMA: Final = 1
_MOST_BYTES: Final = 64 << 10
_LONGEST_HOST: Final = 253  # of a name in the DNS

_log = logging.getLogger(__name__)


class BanFile:
    """The file of one user's bans; what in it cannot be true is logged and left out."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Told]:
        """Every ban that was told, also those that have ended since."""
        try:
            raw = read_bounded(self._path, _MOST_BYTES)
            if raw is None:
                return []
            kept = json.loads(raw)
            if kept["schema"] != _SCHEMA:
                raise ValueError("written by another heatdesk")
            rows = [_told(row) for row in kept["bans"]]
        except (UnreadableError, ValueError, KeyError, TypeError, RecursionError) as error:
            _log.warning("%s cannot be used (%s); bans of an earlier run are not known.", self._path, error)
            return []
        return [row for row in rows if row is not None]

    def keep(self, told: Told) -> None:
        """Add a ban and drop those that had ended when it was told; one that cannot be written is logged."""
        kept = {row.host: row for row in self.read() if row.until_ms > told.told_ms}
        standing = kept.get(told.host)
        if standing is None or standing.until_ms < told.until_ms:
            kept[told.host] = told
        text = json.dumps({"schema": _SCHEMA, "bans": [row._asdict() for row in kept.values()]})
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            whole_file(self._path, lambda temporary: _write(temporary, text), PRIVATE)
        except (OSError, MachineError) as error:  # the ban holds all the same, until this program ends
            _log.warning("A ban of %s cannot be kept for the next start: %s", told.host, error)


def user_bans() -> BanFile:
    """The file in the user's data folder."""
    return BanFile(paths.data() / "bans.json")


def _told(row: Any) -> Told | None:
    """A row of the file; None, said in the log, for one that no exchange can have told."""
    told = Told(row["host"], row["status"], row["told_ms"], row["until_ms"])
    plausible = (
        type(told.host) is str
        and 0 < len(told.host) <= _LONGEST_HOST
        and told.host.isascii()
        and all(type(number) is int for number in told[1:])
        and told.status in TOO_OFTEN
        and 0 < told.until_ms - told.told_ms <= LONGEST_S * 1000.0
    )
    if not plausible:
        _log.warning("A kept ban cannot be true and is left out.")
    return told if plausible else None


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
