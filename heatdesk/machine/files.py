"""Files of heatdesk's own: written whole or not at all, read within bounds, and kept where they are damaged."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from heatdesk.errors import MachineError

PRIVATE: Final = 0o600
READABLE: Final = 0o644
MOST_KEPT: Final = 5


class UnreadableError(Exception):
    """A file that cannot be used as it is; the message says why, in words that fit after "it is"."""


def whole_file(
    path: Path,
    write: Callable[[Path], None],
    mode: int = READABLE,
    remedy: str = "free some space or choose another place",
) -> None:
    """Let `write` fill a temporary file beside `path`, then move it there: a reader sees the old file or the new.

    Raises MachineError, with `remedy`, where it cannot.
    """
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        temporary.chmod(mode)
        _flush(temporary)
        temporary.replace(path)
        temporary = None
        _flush_folder(path.parent)
    except OSError as error:
        raise MachineError(f"{path} cannot be written ({error.strerror or error}); {remedy}.") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make a rename survive a power loss; systems without folders as files do it themselves."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            # some network file systems refuse this for folders; the file itself is already whole
            with contextlib.suppress(OSError):
                os.fsync(handle)
        finally:
            os.close(handle)


def read_bounded(path: Path, most_bytes: int) -> bytes | None:
    """The bytes of a small file, None where there is none.

    Raises UnreadableError for what is too big, is no plain file (a pipe would block for ever) or cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableError("not a plain file")
        with path.open("rb") as file:
            raw = file.read(most_bytes + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnreadableError(f"unreadable ({error.strerror or error})") from error
    if len(raw) > most_bytes:
        raise UnreadableError(f"larger than {most_bytes // 1024} KiB")
    return raw


def set_aside(path: Path) -> Path | None:
    """Move a damaged file to ``NAME.damaged-N`` beside it; None where it must stay where it is."""
    return _keep(path, lambda aside: path.replace(aside))


def keep_copy(path: Path) -> Path | None:
    """Copy a file to ``NAME.damaged-N`` beside it before it is mended; None where that fails."""
    return _keep(path, lambda aside: shutil.copyfile(path, aside))


def _keep(path: Path, put: Callable[[Path], object]) -> Path | None:
    """Keep a damaged file under the next number, and of all that are kept the newest `MOST_KEPT`."""
    kept = _damaged(path)
    aside = path.with_name(f"{path.name}.damaged-{max(kept, default=0) + 1}")
    try:
        put(aside)
    except OSError:
        return None
    for number in sorted(kept)[: max(0, len(kept) + 1 - MOST_KEPT)]:
        with contextlib.suppress(OSError):  # one too many is better than none at all
            kept[number].unlink()
    return aside


def _damaged(path: Path) -> dict[int, Path]:
    """Files already set aside, by number."""
    named = re.compile(re.escape(path.name) + r"\.damaged-([0-9]{1,9})")
    try:
        found = [(named.fullmatch(other.name), other) for other in path.parent.iterdir()]
    except OSError:
        return {}
    return {int(match[1]): other for match, other in found if match}


def can_write_beside(path: Path) -> bool:
    """Whether a file can be made in this file's folder, which is created where it is missing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            return True
    except OSError:
        return False
