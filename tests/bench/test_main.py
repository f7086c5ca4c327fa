"""The table of the whole bench: chosen rows, what is missed, and what is written for other readers."""

import json
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.bench import __main__ as bench

MODULES = bench.MODULES
ROWS = (
    {"name": "a frame", "value": 1.5, "unit": "×", "target": 2.0, "ok": True, "also": {"ms": 4.25}},
    {"name": "bright pixels", "value": 0.999, "unit": "share", "target": 0.99, "ok": True},
    {"name": "a gap", "value": 61.0, "unit": "ms", "target": 50.0, "ok": False},
    {"name": "a size", "value": 12.0, "unit": "MB", "target": None, "ok": True},
)


@pytest.fixture(autouse=True)
def modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "MODULES", ("some", "others"))
    monkeypatch.setitem(sys.modules, "tests.bench.some", SimpleNamespace(rows=lambda: iter(ROWS[:2])))
    monkeypatch.setitem(sys.modules, "tests.bench.others", SimpleNamespace(rows=lambda: list(ROWS[2:])))


@pytest.mark.parametrize("name", MODULES)
def test_every_module_offers_rows(name: str) -> None:
    assert callable(import_module(f"tests.bench.{name}").rows)


def test_one_module_or_parts_of_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--only", "some"]) == 0
    told = capsys.readouterr().out
    assert "4.25 ms" in told
    assert "a gap" not in told
    assert bench.main(["--only", "gap"]) == 1
    assert capsys.readouterr().out.endswith("Missed: a gap.\n")
    with pytest.raises(SystemExit):
        bench.main(["--only", "nothing of the kind"])


def test_what_is_written(tmp_path: Path) -> None:
    told, table = tmp_path / "rows.json", tmp_path / "rows.md"
    assert bench.main(["--json", str(told), "--markdown", str(table)]) == 1
    assert json.loads(told.read_text("utf-8"))[0] == {
        "name": "a frame", "value": 1.5, "unit": "×", "target": 2.0, "ok": True, "ms": 4.25,
    }  # fmt: skip
    assert table.read_text("utf-8").splitlines() == [
        "| a frame | 1.5 × · 4.25 ms | ≤ 2 |",
        "| bright pixels | 0.999 share | ≥ 0.99 |",
        "| a gap | 61 ms | ≤ 50 **missed** |",
        "| a size | 12 MB |  |",
    ]


def test_a_python_for_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(bench.PEERS_PYTHON, "")
    assert bench.main(["--only", "some", "--peers-python", "python"]) == 0
    assert Path(bench.os.environ[bench.PEERS_PYTHON]).is_absolute()
