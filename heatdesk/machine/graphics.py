"""Graphics cards that were tried on this machine, and what came of it: kept, so that each is tried once.

A trial holds for one card with one driver, one Qt, one heatdesk and one class of picture size.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from heatdesk.errors import MachineError
from heatdesk.machine import paths
from heatdesk.machine.files import PRIVATE, UnreadableError, read_bounded, set_aside, whole_file

_SCHEMA: Final = 1
_MOST_BYTES: Final = 64 * 1024
_MOST_KEPT: Final = 24
_LONGEST: Final = 300  # of a text
_LONGEST_MS: Final = 1e6
_SIZES: Final = (1_500_000, 3_000_000, 6_000_000)  # pixels: a small window, Full HD, 1440p, and beyond
SIZE_CLASSES: Final = len(_SIZES) + 1
_SOFTWARE: Final = re.compile(
    r"llvmpipe|lavapipe|softpipe|swrast|software|swiftshader|gdi generic|basic render|\bwarp\b", re.IGNORECASE
)
_LOG: Final = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Card:
    """What draws by OpenGL, as it calls itself."""

    renderer: str
    vendor: str
    version: str
    largest_texture: int

    @property
    def is_software(self) -> bool:
        """Whether it is no card at all: a program that runs on the processor."""
        return _SOFTWARE.search(f"{self.renderer} {self.vendor}") is not None


@dataclass(frozen=True, slots=True)
class Build:
    """The versions that draw."""

    qt: str
    heatdesk: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What was found at one class of size (`size_class`): a frame by the card and by the processor, in ms.

    `card` is None where none answered, and `reason` then says why; the times are 0 where nothing was timed.
    """

    build: Build
    size: int
    card: Card | None = None
    card_ms: float = 0.0
    processor_ms: float = 0.0
    reason: str = ""

    @property
    def timed(self) -> bool:
        """Whether both were timed."""
        return self.card_ms > 0.0 and self.processor_ms > 0.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A card that stopped drawing in the middle of it, with one build."""

    build: Build
    renderer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is remembered, the newest last."""

    trials: tuple[Trial, ...] = ()
    failures: tuple[Failure, ...] = ()

    def trial(self, build: Build, size: int, card: Card | None = None) -> Trial | None:
        """The newest trial of this build and size, and of one card where it is given."""
        fitting = (t for t in self.trials if (t.build, t.size) == (build, size) and card in (None, t.card))
        return next(reversed(tuple(fitting)), None)

    def failure(self, build: Build) -> Failure | None:
        """Why this build no longer tries the card."""
        return next((f for f in reversed(self.failures) if f.build == build), None)

    def with_trial(self, trial: Trial) -> Self:
        """The same with another trial, in place of an earlier one of the same card."""
        same = (trial.build, trial.size, trial.card)
        others = (t for t in self.trials if (t.build, t.size, t.card) != same)
        return replace(self, trials=(*others, trial)[-_MOST_KEPT:])

    def with_failure(self, failure: Failure) -> Self:
        """The same with another failure."""
        others = (f for f in self.failures if f.build != failure.build)
        return replace(self, failures=(*others, failure)[-_MOST_KEPT:])

    def untried(self, build: Build) -> Self:
        """The same with no trial of this build."""
        return replace(self, trials=tuple(t for t in self.trials if t.build != build))

    def without(self, build: Build) -> Self:
        """The same with nothing that went wrong with this build: it may try again."""
        return replace(
            self,
            trials=tuple(t for t in self.trials if t.build != build or not t.reason),
            failures=tuple(f for f in self.failures if f.build != build),
        )


def size_class(width: int, height: int) -> int:
    """The class of a picture by its device pixels, 0 the smallest."""
    return sum(width * height > pixels for pixels in _SIZES)


def memory_path() -> Path:
    """Where trials are kept."""
    return paths.cache() / "graphics.json"


def load() -> Memory:
    """What is remembered; never fails. A damaged file is moved to ``graphics.json.damaged-N`` and told in the log."""
    path = memory_path()
    try:
        raw = read_bounded(path, _MOST_BYTES)
        return Memory() if raw is None else _decoded(raw)
    except UnreadableError as error:
        aside = set_aside(path)
        where = f"kept as {aside.name}" if aside else "left as it is"
        _LOG.warning("%s is %s; it is %s, and graphics cards are tried anew.", path.name, error, where)
        return Memory()


def save(memory: Memory) -> None:
    """Keep this, whole or not at all. Raises MachineError where it cannot be written."""
    path = memory_path()
    document = {"schema": _SCHEMA, **asdict(memory)}
    raw = json.dumps(document, indent=1).encode("ascii") + b"\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(f"{path.parent} cannot be made ({error.strerror or error}).") from error
    whole_file(path, lambda temporary: _write(temporary, raw), mode=PRIVATE, remedy="the card is tried again")


def trial_of(told: Any) -> Trial:
    """A trial from the plain values of JSON; raises UnreadableError for anything that is none."""
    return _read(lambda: _trial(told))


def _write(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)


def _decoded(raw: bytes) -> Memory:
    def memory() -> Memory:
        document = json.loads(raw)
        if document["schema"] != _SCHEMA:
            raise UnreadableError("of another schema")
        failures = (
            Failure(_build(told["build"]), _text(told["renderer"]), _text(told["reason"]))
            for told in document["failures"][-_MOST_KEPT:]
        )
        return Memory(tuple(_trial(told) for told in document["trials"][-_MOST_KEPT:]), tuple(failures))

    return _read(memory)


def _read(reading: Callable[[], _T]) -> _T:
    try:
        return reading()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise UnreadableError("damaged") from None


def _trial(told: Any) -> Trial:
    """Fields that are not known are left out."""
    card = told["card"]
    return Trial(
        _build(told["build"]),
        int(told["size"]),
        None if card is None else _card(card),
        _milliseconds(told["card_ms"]),
        _milliseconds(told["processor_ms"]),
        _text(told["reason"]),
    )


def _build(told: Any) -> Build:
    return Build(_text(told["qt"]), _text(told["heatdesk"]))


def _card(told: Any) -> Card:
    renderer, vendor, version = (_text(told[name]) for name in ("renderer", "vendor", "version"))
    return Card(renderer, vendor, version, int(told["largest_texture"]))


def _milliseconds(told: Any) -> float:
    if not 0.0 <= told <= _LONGEST_MS:
        raise ValueError("no time of a frame")
    return float(told)


def _text(told: Any) -> str:
    if not isinstance(told, str) or len(told) > _LONGEST or not (told.isascii() and told.isprintable()):
        raise ValueError("no plain text")
    return told
