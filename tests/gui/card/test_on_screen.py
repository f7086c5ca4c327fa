"""A real window under Xvfb: the map goes to the card and back, and nothing that breaks leaves it black."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from heatdesk.gui.gl.failure import WAYS
from tests.screen.x_server import environment, x_server

_CHECKOUT = Path(__file__).parents[3]
_LONGEST_S = 220
_NOTHING_DRAWS = {"QT_XCB_GL_INTEGRATION": "none"}

pytestmark = [
    pytest.mark.screen,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed: no screen to draw on"),
]


def _told(home: Path, *arguments: str, **more: str) -> dict[str, Any]:
    """What the program of ``swapping.py`` prints."""
    with x_server(800, 600) as display, (home / "program.log").open("w") as log:
        own = environment(display, home) | {"NUMBA_CACHE_DIR": os.environ["NUMBA_CACHE_DIR"]} | more
        done = subprocess.run(
            [sys.executable, "-m", "tests.gui.card.swapping", *arguments],
            cwd=_CHECKOUT,
            env=own,
            stdout=subprocess.PIPE,
            stderr=log,
            timeout=_LONGEST_S,
            check=False,
        )
    assert done.returncode == 0, (home / "program.log").read_text()
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _told(tmp_path_factory.mktemp("swap"))


def test_the_map_goes_to_the_card_and_back_and_looks_the_same(told):
    swap = told["swap"]
    assert swap["valid"]
    assert swap["colours"] > 100, "there is a map"
    assert swap["off by card"] < 1.0
    assert swap["off after"] == 0.0


def test_nothing_else_of_the_window_changes(told):
    swap = told["swap"]
    assert swap["same ranges"] and swap["same cursor"] and swap["same place"]
    assert swap["dialog by card"] and swap["dialog by processor"], "it stays in front of its window"


def test_what_is_grabbed_of_the_window_shows_the_map_too(told):
    assert told["swap"]["off grabbed"] < 1.0
    assert told["swap"]["off window grabbed"] < 1.0


def test_a_window_that_cannot_be_seen_paints_nothing(told):
    assert (told["hidden"]["put away"], told["hidden"]["hidden"]) == (0, 0)
    assert told["hidden"]["after put away"] > 0
    assert told["hidden"]["after hidden"] > 0


def test_both_are_timed(told):
    by_card_ms, by_processor_ms, reason = told["timed"]
    assert by_card_ms > 0.0 and by_processor_ms > 0.0
    assert reason == ""


@pytest.mark.parametrize("way", [*WAYS, "lost"])
def test_whatever_breaks_the_processor_goes_on_in_its_place(told, way):
    broken = told["broken"][way]
    assert broken["began"] and broken["came back"]
    assert broken["off"] == 0.0, "the very picture the processor drew before"
    assert len(broken["log"]) == len(broken["told"]) == 1
    assert broken["told"][0].startswith("The graphics card stopped drawing (")
    assert "failed with this version of heatdesk" in broken["words"]


def test_where_nothing_draws_by_opengl_the_window_comes_back(tmp_path):
    told = _told(tmp_path, "--no-gl", **_NOTHING_DRAWS)
    assert told["card"] is None
    assert told["came back"]
    assert told["after"] == pytest.approx(told["before"]) and told["before"] > 1.0, "and it is not black"
    assert "no OpenGL context could be had" in told["told"][0]
