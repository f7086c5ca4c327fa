"""`heatdesk prepare` compiles once; afterwards it is silent and quick."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatdesk import cli
from heatdesk.commands import prepare
from heatdesk.machine import compiled


def test_compiles_once_with_one_line_and_then_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))  # the kernels in this process stay where they are
    assert cli.main(["prepare"]) == 0
    told = capsys.readouterr().out
    assert "once after an install or update" in told
    assert told.count("\n") == 1
    assert all(map(compiled.ready, (compiled.MAP, compiled.SIMULATION)))
    monkeypatch.setattr(prepare, "_make_a_map", lambda: pytest.fail("nothing is left to compile"))
    assert cli.main(["prepare"]) == 0
    assert capsys.readouterr().out == ""
