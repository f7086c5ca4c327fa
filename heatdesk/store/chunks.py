"""Blocks: the rows of one series in one month as compressed bytes that notice any damage.

A column becomes integers (the smallest decimal scale that gives every value back bit for bit, or else the raw
bits of the floats), then differences, then byte planes, then zstd. A block starts with a BLAKE2 digest over its
label (series, month, part) and everything behind it, because SQLite itself does not see changed payload bytes and
a block filed under a neighbour's name must not be believed.

Layout, little endian: digest[16] | rows u32 | column headers | one zstd frame of all streams, where a column
header is (scale u8, width u8, nans u8, first i64) and its stream is [bitmap of known values] + byte planes.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final, NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray

from heatdesk.market import COLUMNS, Floats, Kind, Records, SeriesKey

MAX_ROWS: Final = 1 << 17  # of one block; a month of 1m candles has 44,640
LEVEL: Final = 3

_DIGEST: Final = 16
_ROWS: Final = struct.Struct("<I")
_HEADER: Final = struct.Struct("<BBBq")
_RAW: Final = 255  # in place of a scale: the bits of the floats
_SCALES: Final = range(13)
_EXACT: Final = float(1 << 53)  # integers up to here are floats without loss
_ALL_KNOWN, _NONE_KNOWN, _SOME_KNOWN = range(3)

Integers = NDArray[np.int64]


class DamagedError(Exception):
    """Stored bytes that are not what was written."""


class _Column(NamedTuple):
    scale: int
    width: int
    nans: int
    first: int

    def size(self, rows: int) -> int:
        """Bytes of the column's stream."""
        bitmap = (rows + 7) // 8 if self.nans == _SOME_KNOWN else 0
        return bitmap + rows * self.width


def label(key: SeriesKey, *place: int) -> bytes:
    """What a stored piece claims to be: its series, and its place in it."""
    names = (key.exchange, key.symbol, key.kind.value, key.timeframe, key.source, *map(str, place))
    return "\0".join(names).encode()


def digest(name: bytes, payload: bytes) -> bytes:
    """16 bytes that change with any byte of the label or of the payload."""
    return hashlib.blake2b(struct.pack("<I", len(name)) + name + payload, digest_size=_DIGEST).digest()


def sealed(name: bytes, payload: bytes) -> bytes:
    """The payload behind its digest."""
    return digest(name, payload) + payload


def unsealed(name: bytes, blob: object) -> bytes:
    """The payload of `sealed`; raises DamagedError for anything else, whatever type a damaged file gives it."""
    if not isinstance(blob, bytes) or digest(name, blob[_DIGEST:]) != blob[:_DIGEST]:
        raise DamagedError(name.decode().replace("\0", " "))
    return blob[_DIGEST:]


def encode(records: Records, name: bytes) -> bytes:
    """One block of 1 to ``MAX_ROWS`` rows; NaN comes back as NaN, every other value bit for bit."""
    rows = len(records)
    if not 0 < rows <= MAX_ROWS:
        raise ValueError(f"a block holds 1 to {MAX_ROWS} rows, not {rows}")
    encoded = [_encode_integers(records.time_ms, 0)]
    encoded += [_encode_column(records[column]) for column in COLUMNS[records.kind]]
    headers = b"".join(_HEADER.pack(*header) for header, _ in encoded)
    frame = zstandard.ZstdCompressor(level=LEVEL).compress(b"".join(stream for _, stream in encoded))
    return sealed(name, _ROWS.pack(rows) + headers + frame)


def decode(blob: object, kind: Kind, name: bytes) -> Records:
    """The rows of a block; raises DamagedError for anything that is not one, or is filed under another name."""
    payload = unsealed(name, blob)
    names = COLUMNS[kind]
    try:
        (rows,) = _ROWS.unpack_from(payload)
        at = _ROWS.size
        columns = []
        for _ in range(len(names) + 1):
            columns.append(_Column(*_HEADER.unpack_from(payload, at)))
            at += _HEADER.size
        streams = _decompress(payload[at:], rows, columns)
        times = _decode_integers(columns[0], streams[0], rows)
        values = [_decode_column(columns[i], streams[i], rows) for i in range(1, len(columns))]
    except (struct.error, zstandard.ZstdError, ValueError) as error:
        raise DamagedError(str(error)) from error
    if np.any(times[1:] < times[:-1]):
        raise DamagedError("rows are out of order")
    return Records(kind, times, dict(zip(names, values, strict=True)))


