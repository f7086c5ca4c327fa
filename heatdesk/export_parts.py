"""The parts of an explained cell as a table: every cohort, so that anyone can add them up again."""

from __future__ import annotations

import csv
from dataclasses import fields
from pathlib import Path
from typing import Final

from heatdesk.errors import UsageError
from heatdesk.machine.files import whole_file
from heatdesk.moments import utc_text
from heatdesk.reading.explain import Explanation, Parts

_USD: Final = ("born", "closed", "swept", "left")


def write_parts(explanation: Explanation, path: Path) -> None:
    """Save all parts of a cell as CSV, what is left largest first; raises UsageError for another ending."""
    if path.suffix != ".csv":
        raise UsageError(f"{path.name} must end in .csv.")
    parts = explanation.parts
    names = [f.name for f in fields(Parts)]
    heads = ["exchange", "side", "candle_utc", *(f"{n}_usd" if n in _USD else n for n in names[2:])]

    def write(temporary: Path) -> None:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(heads)
            for i in (-parts.left).argsort(kind="stable"):
                values = [getattr(parts, name)[i].item() for name in names[2:]]
                side = "short" if parts.short[i] else "long"
                exchange = explanation.exchanges[int(parts.exchange[i])]
                writer.writerow([exchange, side, utc_text(int(parts.time_ms[i])), *values])

    whole_file(path, write)
