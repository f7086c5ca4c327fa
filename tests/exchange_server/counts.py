"""What clients did: asked, dialled, subscribed, and broke of the exchanges' rules. Tests read it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass
class Count:
    """One exchange's; `violations` by rule, `requests` by path, `while_banned` requests that should not have been."""

    requests: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    while_banned: int = 0
    dialled: int = 0
    refused: int = 0
    open: int = 0
    heard: int = 0
    subscribed: int = 0
    sent: int = 0
    withheld: int = 0  # frames that a fault kept back
    lied: int = 0  # frames that a fault made, changed or repeated


class Counts(defaultdict[str, Count]):
    """By exchange."""

    def __init__(self) -> None:
        super().__init__(Count)
