"""Who draws the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from heatdesk.declared import check, declared

AUTOMATIC, CARD, PROCESSOR = DRAWN_BY = ("automatic", "graphics card", "processor")
GROUP: Final = "drawing"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Who draws the map. Raises BadInputError for a value that its declaration does not allow."""

    by: str = declared(
        AUTOMATIC,
        "Map drawn by",
        choices=DRAWN_BY,
        help="automatic takes the graphics card where it is faster",
    )

    def __post_init__(self) -> None:
        check(self)
