"""What is compiled is remembered for exactly the sources it was compiled from."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatdesk.machine import compiled


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A compiler's cache of the test's own."""
    folder = tmp_path / "kernels"
    folder.mkdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    return folder


def test_nothing_is_ready_before_it_is_remembered(kernels: Path) -> None:
    assert not compiled.ready(compiled.MAP)
    compiled.remember(compiled.MAP)
    assert compiled.ready(compiled.MAP)
    assert not compiled.ready(compiled.SIMULATION)


def test_an_update_is_noticed(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.remember(compiled.MAP)
    with monkeypatch.context() as other:
        other.setattr(compiled, "version", lambda name: "0.0.0")
        assert not compiled.ready(compiled.MAP)
    package = kernels / "package"
    package.mkdir()
    source = package / "kernel.py"
    source.write_text("from numba import njit\n")
    monkeypatch.setattr(compiled, "__file__", str(package / "machine" / "compiled.py"))
    compiled.remember(compiled.MAP)
    assert compiled.ready(compiled.MAP)
    (package / "window.py").write_text("import PySide6\n")
    assert compiled.ready(compiled.MAP), "only kernels count"
    source.write_text("from numba import njit, prange\n")
    assert not compiled.ready(compiled.MAP)


def test_a_damaged_mark_or_none_at_all_means_not_ready(
    kernels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled.remember(compiled.MAP)
    (kernels / "compiled-map").write_bytes(b"\xff\x00")
    assert not compiled.ready(compiled.MAP)
    (kernels / "compiled-map").unlink()
    (kernels / "compiled-map").mkdir()
    compiled.remember(compiled.MAP)
    assert not compiled.ready(compiled.MAP)
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    compiled.remember(compiled.MAP)
    assert not compiled.ready(compiled.MAP)
