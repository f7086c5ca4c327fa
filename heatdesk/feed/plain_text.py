"""Text from outside, made fit for a log line and a label."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 300
_NAME: Final = re.compile(r"[A-Za-z0-9:/_.-]{1,64}")


def plain(text: object) -> str:
    """Text from outside as printable ASCII on one line, at most 300 characters.

    Angle brackets go too: a tooltip would read what stands between them as HTML.
    """
    words = " ".join(str(text)[: 4 * LONGEST].split())
    return "".join(c if " " <= c <= "~" and c not in "<>" else "?" for c in words)[:LONGEST]


def is_name(text: str) -> bool:
    """Whether it can be the name of a coin or a symbol: nothing that a label, a file or an address could take amiss."""
    return _NAME.fullmatch(text) is not None
