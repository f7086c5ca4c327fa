"""Maintenance brackets that exchanges told, kept in a file beside the history and used from then on."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from typing import Any, Final

from heatdesk.errors import BadInputError
from heatdesk.events import Market
from heatdesk.machine import paths
from heatdesk.machine.files import PRIVATE, whole_file
from heatdesk.model import brackets
from heatdesk.moments import utc_text

Rows = Sequence[tuple[float, float, float]]

_log = logging.getLogger(__name__)
_NAME: Final = "brackets.json"
_SCHEMA: Final = 1
_MOST_BYTES: Final = 8 << 20
_writing = threading.Lock()


def load() -> int:
    """Use what is kept; returns how many tables. A file or a table that cannot be used is logged and left out."""
    used = 0
    for entry in _read():
        try:
            rows = [(float(floor), float(rate), float(most)) for floor, rate, most in entry["rows"]]
            brackets.use(entry["exchange"], entry["symbol"], rows, entry["as_of"], _source(entry["exchange"]))
            used += 1
        except (KeyError, TypeError, ValueError, AttributeError, BadInputError) as error:
            _log.warning("A kept table of maintenance brackets is left out: %s", error)
    return used


def keep(market: Market, rows: Rows, time_ms: int) -> None:
    """Use a table and keep it.

    Raises BadInputError for one that cannot be, MachineError where the file cannot be written.
    """
    day = utc_text(time_ms)[:10]
    brackets.use(market.exchange, market.symbol, rows, day, _source(market.exchange))
    entry = {
        "exchange": market.exchange,
        "symbol": market.symbol,
        "as_of": day,
        "rows": [list(r) for r in rows],
    }
    with _writing:
        others = [e for e in _read() if (e.get("exchange"), e.get("symbol")) != market]
        text = json.dumps({"schema": _SCHEMA, "tables": [*others, entry]})
        path = paths.data() / _NAME
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole_file(path, lambda temporary: _write(temporary, text), PRIVATE)


def _write(path: Any, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _source(exchange: str) -> str:
    return f"told by {exchange}"


def _read() -> list[dict[str, Any]]:
    path = paths.data() / _NAME
    try:
        if not path.exists():
            return []
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        kept = json.loads(path.read_text(encoding="utf-8"))
        tables = kept["tables"] if kept["schema"] == _SCHEMA else None
        if not isinstance(tables, list) or not all(isinstance(entry, dict) for entry in tables):
            raise ValueError("it is not a list of tables")
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("%s cannot be used (%s); the built-in maintenance brackets hold.", path, error)
        return []
    return tables
