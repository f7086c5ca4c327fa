"""The comparison of pictures: it forgives what no eye sees, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from .pictures import complaint, read, write

PLOT = slice(40, 240), slice(0, 300)


@pytest.fixture
def picture() -> np.ndarray:
    """A window of bands beside a panel with words of bars."""
    x, y = np.meshgrid(np.arange(400), np.arange(280))
    seen = np.stack([20 + y / 4, 40 + 60 * np.sin(y / 9) ** 2, 90 + y / 8 + 0 * x], axis=2)
    seen[:, 300:] = 17
    for top in range(20, 260, 24):
        seen[top : top + 9, 310:390:3] = 215
    return seen.astype(np.uint8)


def test_a_kept_picture_is_the_same_picture(picture, tmp_path) -> None:
    write(picture, tmp_path / "kept.png")
    assert complaint(picture, read(tmp_path / "kept.png"), PLOT) == ""


def test_letters_drawn_a_little_differently_are_forgiven(picture) -> None:
    softer = picture.copy()
    panel = softer[:, 300:].astype(float)
    softer[:, 300:] = (
        0.8 * panel + 0.1 * np.roll(panel, 1, axis=1) + 0.1 * np.roll(panel, -1, axis=1)
    ).astype(np.uint8)
    assert complaint(softer, picture, PLOT) == ""


def test_a_missing_word_is_seen(picture) -> None:
    without = picture.copy()
    without[20:29, 300:] = 17
    assert "blocks" in complaint(without, picture, PLOT)


def test_a_missing_band_is_seen(picture) -> None:
    without = picture.copy()
    without[100:130, :300] = 17
    assert "the map" in complaint(without, picture, PLOT)


def test_another_palette_is_seen(picture) -> None:
    other = picture.copy()
    other[PLOT] = other[PLOT][..., ::-1]
    assert "the map" in complaint(other, picture, PLOT)


def test_another_size_is_seen(picture) -> None:
    assert "pixels" in complaint(picture[:-1], picture, PLOT)
