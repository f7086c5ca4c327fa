"""Tables: the named columns of one CSV or Parquet file, with the row of the file for every complaint."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from heatdesk.errors import BadInputError
from heatdesk.feed.files import MAX_BYTES, plain_bytes
from heatdesk.market import Floats, Times

MAX_ROWS: Final = 20_000_000
LONGEST_TEXT: Final = 64
_LONGEST_HEADER: Final = 1 << 16

Mask = NDArray[np.bool_]

# Binance Vision's klines, which come without a header line in older archives.
KLINES: Final = (
    "open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count",
    "taker_buy_volume", "taker_buy_quote_volume", "ignore",
)  # fmt: skip
_OTHER_NAMES: Final = {
    "quote_asset_volume": "quote_volume",
    "taker_buy_base_asset_volume": "taker_buy_volume",
    "quantity": "amount",
}
TIMES: Final = ("time_ms", "open_time", "create_time", "time", "start_ms", "end_ms")
TEXTS: Final = ("side", "symbol", "coin")
NUMBERS: Final = (
    "open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume",
    "open_interest", "open_interest_usd", "sum_open_interest", "sum_open_interest_value",
    "funding_rate", "liquidation_long_usd", "liquidation_short_usd",
    "bankruptcy_price", "price", "average_price", "amount", "notional_usd",
    "original_quantity", "accumulated_fill_quantity",
    "size", "entry_price", "leverage", "liquidation_price",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name: numbers as float64 (blank = NaN), times as int64 ms, texts as str; other columns are left out.

    `blank` tells blank cells of a number column from a NaN that was written there.
    """

    path: Path
    names: tuple[str, ...]
    numbers: Mapping[str, Floats]
    times: Mapping[str, Times]
    texts: Mapping[str, NDArray[np.str_]]
    blank: Mapping[str, Mask]
    lines_before: int
    data: bytes

    def __len__(self) -> int:
        return len(next(iter(self.times.values()), ()))

    def row(self, index: int) -> int:
        """Where a person finds row `index`: the line of a text file, the row of a Parquet file, both from 1."""
        return _row(self.path, self.data, index + self.lines_before)

    def refuse(self, bad: Mask | int, what: str, remedy: str) -> None:
        """Raise BadInputError for the first bad row; nothing where there is none. `bad` is a mask or a row."""
        index = bad if isinstance(bad, int) else int(bad.argmax()) if bad.any() else None
        if index is not None:
            raise BadInputError(f"{self.path}, row {self.row(index)}: {what}; {remedy}.")


def _row(path: Path, data: bytes, index: int) -> int:
    """Blank lines are no rows, but a person's editor counts them."""
    if _is_parquet(path):
        return index + 1
    full = (number for number, line in enumerate(data.splitlines(), 1) if line)
    return next(itertools.islice(full, index, None), index + 1)


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def read_table(path: Path) -> Table:
    """The known columns of a file; raises BadInputError with file, row and remedy for what cannot be parsed."""
    data = plain_bytes(path)
    if _is_parquet(path):
        return _table(path, _parquet(path, data), 0, data)
    return _csv(path, data)


def _csv(path: Path, data: bytes) -> Table:
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    first = data[:_LONGEST_HEADER].split(b"\n", 1)[0].decode("utf-8", "replace")
    cells = [cell.strip().strip('"').lower() for cell in first.split(",")]
    headed = not re.fullmatch(r"-?[\d.]+", cells[0])
    if headed:
        names = tuple(_OTHER_NAMES.get(cell, cell) for cell in cells)
    elif len(cells) == len(KLINES):
        names = KLINES
    else:
        raise BadInputError(
            f"{path}, row 1: there is no header line; name the columns, for example time_ms,open,…."
        )
    _check_names(path, names)
    types = {name: kind for name in names if (kind := _arrow_type(name)) is not None}
    if not types:  # Arrow would read all columns
        return Table(path, names, {}, {}, {}, {}, int(headed), data)
    try:
        return _table(path, _parsed(data, names, types, headed, threads=True), int(headed), data, names)
    except pa.ArrowException:
        pass
    try:  # again in one thread, where a complaint names its row
        _parsed(data, names, types, headed, threads=False)
    except pa.ArrowException as error:
        _complain(path, str(error), names, data)
    raise BadInputError(f"{path} cannot be parsed; export it again.")


