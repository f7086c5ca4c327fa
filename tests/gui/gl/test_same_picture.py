"""OpenGL draws the map as the CPU does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heatdesk.gui.theme import palette_names, theme_names
from heatdesk.gui.view import RENDERINGS, SIDES

from .conftest import PROFILES, Card


def same(seen: dict[str, float], drawn: float = 0.02) -> None:
    """Two pictures are the same as far as anybody can tell, and not because both are empty."""
    assert seen["mean"] <= 1.0
    assert seen["far_off"] < 0.005
    assert seen["kept"] >= 0.99
    assert seen["drawn"] >= drawn


def zooms(n: int, seed: int = 3) -> list[dict[str, list[float]]]:
    """Shares of a map's time and prices: narrow and wide, some of them reaching beyond the map."""
    rng = np.random.default_rng(seed)
    looks = []
    for _ in range(n):
        middle, width = rng.uniform(0.2, 0.8, 2), np.exp(rng.uniform(np.log(0.01), np.log(2.0), 2))
        looks.append(
            {
                name: [float(m - w / 2), float(m + w / 2)]
                for name, m, w in zip(("times", "prices"), middle, width, strict=True)
            }
        )
    return looks


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("rendering", RENDERINGS)
def test_every_side_in_every_rendering(card: Card, side: str, rendering: str) -> None:
    card.show(side=side, rendering=rendering)
    same(card.differ())
    card.look(times=[0.3, 0.5], prices=[0.2, 0.6])
    same(card.differ())


@pytest.mark.parametrize("theme", theme_names())
@pytest.mark.parametrize("palette", palette_names())
def test_every_palette_in_every_theme(card: Card, palette: str, theme: str) -> None:
    card.show(palette=palette, theme=theme, gamma=0.7, minimum_usd=2e4)
    same(card.differ())


@pytest.mark.parametrize("theme", theme_names())
def test_wherever_it_looks(card: Card, theme: str) -> None:
    card.show(theme=theme)
    for look in zooms(10):
        card.look(**look)
        same(card.differ())
        card.pan(right=37.0, down=-5.0)
        same(card.differ())


@pytest.mark.parametrize("scale", ["log", "percent"])
def test_on_every_price_scale(card: Card, scale: str) -> None:
    card.show(price_scale=scale)
    same(card.differ())


@pytest.mark.parametrize("side", SIDES)
def test_a_map_by_age(card: Card, side: str) -> None:
    card.show(of="ages", side=side)
    same(card.differ())


def test_a_map_that_grows(card: Card) -> None:
    card.show(rendering="smoothed")
    for columns in (1, 3, 1):
        same(card.differ())
        card.grow(columns=columns)
    same(card.differ())


def test_a_map_longer_than_a_texture_is_drawn_as_finely_as_it_can_be_kept(card: Card) -> None:
    card.show(of="long", side="long")
    same(card.differ())
    card.look(times=[0.5, 0.51], prices=[0.0, 1.0])
    seen = card.differ()
    assert (
        seen["drawn"] > 0.02 and seen["kept"] >= 0.99
    )  # coarser than the CPU's here, and nothing bright is lost


@pytest.mark.parametrize("profile", PROFILES)
def test_whatever_context_there_is(screen: Card, profile: str) -> None:
    if not screen.profile(name=profile):
        pytest.skip(f"there is no context of this kind here: {profile}")
    for rendering in RENDERINGS:
        screen.show(side="net", rendering=rendering)
        same(screen.differ())
        assert screen.failures() == {"told": [], "logged": []}


@pytest.mark.parametrize("theme", theme_names())
def test_a_real_month(shared: Path, card: Card, theme: str) -> None:
    card.show(of="real", size=[640, 400], theme=theme)
    drawn = []
    for number, look in enumerate(zooms(10, seed=11)):
        card.look(**look)
        seen = card.differ()
        same(seen, drawn=0.0)
        drawn.append(seen["drawn"])
        if number < 4:
            card.view(theme=theme, side=SIDES[number], rendering=RENDERINGS[number % 3])
            same(card.differ(), drawn=0.0)
    assert sum(share > 0.02 for share in drawn) >= 5
