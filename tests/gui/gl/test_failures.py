"""Whatever goes wrong with OpenGL, the map is there in that very frame, and it is told once."""

from __future__ import annotations

import sys

import pytest

from heatdesk.errors import MachineError
from heatdesk.gui.gl.failure import BREAK, WAYS, GlError, to_break

from .conftest import Card

SAID = {
    "shader": "does not compile",
    "paint": "broken on purpose",
    "context": "",  # whatever is asked of OpenGL first without one
}


@pytest.mark.parametrize("way", WAYS)
def test_the_processor_draws_the_very_frame(card: Card, way: str) -> None:
    card.another_context()  # which has no shaders yet
    card.show(breaks=way)
    for _ in range(2):
        seen = card.differ()
        assert seen["mean"] <= 1.0 and seen["far_off"] < 0.005 and seen["drawn"] > 0.02
    failures = card.failures()
    assert len(failures["told"]) == len(failures["logged"]) == 1
    assert SAID[way] in failures["told"][0]
    assert failures["told"][0] in failures["logged"][0]
    assert "\n" not in failures["logged"][0]


def test_a_chart_that_failed_leaves_the_next_one_alone(card: Card) -> None:
    card.show(breaks="paint")
    card.frame()
    card.show()
    card.frame()
    assert card.uploaded() > 0


def test_a_context_may_go_while_its_map_is_shown(screen: Card) -> None:
    assert screen.profile(name="core")
    screen.show()
    screen.frame()
    screen.another_context()
    seen = screen.differ()
    assert seen["mean"] <= 1.0 and seen["drawn"] > 0.02
    assert screen.failures() == {"told": [], "logged": []}


def test_what_a_driver_says_is_plain_text_and_short() -> None:
    told = str(GlError("0:1: \x1b[31merror\n" + "é" * 500))
    assert len(told) <= 300 and told.isascii() and told.isprintable()


def test_only_known_ways_break(monkeypatch: pytest.MonkeyPatch) -> None:
    assert to_break() == ""
    for way in WAYS:
        monkeypatch.setenv(BREAK, way)
        assert to_break() == way
    monkeypatch.setenv(BREAK, "everything")
    assert to_break() == ""


def test_a_packaged_program_breaks_nothing_on_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert to_break() == ""
    monkeypatch.setenv(BREAK, "paint")
    with pytest.raises(MachineError, match="for development"):
        to_break()
