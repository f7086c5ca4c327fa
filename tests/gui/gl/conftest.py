"""One program that draws by OpenGL for all tests here, on a screen of its own."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.screen.x_server import environment, x_server

_CHECKOUT = Path(__file__).parents[3]
_LONGEST_S = 240.0  # software draws, on a machine that may be busy
PROFILES = ("core", "compatibility", "es")


class Card:
    """Asks the drawer (``drawer.Drawer``): every method of it is one of this."""

    def __init__(self, display: str, home: Path) -> None:
        self._log = home / "drawer.log"
        own = environment(display, home)
        if folder := os.environ.get("HEATDESK_SHARED"):
            own["HEATDESK_SHARED"] = folder
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.gui.gl.drawer"],
                cwd=_CHECKOUT,
                env=own,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __getattr__(self, name: str) -> Any:
        return lambda **values: self._ask(name, values)

    def _ask(self, name: str, values: dict[str, Any]) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"ask": name, "values": values}) + "\n")
        self._process.stdin.flush()
        heard = select.select([self._process.stdout], [], [], _LONGEST_S)[0]
        line = self._process.stdout.readline() if heard else ""
        assert line, f"the drawer says nothing: {self._log.read_text()}"
        return json.loads(line)

    def end(self) -> str:
        """Let it end; what it printed."""
        try:
            self._process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        assert self._process.returncode == 0, self._log.read_text()
        return self._log.read_text()


@pytest.fixture(scope="package")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Card]:
    """The drawer, while all tests of this folder last; it must end in peace and have printed nothing."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed: no screen to draw on")
    with x_server(1280, 800) as display:
        card = Card(display, tmp_path_factory.mktemp("gl"))
        yield card
        assert card.end() == ""


@pytest.fixture
def card(screen: Card) -> Card:
    """The drawer with OpenGL's core profile."""
    if not screen.profile(name="core"):
        pytest.skip("there is no OpenGL 3.3 here")
    return screen
