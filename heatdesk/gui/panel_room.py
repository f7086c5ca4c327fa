"""How much of a window's width the map leaves to what stands at its right."""

from __future__ import annotations

from typing import Final

FIRST_SIZE: Final = (1280, 800)
SMALLEST_SIZE: Final = (1040, 540)
# Width of profile and panel: what the smallest window gives them, and their share of every pixel more.
_PROFILE: Final = (52, 0.1, 180)
_PANEL: Final = (192, 0.28, 560)


def panel_widths(window_width: int) -> tuple[int, int]:
    """Pixels of the right panel and of the profile in a window of this width."""
    beyond = max(0, window_width - FIRST_SIZE[0])
    panel, profile = (min(most, least + round(share * beyond)) for least, share, most in (_PANEL, _PROFILE))
    return panel, profile
