"""What the drawing is tried on that is not made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatdesk.engine import Snapshot
from tests.gui.drawing import real


@pytest.fixture(scope="session")
def real_month(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A month of BTC in candles of five minutes, to 8 February 2026."""
    return real.real_month(shared, tmp_path_factory.mktemp("real"))
