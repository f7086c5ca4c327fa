"""What is sent to the card: a map once, its new columns, and nothing when it is looked at in another way."""

from __future__ import annotations

from typing import Any

import pytest

from heatdesk.gui.theme import palette_names, theme_names
from heatdesk.gui.view import RENDERINGS, SIDES

from .conftest import Card

COLUMNS, ROWS, STEADY = 500, 120, 490  # the drawer's map of bands
MAP_BYTES, EDGES_BYTES = COLUMNS * ROWS * 4 * 2, (ROWS + 1) * 4

VIEWS: dict[str, dict[str, Any]] = {
    **{f"side {side}": {"side": side} for side in SIDES},
    **{f"rendering {rendering}": {"rendering": rendering} for rendering in RENDERINGS},
    **{f"palette {palette}": {"palette": palette} for palette in palette_names()},
    **{f"theme {theme}": {"theme": theme} for theme in theme_names()},
    "gamma": {"gamma": 1.7},
    "limits": {"low": 1e4, "high": 3e5},
    "smallest": {"minimum_usd": 5e4},
}


@pytest.fixture
def shown(card: Card) -> Card:
    card.show()
    card.frame()
    return card


def test_a_map_is_sent_once(shown: Card) -> None:
    assert shown.uploaded() == MAP_BYTES + EDGES_BYTES
    shown.frame(times=3)
    assert shown.uploaded() == MAP_BYTES + EDGES_BYTES


def test_no_change_of_view_sends_anything(shown: Card) -> None:
    before = shown.uploaded()
    for name, view in VIEWS.items():
        shown.view(**view)
        shown.frame()
        assert shown.uploaded() == before, name
    shown.pan(right=20.0, down=11.0)
    shown.frame()
    shown.look(times=[0.2, 0.4], prices=[0.1, 0.3])
    shown.frame()
    assert shown.uploaded() == before


def test_new_columns_alone_are_sent(shown: Card) -> None:
    before = shown.uploaded()
    shown.grow(columns=1)
    shown.frame()
    assert shown.uploaded() - before == (COLUMNS - STEADY) * ROWS * 4 * 2


@pytest.mark.parametrize("columns", [1, 7])
def test_when_time_goes_on_new_columns_alone_are_sent(shown: Card, columns: int) -> None:
    for _ in range(3):
        before = shown.uploaded()
        shown.slide(columns=columns)
        seen = shown.differ()
        assert seen["mean"] <= 1.0 and seen["drawn"] > 0.02
        assert shown.uploaded() - before == (COLUMNS - STEADY + columns) * ROWS * 4 * 2


def test_another_price_scale_sends_where_the_rows_end(shown: Card) -> None:
    before = shown.uploaded()
    shown.view(price_scale="log")
    shown.frame()
    assert shown.uploaded() - before == EDGES_BYTES


def test_windows_share_the_map_where_their_contexts_do(shown: Card) -> None:
    alone = shown.alive()
    shared = shown.second_window(shares=True)
    assert shared["sent"] == EDGES_BYTES
    assert shared["one"] == alone
    apart = shown.second_window(shares=False)
    assert apart["sent"] == MAP_BYTES + EDGES_BYTES
    assert apart["both"] == apart["one"] == alone


def test_textures_go_with_what_they_show(shown: Card) -> None:
    alone = shown.alive()
    for view in VIEWS.values():
        shown.view(**view)
        shown.frame()
    shown.view()
    shown.frame()
    assert shown.alive() <= alone + 1  # a pyramid may have another level
    shown.put_away()
    assert shown.alive() == 0


def test_a_map_goes_before_another_one_comes(shown: Card) -> None:
    alone = shown.alive()
    assert shown.another_map(of="long") <= alone + 1  # a pyramid may have another level


@pytest.mark.slow
def test_repainting_keeps_nothing(card: Card) -> None:
    card.show(size=[240, 160])
    assert card.grown_kib(repaints=1000) <= 1024
