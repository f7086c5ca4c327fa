"""One stored series: month blocks up to the newest day, and that day as rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from heatdesk.intervals import extended, without
from heatdesk.market import DAY_MS, TIMEFRAMES, Interval, Records, SeriesKey
from heatdesk.store import chunks, tail
from heatdesk.store.base import Appended
from heatdesk.store.chunks import MAX_ROWS, DamagedError, label
from heatdesk.store.contents import Block, Contents, Tail
from heatdesk.store.merge import concatenate, merge
from heatdesk.store.schema import DAMAGE

END_OF_TIME_MS: Final = 4_102_444_800_000  # 2100-01-01
EVER: Final = Interval(0, END_OF_TIME_MS)

_TAIL_FROM: Final = (
    "SELECT time_ms, number, data FROM tail WHERE series = ? AND time_ms >= ? ORDER BY time_ms, number"
)


@dataclass(slots=True)
class StoredSeries:
    """Reads and rewrites the rows of one series inside the caller's transaction.

    `damaged` collects the stretches that turned out to be unreadable.
    """

    connection: sqlite3.Connection
    key: SeriesKey
    number: int
    contents: Contents
    damaged: list[Interval] = field(default_factory=list)

    @staticmethod
    def load(connection: sqlite3.Connection, key: SeriesKey, number: int) -> StoredSeries:
        """The series as stored; where its list of contents is damaged, what a search finds, all of it suspect."""
        row = connection.execute("SELECT contents FROM series WHERE id = ?", (number,)).fetchone()
        series = StoredSeries(connection, key, number, Contents())
        try:
            series.contents = Contents.decode(row[0] if row else None, label(key, number))
        except DamagedError:
            series.damaged.append(EVER)
            series.contents = series._searched()
        return series

    def read(self, start_ms: int, end_ms: int) -> Records:
        """Rows with ``start_ms <= time_ms < end_ms``; what is damaged is left out and noted in `damaged`."""
        parts = [Records.empty(self.key.kind)]
        for block in self.contents.blocks:
            if block.last_ms >= start_ms and block.first_ms < end_ms:
                parts.extend(self._block(block))
        rows = self.contents.tail
        if rows.rows and rows.last_ms >= start_ms and rows.first_ms < end_ms:
            parts.append(self._tail())
        records = concatenate(parts) if len(parts) != 2 else parts[1]
        low, high = np.searchsorted(records.time_ms, [start_ms, end_ms])
        return records.take(slice(int(low), int(high)))

    def append(self, records: Records, coverage: Sequence[Interval]) -> Appended:
        """Merge rows and coverage in; a damaged piece that is rewritten becomes a gap, also in the coverage."""
        done = [Appended(0, 0, 0)]
        if len(records):
            newest = max(int(records.time_ms[-1]), self.contents.last_ms)
            day = newest - newest % DAY_MS
            # The tail lies behind every block, also where damage has moved the newest row back.
            boundary = max([day, *(block.last_ms + 1 for block in self.contents.blocks[-1:])])
            split = int(np.searchsorted(records.time_ms, boundary))
            older, newer = records.take(slice(0, split)), records.take(slice(split, None))
            closed = self._take_closed_tail(day)
            for month, (there, incoming) in _by_month(closed, older):
                done.append(self._merge_month(month, there, incoming))
            done.append(self._merge_tail(newer))
        recorded = self.contents.coverage
        if self.damaged:
            recorded = without(recorded, self.damaged)
        self._save(replace(self.contents, coverage=extended(recorded, coverage)))
        return Appended(*(sum(column) for column in zip(*done, strict=True)))

    def _block(self, block: Block) -> list[Records]:
        """The block's rows, or nothing where it is damaged or gone."""
        try:
            row = self.connection.execute(
                "SELECT data FROM block WHERE series = ? AND month = ? AND part = ?",
                (self.number, block.month, block.part),
            ).fetchone()
            records = chunks.decode(row[0] if row else None, self.key.kind, self._label(block))
        except (DamagedError, *DAMAGE):
            self.damaged.append(self._span(block.first_ms, block.last_ms))
            return []
        return [records]

    def _tail(self) -> Records:
        """All rows of the tail whose checksum holds; the tail's span is damaged if any is bad or missing."""
        expected = self.contents.tail
        try:
            rows = self.connection.execute(_TAIL_FROM, (self.number, 0)).fetchall()
        except DAMAGE:
            rows = []
        records, bad = tail.unpack(rows, self.key.kind, label(self.key))
        if bad or len(rows) != expected.rows or tail.combined(rows) != expected.check:
            self.damaged.append(self._span(expected.first_ms, expected.last_ms))
        return records.take(np.argsort(records.time_ms, kind="stable"))

    def _take_closed_tail(self, day: int) -> Records:
        """Remove and return the tail if its day is over."""
        old = self.contents.tail
        if not old.rows or old.last_ms >= day:
            return Records.empty(self.key.kind)
        records = self._tail()
        self.connection.execute("DELETE FROM tail WHERE series = ?", (self.number,))
        self.contents = replace(self.contents, tail=Tail())
        return records

    def _merge_month(self, month: int, closed: Records, incoming: Records) -> Appended:
        blocks = [block for block in self.contents.blocks if block.month == month]
        there = [part for block in blocks for part in self._block(block)]
        old, _ = merge(concatenate([Records.empty(self.key.kind), *there]), closed)
        rows, done = merge(old, incoming)
        if done.new or done.changed or len(closed) or len(there) < len(blocks):
            self._write_month(month, rows)
        return done

    def _write_month(self, month: int, rows: Records) -> None:
        self.connection.execute("DELETE FROM block WHERE series = ? AND month = ?", (self.number, month))
        written = []
        for part, start in enumerate(range(0, len(rows), MAX_ROWS)):
            piece = rows.take(slice(start, start + MAX_ROWS))
            block = Block(month, part, len(piece), int(piece.time_ms[0]), int(piece.time_ms[-1]))
            data = chunks.encode(piece, self._label(block))
            self.connection.execute("INSERT INTO block VALUES (?, ?, ?, ?)", (self.number, month, part, data))
            written.append(block)
        others = [block for block in self.contents.blocks if block.month != month]
        self.contents = replace(self.contents, blocks=tuple(sorted([*others, *written])))

    def _merge_tail(self, incoming: Records) -> Appended:
        """Merge into the newest day, touching only rows from the first incoming one on."""
        if not len(incoming):
            return Appended(0, 0, 0)
        start = int(incoming.time_ms[0])
        old = self.contents.tail
        before = self.connection.execute(_TAIL_FROM, (self.number, start)).fetchall()
        there, bad = tail.unpack(before, self.key.kind, label(self.key))
        if bad:  # keep what is good of the whole day, and count it anew
            there, old, before, start = self._tail(), Tail(), [], 0
        rows, done = merge(there, incoming)
        if done.new or done.changed or bad:
            after = tail.pack(rows, label(self.key))
            self.connection.execute(
                "DELETE FROM tail WHERE series = ? AND time_ms >= ?", (self.number, start)
            )
            self.connection.executemany(
                "INSERT INTO tail VALUES (?, ?, ?, ?)", ((self.number, *row) for row in after)
            )
            first, last = int(rows.time_ms[0]), int(rows.time_ms[-1])
            new = Tail(
                old.rows - len(before) + len(after),
                old.check ^ tail.combined(before) ^ tail.combined(after),
                min(old.first_ms, first) if old.rows else first,
                last,
            )
            self.contents = replace(self.contents, tail=new)
        return done

    def _save(self, contents: Contents) -> None:
        self.contents = contents
        self.connection.execute(
            "UPDATE series SET contents = ? WHERE id = ?",
            (contents.encode(label(self.key, self.number)), self.number),
        )

    def _searched(self) -> Contents:
        """Contents made anew from the blocks and rows that are intact; the coverage is lost."""
        blocks = []
        for month, part in self.connection.execute(
            "SELECT month, part FROM block WHERE series = ? ORDER BY month, part", (self.number,)
        ).fetchall():
            found = self._block(Block(month, part, 0, 0, 0))
            blocks += [Block(month, part, len(r), int(r.time_ms[0]), int(r.time_ms[-1])) for r in found]
        rows = self.connection.execute(_TAIL_FROM, (self.number, 0)).fetchall()
        records, _ = tail.unpack(rows, self.key.kind, label(self.key))
        times = records.time_ms
        span = (int(times[0]), int(times[-1])) if len(times) else (0, 0)
        return Contents(tuple(blocks), Tail(len(rows), tail.combined(rows), *span))

    def _label(self, block: Block) -> bytes:
        return label(self.key, block.month, block.part)

    def _span(self, first_ms: int, last_ms: int) -> Interval:
        return Interval(first_ms, last_ms + TIMEFRAMES.get(self.key.timeframe, 1))


def _by_month(closed: Records, incoming: Records) -> Iterator[tuple[int, tuple[Records, Records]]]:
    """For every month that occurs in either: its rows of the tail that closed, and the incoming ones."""
    months = [
        records.time_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
        for records in (closed, incoming)
    ]
    for month in np.union1d(*months).tolist():
        low, high = np.searchsorted(months[0], [month, month + 1])
        first, last = np.searchsorted(months[1], [month, month + 1])
        yield month, (closed.take(slice(int(low), int(high))), incoming.take(slice(int(first), int(last))))
