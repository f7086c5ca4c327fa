"""At which size and in which theme a test looks at the window."""

from __future__ import annotations

import pytest

from .workbench import LARGE, SMALL

VARIANTS = [(SMALL, "dark"), (SMALL, "light"), (LARGE, "dark"), (LARGE, "light")]


def name_of(variant: tuple[tuple[int, int], str]) -> str:
    """``1280x800-dark``."""
    (width, height), theme = variant
    return f"{width}x{height}-{theme}"


def seen_at(*variants: tuple[tuple[int, int], str]) -> pytest.MarkDecorator:
    """Run a test of `bench` at these sizes and in these themes."""
    return pytest.mark.parametrize("bench", variants, indirect=True, ids=map(name_of, variants))


SMALL_DARK, SMALL_LIGHT, LARGE_DARK, LARGE_LIGHT = (seen_at(variant) for variant in VARIANTS)
ALL = seen_at(*VARIANTS)