def _parsed(
    data: bytes, names: tuple[str, ...], types: Mapping[str, pa.DataType], headed: bool, threads: bool
) -> pa.Table:
    csv = pyarrow.csv
    return csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(column_names=names, skip_rows=int(headed), use_threads=threads),
        convert_options=csv.ConvertOptions(
            column_types=types, include_columns=list(types), null_values=[""], strings_can_be_null=False
        ),
    )


def _complain(path: Path, error: str, names: tuple[str, ...], data: bytes) -> NoReturn:
    """Arrow's sentence in ours. It counts the lines that are not blank, from 1."""
    row = re.search(r"Row #(\d+)", error)
    column = re.search(r"column #(\d+)", error)
    expected = re.search(r"Expected (\d+) columns, got (\d+)", error)
    value = re.search(r"invalid value '(.*)'", error, re.DOTALL)
    where = f", row {_row(path, data, int(row[1]) - 1)}" if row else ""
    if expected:
        raise BadInputError(
            f"{path}{where}: {expected[2]} cells instead of {expected[1]}; correct or remove the row."
        )
    name = names[int(column[1])] if column and int(column[1]) < len(names) else "a column"
    shown = ascii(value[1][:30]) if value else "a value"
    raise BadInputError(
        f"{path}{where}: {name} is {shown}, which is no {_wanted(name)}; correct or remove the row."
    )


def _wanted(name: str) -> str:
    if name == "create_time":
        return "time such as 2025-01-31 00:05:00"
    return "time in whole milliseconds" if name in TIMES else "number"


def _parquet(path: Path, data: bytes) -> pa.Table:
    try:
        file = pyarrow.parquet.ParquetFile(pa.BufferReader(data))
        about = file.metadata
        size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
        if about.num_rows > MAX_ROWS or size > MAX_BYTES:
            raise BadInputError(
                f"{path} holds more than {MAX_ROWS:,} rows or {MAX_BYTES >> 20} MiB; split it."
            )
        names = tuple(file.schema_arrow.names)
        _check_names(path, tuple(_OTHER_NAMES.get(name.lower(), name.lower()) for name in names))
        table = file.read(
            columns=[name for name in names if _arrow_type(name.lower()) or name in _OTHER_NAMES]
        )
        lower = [_OTHER_NAMES.get(name.lower(), name.lower()) for name in table.column_names]
        return table.rename_columns(lower)
    except (pa.ArrowException, OSError, ValueError):
        raise BadInputError(f"{path} is no readable Parquet file; export it again.") from None


def _arrow_type(name: str) -> pa.DataType | None:
    if name == "create_time":
        return pa.timestamp("ms")
    if name in TIMES:
        return pa.int64()
    if name in TEXTS:
        return pa.string()
    return pa.float64() if name in NUMBERS else None


def _check_names(path: Path, names: tuple[str, ...]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1 and name in (*TIMES, *TEXTS, *NUMBERS)})
    if twice:
        raise BadInputError(f"{path}, row 1: column {twice[0]} is there twice; remove one.")


def _table(
    path: Path, arrow: pa.Table, lines_before: int, data: bytes, names: tuple[str, ...] | None = None
) -> Table:
    """Arrow's columns as NumPy's; a column of a type that cannot be what its name says is refused."""
    numbers: dict[str, Floats] = {}
    times: dict[str, Times] = {}
    texts: dict[str, NDArray[np.str_]] = {}
    blank: dict[str, Mask] = {}
    for name in arrow.column_names:
        column = arrow[name]
        try:
            if name in TIMES:
                if column.null_count:
                    where = _row(path, data, int(np.asarray(column.is_null()).argmax()) + lines_before)
                    raise BadInputError(f"{path}, row {where}: {name} is blank; correct or remove the row.")
                stamps = column if pa.types.is_integer(column.type) else column.cast(pa.timestamp("ms"))
                times[name] = stamps.cast(pa.int64()).to_numpy()
            elif name in TEXTS:
                # NumPy gives every cell the room of the longest
                text = pyarrow.compute.utf8_slice_codeunits(column.cast(pa.string()), 0, LONGEST_TEXT)
                texts[name] = np.asarray(text.fill_null(""), dtype=np.str_)
            else:
                if column.null_count:
                    blank[name] = np.asarray(column.is_null())
                numbers[name] = column.cast(pa.float64()).to_numpy()
        except pa.ArrowException:
            raise BadInputError(f"{path}: column {name} is no {_wanted(name)}; export it again.") from None
    return Table(path, names or tuple(arrow.column_names), numbers, times, texts, blank, lines_before, data)
