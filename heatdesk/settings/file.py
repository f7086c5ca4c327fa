"""Settings as ``settings.toml`` in the user's config folder: any file can be read, none is lost."""

from __future__ import annotations

import os
import tomllib
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from heatdesk.errors import MachineError
from heatdesk.machine import paths
from heatdesk.machine.files import (
    PRIVATE,
    UnreadableError,
    can_write_beside,
    keep_copy,
    read_bounded,
    set_aside,
    whole_file,
)
from heatdesk.settings.declarations import Settings, groups
from heatdesk.settings.reading import FILE_NAME, SCHEMA, Key, Reading, count_entries, read

# the editor is imported where something is saved: a window that opens only reads
if TYPE_CHECKING:
    from tomlkit import TOMLDocument

# Both parsers take time and memory that grow with the square of the length and depth of dotted keys; a file of
# settings has a few KiB, and its keys have one dot.
MOST_BYTES: Final = 64 * 1024
_MOST_DOTS: Final = 1000
_MOST_DOTS_A_LINE: Final = 16
_LOST: Final = "changed settings last until heatdesk closes"
_HEADER: Final = (
    "heatdesk settings. Comments and unknown keys are kept; a wrong value falls back to its default."
)


class Loaded(NamedTuple):
    """Settings, what the user should be told, and whether changes can be saved at all."""

    settings: Settings
    notices: tuple[str, ...]
    can_save: bool


def settings_path() -> Path:
    """Where the settings are kept; a link into a user's own collection stays a link."""
    return Path(os.path.realpath(paths.config() / FILE_NAME))


def load() -> Loaded:
    """Read the settings; never fails.

    A wrong value falls back to its default and the file stays; a file that is no settings at all is moved to
    ``settings.toml.damaged-N`` and everything starts from its default. Each is told in a notice.
    """
    path = settings_path()
    notices: tuple[str, ...] = ()
    can_save = can_write_beside(path)
    if not can_save:
        notices = (f"{path.parent} cannot be written; {_LOST}.",)
    try:
        document = _document(path)
    except UnreadableError as error:
        aside = set_aside(path)
        where = f"is kept as {aside.name}" if aside else "stays as it is"
        told = f"{path.name} is {error}; it {where}, and every setting starts from its default."
        return Loaded(Settings(), (*notices, told), can_save and aside is not None)
    if document is None:
        return Loaded(Settings(), notices, can_save)
    reading = document.read()
    return Loaded(reading.settings, (*notices, *reading.notices), can_save)


def save(settings: Settings) -> None:
    """Write what has changed, whole or not at all, readable for the user alone.

    Comments, unknown keys and a newer schema number stay. A file that had wrong values or was cut short is first
    copied to ``settings.toml.damaged-N``. Raises MachineError where that or the file cannot be written.
    """
    path = settings_path()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(f"{path.parent} cannot be made ({error.strerror or error}); {_LOST}.") from error
    raw = _edited(path, settings).encode("utf-8")
    whole_file(path, lambda temporary: _write(temporary, raw), mode=PRIVATE, remedy=_LOST)


def _write(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)


@dataclass(frozen=True, slots=True)
class _Document:
    """A file of settings as text and as plain values."""

    text: str
    values: dict[str, Any]

    def read(self) -> Reading:
        return read(self.values, ends_well=self.text.endswith("\n"))


def _document(path: Path) -> _Document | None:
    """The file as it stands, None where there is none. Raises UnreadableError for what is no TOML."""
    raw = read_bounded(path, MOST_BYTES)
    if raw is None:
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("not UTF-8 text") from None
    if not text.strip():
        raise UnreadableError("empty")
    dots = [line.count(".") for line in text.splitlines() if not line.lstrip().startswith("#")]
    if sum(dots) > _MOST_DOTS or max(dots, default=0) > _MOST_DOTS_A_LINE:
        raise UnreadableError("damaged (more dots than settings have)")
    try:
        return _Document(text, tomllib.loads(text))
    except ValueError as error:  # the parser's own, or a number of too many digits
        raise UnreadableError(f"damaged ({str(error)[:100]})") from None
    except RecursionError:
        raise UnreadableError("damaged (nested too deep)") from None


def _edited(path: Path, settings: Settings) -> str:
    """The text of the file with these settings in it; a new text where the old one cannot be edited."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = _document(path)
    except UnreadableError:
        _keep(path)
        document = None
    if document is not None:
        reading = document.read()
        if reading.to_mend:
            _keep(path)
        try:
            text = _filled(tomlkit.parse(document.text), reading, settings)
            # the editor has its own idea of TOML: what it writes must say what is meant
            if read(tomllib.loads(text)).settings == settings:
                return text
        except (TOMLKitError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            _keep(path)
    return _filled(tomlkit.document(), read({}), settings)


def _keep(path: Path) -> None:
    """Keep a copy of what is about to be replaced."""
    if keep_copy(path) is None:
        raise MachineError(f"{path} is damaged and cannot be copied before it is replaced; {_LOST}.")


def _filled(document: TOMLDocument, reading: Reading, settings: Settings) -> str:
    """The document with every value set that differs from what it says, or that it says wrongly."""
    import tomlkit

    if not document:
        document.add(tomlkit.comment(_HEADER))
    document["schema"] = max(SCHEMA, reading.schema)
    document["entries"] = 0  # counted at the end, placed above the tables
    for group in groups():
        chosen, said = getattr(settings, group.name), getattr(reading.settings, group.name)
        for declaration in group.declarations:
            value = getattr(chosen, declaration.name)
            mended = reading.to_mend and Key(group.name, declaration.name) in reading.wrong
            if value != getattr(said, declaration.name) or mended:
                if not isinstance(document.get(group.name), MutableMapping):
                    document[group.name] = tomlkit.table()
                table: Any = document[group.name]
                table[declaration.name] = list(value) if isinstance(value, tuple) else value
    document["entries"] = count_entries(document)
    return tomlkit.dumps(document)
