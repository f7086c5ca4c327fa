"""One program for all tests that look at the simulated market, and the pictures it is compared with."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from . import pictures
from .desktop import Desktop
from .workbench import LARGE, SMALL, Workbench
from .x_server import x_server

SEEN = "schema = 1\nentries = 1\n\n[session]\nfirst_page_seen = true\n"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent != Path(__file__).parent or item.path.name == "test_pictures.py":
            continue
        item.add_marker(pytest.mark.screen)
        if shutil.which("Xvfb") is None:
            item.add_marker(pytest.mark.skip(reason="Xvfb is not installed: no screen to draw on"))


def new_home(folder: Path, settings: str = SEEN) -> Path:
    """A heatdesk home with these settings."""
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "settings.toml").write_text(settings, encoding="utf-8")
    return folder


@pytest.fixture(scope="package")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The simulated market, standing still."""
    with x_server(*LARGE) as display:
        desktop = Desktop(
            display, new_home(tmp_path_factory.mktemp("still") / "home"), SMALL, "--still", "run"
        )
        try:
            desktop.first_map()
            bench = Workbench(desktop)
            yield bench
            bench.begin(SMALL, "dark")
        finally:
            status = desktop.close()
    assert status == 0


@pytest.fixture
def bench(request: pytest.FixtureRequest, market: Workbench) -> Workbench:
    """The window as it opens; a small dark one unless the test says `seen_at`."""
    size, theme = getattr(request, "param", (SMALL, "dark"))
    market.begin(size, theme)
    return market


Golden = Callable[..., None]


@pytest.fixture
def golden(market: Workbench, tmp_path: Path) -> Golden:
    """Compares what is seen, or some parts of it, with the golden picture of this name."""

    def check(name: str, *parts: str) -> None:
        seen = market.picture()
        width, height = market.desktop.width, market.desktop.height
        rows, columns = market.part(*parts) if parts else (slice(0, height), slice(0, width))
        top, left = rows.start, columns.start
        plot = market.part("plot")
        inside = _within(plot, top, left, (rows, columns))
        pictures.check(seen[rows, columns], f"{name}-{width}x{height}-{market.theme}", inside, tmp_path)

    return check


def _within(
    plot: tuple[slice, slice], top: int, left: int, cut: tuple[slice, slice]
) -> tuple[slice, slice] | None:
    """Where the plot is in a cut-out; None where it is not in it."""
    spans = []
    for span, start, whole in zip(plot, (top, left), cut, strict=True):
        low, high = max(span.start, whole.start) - start, min(span.stop, whole.stop) - start
        if high <= low:
            return None
        spans.append(slice(low, high))
    return spans[0], spans[1]