def _encode_column(values: Floats) -> tuple[_Column, bytes]:
    known = ~np.isnan(values)
    if not known.any():
        return _Column(0, 0, _NONE_KNOWN, 0), b""
    bitmap = b""
    if not known.all():
        # An unknown cell repeats the last known one, so that it costs nothing in the differences.
        last = np.maximum.accumulate(np.where(known, np.arange(len(values)), int(known.argmax())))
        values = values[last]
        bitmap = np.packbits(known).tobytes()
    scale = _scale(values)
    bits = values.view(np.int64) if scale == _RAW else np.rint(values * 10.0**scale).astype(np.int64)
    header, planes = _encode_integers(bits, scale)
    return header._replace(nans=_SOME_KNOWN if bitmap else _ALL_KNOWN), bitmap + planes


def _scale(values: Floats) -> int:
    """The least number of decimals that keeps every value bit for bit, or ``_RAW``."""
    if not np.abs(values).max() <= _EXACT:  # also where a value is infinite
        return _RAW
    few = values[:64]
    for scale in _SCALES:
        if _fits(few, scale) and _fits(values, scale):
            return scale
    return _RAW


def _fits(values: Floats, scale: int) -> bool:
    scaled = np.rint(values * 10.0**scale)
    if np.abs(scaled).max() > _EXACT:
        return False
    # Compared as bits through the same integers that decoding starts from: −0.0 is not 0.0.
    back = scaled.astype(np.int64) / 10.0**scale
    return bool((back.view(np.int64) == values.view(np.int64)).all())


def _encode_integers(values: Integers, scale: int) -> tuple[_Column, bytes]:
    steps = np.zeros(len(values), np.int64)
    np.subtract(values[1:], values[:-1], out=steps[1:])  # wraps for raw bits, and wraps back in the sum
    low, high = int(steps.min()), int(steps.max())
    width = next(w for w in (1, 2, 4, 8) if -(1 << (8 * w - 1)) <= low and high < 1 << (8 * w - 1))
    planes = steps.astype(f"<i{width}").view(np.uint8).reshape(-1, width).T
    return _Column(scale, width, _ALL_KNOWN, int(values[0])), planes.tobytes()


def _decompress(frame: bytes, rows: int, columns: list[_Column]) -> list[memoryview]:
    """Each column's stream. The sizes are known beforehand, so a frame that would grow beyond them is refused."""
    if not 0 < rows <= MAX_ROWS or any(column.width > 8 or column.nans > 2 for column in columns):
        raise ValueError("impossible header")
    sizes = [column.size(rows) for column in columns]
    if zstandard.frame_content_size(frame) != sum(sizes):
        raise ValueError("impossible size")
    plain = memoryview(zstandard.ZstdDecompressor().decompress(frame, max_output_size=sum(sizes)))
    ends = np.cumsum(sizes).tolist()
    return [plain[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def _decode_column(column: _Column, stream: memoryview, rows: int) -> Floats:
    if column.nans == _NONE_KNOWN:
        return np.full(rows, np.nan)
    integers = _decode_integers(column, stream, rows)
    if column.scale == _RAW:
        values = integers.view(np.float64)
    elif column.scale in _SCALES:
        values = integers / 10.0**column.scale
    else:
        raise ValueError("impossible scale")
    if column.nans == _SOME_KNOWN:
        bitmap = np.frombuffer(stream[: len(stream) - rows * column.width], np.uint8)
        values[~np.unpackbits(bitmap, count=rows).astype(np.bool_)] = np.nan
    return values


def _decode_integers(column: _Column, stream: memoryview, rows: int) -> Integers:
    if column.width not in (1, 2, 4, 8):
        raise ValueError("impossible width")
    planes = np.frombuffer(stream[len(stream) - rows * column.width :], np.uint8)
    steps = np.ascontiguousarray(planes.reshape(column.width, rows).T).view(f"<i{column.width}").ravel()
    integers = np.cumsum(steps, dtype=np.int64)
    integers += column.first
    return integers
