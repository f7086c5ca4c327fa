"""What one series consists of, kept beside its rows, so that a row or block that vanished is noticed."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, NamedTuple

from heatdesk.market import Interval
from heatdesk.store.chunks import DamagedError, sealed, unsealed

_HEAD: Final = struct.Struct("<IIqqII")
_BLOCK: Final = struct.Struct("<iIIqq")
_INTERVAL: Final = struct.Struct("<qq")


class Block(NamedTuple):
    """A stored block: `part` counts the blocks of one `month` (months since 1970), times are of its rows."""

    month: int
    part: int
    rows: int
    first_ms: int
    last_ms: int


class Tail(NamedTuple):
    """The rows of the newest day; `check` is their checksums combined."""

    rows: int = 0
    check: int = 0
    first_ms: int = 0
    last_ms: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """Blocks ascending in time, the tail behind them, and the recorded coverage."""

    blocks: tuple[Block, ...] = ()
    tail: Tail = field(default_factory=Tail)
    coverage: tuple[Interval, ...] = ()

    @property
    def rows(self) -> int:
        """Rows in blocks and tail."""
        return sum(block.rows for block in self.blocks) + self.tail.rows

    @property
    def first_ms(self) -> int:
        """Time of the first row; 0 where there is none."""
        return self.blocks[0].first_ms if self.blocks else self.tail.first_ms

    @property
    def last_ms(self) -> int:
        """Time of the last row; 0 where there is none."""
        return max([self.tail.last_ms, *(block.last_ms for block in self.blocks[-1:])])

    def encode(self, name: bytes) -> bytes:
        """Sealed bytes of this."""
        head = _HEAD.pack(*self.tail, len(self.blocks), len(self.coverage))
        blocks = b"".join(_BLOCK.pack(*block) for block in self.blocks)
        edges = struct.pack(f"<{2 * len(self.coverage)}q", *chain.from_iterable(self.coverage))
        return sealed(name, head + blocks + edges)

    @staticmethod
    def decode(blob: object, name: bytes) -> Contents:
        """What `encode` made; raises DamagedError for anything else."""
        payload = unsealed(name, blob)
        try:
            *tail, blocks, intervals = _HEAD.unpack_from(payload)
            split = _HEAD.size + blocks * _BLOCK.size
            if len(payload) != split + intervals * _INTERVAL.size:
                raise DamagedError("impossible size")
            return Contents(
                tuple(Block(*fields) for fields in _BLOCK.iter_unpack(payload[_HEAD.size : split])),
                Tail(*tail),
                tuple(map(Interval._make, _INTERVAL.iter_unpack(payload[split:]))),
            )
        except struct.error as error:
            raise DamagedError(str(error)) from error
