"""Damage to files, the same every time: bytes changed, lost, doubled, moved or overwritten."""

from __future__ import annotations

import random
from collections.abc import Iterator


def damaged(raw: bytes, count: int, seed: int) -> Iterator[bytes]:
    """`count` damaged versions of some bytes."""
    chance = random.Random(seed)
    for _ in range(count):
        broken = bytearray(raw)
        for _ in range(chance.choice((1, 1, 2, 8))):
            at, stop = sorted(chance.randrange(len(broken) + 1) for _ in range(2))
            stop = min(stop, at + chance.choice((1, 3, 40)))
            match chance.randrange(6):
                case 0:
                    broken[at : at + 1] = chance.randbytes(1)
                case 1:
                    del broken[at:stop]
                case 2:
                    broken[at:at] = broken[at:stop]
                case 3:
                    broken[at:at] = chance.randbytes(chance.choice((1, 30)))
                case 4:
                    broken[at:stop] = bytes(stop - at)
                case _:  # what a person types
                    broken[at : at + 1] = chance.choice(
                        (b"9", b"-", b'"', b"[", b"]", b"=", b"\n", b"#", b".", b"e9")
                    )
            if not broken:
                break
        yield bytes(broken)
