"""The newest day of a series as single rows, each with its own checksum."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from functools import reduce
from operator import xor
from typing import Final, NamedTuple

import numpy as np

from heatdesk.market import COLUMNS, Kind, Records

_CHECK: Final = struct.Struct("<I")
_PLACE: Final = struct.Struct("<qq")


class Row(NamedTuple):
    """A row as SQLite keeps it; `number` counts rows of the same time."""

    time_ms: int
    number: int
    data: bytes


def pack(records: Records, name: bytes) -> list[Row]:
    """One stored row per record."""
    seed = zlib.crc32(name)
    values = np.column_stack([records[column] for column in COLUMNS[records.kind]]).astype("<f8").tobytes()
    width = len(COLUMNS[records.kind]) * 8
    rows: list[Row] = []
    for i, time in enumerate(records.time_ms.tolist()):
        number = rows[-1].number + 1 if rows and rows[-1].time_ms == time else 0
        cells = values[i * width : (i + 1) * width]
        rows.append(Row(time, number, _CHECK.pack(_checksum(seed, time, number, cells)) + cells))
    return rows


def unpack(rows: Iterable[tuple[object, object, object]], kind: Kind, name: bytes) -> tuple[Records, int]:
    """The rows whose checksum holds, in the order given, and how many do not."""
    seed = zlib.crc32(name)
    size = _CHECK.size + len(COLUMNS[kind]) * 8
    good: list[Row] = []
    bad = 0
    for time, number, data in rows:
        # A damaged file may hand back any type in any column.
        if (
            isinstance(time, int)
            and isinstance(number, int)
            and isinstance(data, bytes)
            and len(data) == size
            and _CHECK.unpack_from(data)[0] == _checksum(seed, time, number, data[_CHECK.size :])
        ):
            good.append(Row(time, number, data))
        else:
            bad += 1
    cells = np.frombuffer(b"".join(row.data[_CHECK.size :] for row in good), "<f8")
    table = cells.reshape(len(good), len(COLUMNS[kind])).astype(np.float64)
    times = np.array([row.time_ms for row in good], np.int64)
    columns = {column: np.ascontiguousarray(table[:, i]) for i, column in enumerate(COLUMNS[kind])}
    return Records(kind, times, columns), bad


def combined(rows: Iterable[tuple[object, object, object]]) -> int:
    """One number that changes when a row goes missing; rows that cannot be read count as nothing."""
    checks = (_CHECK.unpack_from(row[2])[0] for row in rows if isinstance(row[2], bytes) and len(row[2]) >= 4)
    return reduce(xor, checks, 0)


def _checksum(seed: int, time_ms: int, number: int, cells: bytes) -> int:
    try:
        place = _PLACE.pack(time_ms, number)
    except struct.error:
        return -1
    return zlib.crc32(cells, zlib.crc32(place, seed))
