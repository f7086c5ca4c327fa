"""The window's own memory of where it stood: Qt's opaque blobs, handed back only if not a bit of them has changed.

Qt crashes on a damaged blob, so each is kept with its length and SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from heatdesk.errors import MachineError
from heatdesk.machine import paths
from heatdesk.machine.files import PRIVATE, UnreadableError, read_bounded, set_aside, whole_file

MOST_BYTES: Final = 1024 * 1024
_SCHEMA: Final = 1
_NOT_KEPT: Final = "the window opens as new next time"


@dataclass(frozen=True, slots=True)
class WindowState:
    """What ``saveGeometry`` and ``saveState`` returned, and the Qt version they came from."""

    geometry: bytes
    state: bytes
    qt: str


class Loaded(NamedTuple):
    """The state to restore, None where there is none or it cannot be trusted, and what the user should be told."""

    state: WindowState | None
    notices: tuple[str, ...] = ()


def window_path() -> Path:
    """Where the window's state is kept."""
    return Path(os.path.realpath(paths.config() / "window.json"))


def load(qt: str) -> Loaded:
    """The state kept last, if it is whole and of this Qt's own line (6.11 for ``6.11.3``); never fails.

    A damaged file is moved to ``window.json.damaged-N``. A state of another Qt stays, until the next is saved.
    """
    path = window_path()
    try:
        raw = read_bounded(path, MOST_BYTES)
        state = None if raw is None else _decoded(raw)
    except UnreadableError as error:
        aside = set_aside(path)
        where = f"is kept as {aside.name}" if aside else "stays as it is"
        return Loaded(None, (f"{path.name} is {error}; it {where}, and the window opens as new.",))
    if state is not None and _line(state.qt) != _line(qt):
        return Loaded(
            None, (f"{path.name} was saved by Qt {state.qt}, this is {qt}; the window opens as new.",)
        )
    return Loaded(state)


def save(state: WindowState) -> None:
    """Keep a state, whole or not at all. Raises MachineError where it is too big or cannot be written."""
    path = window_path()
    raw = _encoded(state)
    if len(raw) > MOST_BYTES:
        raise MachineError(f"The window's state has {len(raw):,} bytes, more than is kept; {_NOT_KEPT}.")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(
            f"{path.parent} cannot be made ({error.strerror or error}); {_NOT_KEPT}."
        ) from error
    whole_file(path, lambda temporary: _write(temporary, raw), mode=PRIVATE, remedy=_NOT_KEPT)


def _write(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)


def _encoded(state: WindowState) -> bytes:
    document = {
        "schema": _SCHEMA,
        "qt": state.qt,
        "geometry": _sealed(state.geometry, state.qt),
        "state": _sealed(state.state, state.qt),
    }
    return json.dumps(document, indent=1).encode("ascii") + b"\n"


def _sealed(blob: bytes, qt: str) -> dict[str, Any]:
    return {"length": len(blob), "sha256": _seal(blob, qt), "base64": base64.b64encode(blob).decode("ascii")}


def _seal(blob: bytes, qt: str) -> str:
    """The SHA-256 of a blob and of the Qt version that may read it."""
    return hashlib.sha256(qt.encode("ascii") + b"\0" + blob).hexdigest()


def _decoded(raw: bytes) -> WindowState:
    """The state in a file's bytes; raises UnreadableError for anything that is not exactly one."""
    try:
        document = json.loads(raw)
        qt = document["qt"]
        if document["schema"] != _SCHEMA:
            raise UnreadableError("of another schema")
        return WindowState(_opened(document["geometry"], qt), _opened(document["state"], qt), qt)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UnreadableError("damaged") from None


def _opened(sealed: dict[str, Any], qt: str) -> bytes:
    """The blob, if it is as long and as it was when it was sealed."""
    blob = base64.b64decode(sealed["base64"], validate=True)
    if len(blob) != sealed["length"] or _seal(blob, qt) != sealed["sha256"]:
        raise UnreadableError("damaged")
    return blob


def _line(qt: str) -> str:
    """A Qt version's feature line: 6.11 of ``6.11.3``."""
    return ".".join(qt.split(".")[:2])
