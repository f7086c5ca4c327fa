"""Text from outside, made fit for a log line and a label."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 300


def plain(text: object) -> str:
    """Text from outside as printable ASCII on one line, at most 300 characters."""
    words = " ".join(str(text)[: 4 * LONGEST].split())
    return "".join(c if " " <= c <= "~" else "?" for c in words)[:LONGEST]
