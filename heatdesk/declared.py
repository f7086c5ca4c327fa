"""Values that a person may set, declared once: flags, dialogs, pages and checks build themselves from it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import field, fields
from decimal import Decimal
from numbers import Real
from typing import Any, Final, NamedTuple

from heatdesk.errors import BadInputError

_LONGEST_SHOWN: Final = 60
_LARGEST_SHOWN: Final = 10**18
_UNITS: Final = ((10**12, " T"), (10**9, " B"), (10**6, " M"))


class Declaration(NamedTuple):
    """How one value presents itself.

    Its kind follows from its default: a choice where there are `choices`, else a yes or no, a number in
    ``[low, high]``, a text or a list of texts. `complaint` says what is wrong with a text or a list, None where
    nothing is.
    """

    name: str
    label: str
    unit: str
    default: Any
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    help: str
    complaint: Callable[[Any], str | None] | None = None

    @property
    def kind(self) -> str:
        """``choice``, ``switch``, ``number``, ``text`` or ``list``."""
        if self.choices:
            return "choice"
        if isinstance(self.default, bool):
            return "switch"
        if isinstance(self.default, Real):
            return "number"
        return "list" if isinstance(self.default, tuple) else "text"


def declared(
    default: Any,
    label: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    help: str = "",  # noqa: A002
    complaint: Callable[[Any], str | None] | None = None,
) -> Any:
    """A field of a frozen dataclass that carries its own declaration."""
    about = {"label": label, "unit": unit, "low": low, "high": high, "choices": choices, "help": help}
    return field(default=default, metadata={**about, "complaint": complaint})


def declarations_of(owner: type) -> tuple[Declaration, ...]:
    """The declared fields of a dataclass in the order they are shown."""
    return tuple(
        Declaration(name=f.name, default=f.default, **f.metadata) for f in fields(owner) if f.metadata
    )


def check(owner: Any) -> None:
    """Raise BadInputError for the first value of a declared dataclass that its declaration does not allow."""
    for declaration in declarations_of(type(owner)):
        checked(declaration, getattr(owner, declaration.name))


def checked(declaration: Declaration, value: Any) -> Any:
    """The value as its field holds it: whole numbers as floats, lists as tuples.

    Raises BadInputError, which names the label, the value and what is allowed.
    """
    kind = declaration.kind
    if kind == "choice":
        if not isinstance(value, str) or value not in declaration.choices:
            raise BadInputError(
                f"{declaration.label} {shown(value)} is unknown; use one of {', '.join(declaration.choices)}."
            )
    elif kind == "number":
        return _number(declaration, value)
    elif kind == "switch":
        if not isinstance(value, bool):
            raise BadInputError(f"{declaration.label} is {shown(value)}; write true or false.")
    else:
        return _text(declaration, value)
    return value


def _number(declaration: Declaration, value: Any) -> float:
    low = -math.inf if declaration.low is None else declaration.low
    high = math.inf if declaration.high is None else declaration.high
    number = isinstance(value, Real) and not isinstance(value, bool)
    if number and low <= value <= high:  # refuses NaN too
        return float(value)
    unit = f" {declaration.unit}" if declaration.unit else ""
    raise BadInputError(
        f"{declaration.label} is {shown(value)}; it must lie between {written(low)} and {written(high)}{unit}."
    )


def _text(declaration: Declaration, value: Any) -> str | tuple[str, ...]:
    wanted = "a list of texts" if declaration.kind == "list" else "a text"
    texts = value if declaration.kind == "list" and isinstance(value, list | tuple) else (value,)
    right_kind = isinstance(value, str) if declaration.kind == "text" else isinstance(value, list | tuple)
    if not right_kind or not all(isinstance(text, str) for text in texts):
        raise BadInputError(f"{declaration.label} is {shown(value)}; write {wanted}.")
    plain: str | tuple[str, ...] = tuple(value) if declaration.kind == "list" else value
    complaint = declaration.complaint(plain) if declaration.complaint else None
    if complaint:
        raise BadInputError(f"{declaration.label} is {shown(value)}; {complaint}.")
    return plain


def written(number: float) -> str:
    """A number as a person writes it: ``0.05``, ``5,000``, ``100 M``; an exponent only where it would be endless."""
    size = abs(number)
    if size != 0 and not 1e-9 <= size < 1e18:  # not finite ones too
        return f"{number:g}"
    factor, unit = next(((f, u) for f, u in _UNITS if size >= f), (1, ""))
    digits = (Decimal(f"{number:.12g}") / factor).normalize()
    return f"{digits:,f}{unit}"


def shown(value: Any) -> str:
    """Any value, as a file may hold it, in a few characters on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) >= _LARGEST_SHOWN:
        return "a number of more than 18 digits"  # Python refuses to write some of them
    if isinstance(value, Real):
        return written(float(value))
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        inside = ", ".join("…" if isinstance(item, list | tuple) else shown(item) for item in value[:3])
        text = f"[{inside}{', …' if len(value) > 3 else ''}]"
    else:
        text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
