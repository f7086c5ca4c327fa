"""The bootstrap does nothing twice, and says what it cannot do. It downloads, so here its pip is only counted."""

from __future__ import annotations

import importlib.util
import platform
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

_FILE = Path(__file__).parents[2] / "packaging" / "bootstrap.py"


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, set to work on an empty checkout; `calls` lists what it would have had pip do."""
    spec = importlib.util.spec_from_file_location("bootstrap", _FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "packaging").mkdir()
    for name, file in (
        ("RUN_LOCK", "packaging/requirements.lock"),
        ("TEST_LOCK", "packaging/requirements-test.lock"),
        ("PROJECT", "pyproject.toml"),
    ):
        (tmp_path / file).write_text(name)
        monkeypatch.setattr(module, name, tmp_path / file)
    venv = tmp_path / ".venv"
    monkeypatch.setattr(module, "VENV", venv)
    monkeypatch.setattr(module, "STAMP", venv / "installed.json")
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(module, "calls", calls, raising=False)
    monkeypatch.setattr(module, "_pip", lambda *args: calls.append(args))
    return module


def _pretend_venv(bootstrap: ModuleType, version: str) -> None:
    python = Path(bootstrap._tool("python"))
    python.parent.mkdir(parents=True, exist_ok=True)
    python.touch()
    (bootstrap.VENV / "pyvenv.cfg").write_text(f"home = /somewhere\nversion = {version}\n")


def test_installs_once_and_again_when_a_lock_changes(bootstrap: ModuleType) -> None:
    _pretend_venv(bootstrap, platform.python_version())
    bootstrap.install(bootstrap.RUN_LOCK, [bootstrap.RUN_LOCK])
    assert len(bootstrap.calls) == 2  # the wheels, then heatdesk itself
    assert {"--require-hashes", "--only-binary"} <= set(bootstrap.calls[0])
    bootstrap.install(bootstrap.RUN_LOCK, [bootstrap.RUN_LOCK])
    assert len(bootstrap.calls) == 2
    bootstrap.RUN_LOCK.write_text("changed")
    bootstrap.install(bootstrap.RUN_LOCK, [bootstrap.RUN_LOCK])
    assert len(bootstrap.calls) == 4


def test_the_test_environment_serves_for_running_and_not_the_other_way(bootstrap: ModuleType) -> None:
    _pretend_venv(bootstrap, platform.python_version())
    both = [bootstrap.TEST_LOCK, bootstrap.RUN_LOCK]
    bootstrap.install(bootstrap.RUN_LOCK, [bootstrap.RUN_LOCK])
    bootstrap.install(bootstrap.TEST_LOCK, both)
    assert len(bootstrap.calls) == 4
    bootstrap.install(bootstrap.RUN_LOCK, [bootstrap.RUN_LOCK])
    bootstrap.install(bootstrap.TEST_LOCK, both)
    assert len(bootstrap.calls) == 4


def test_a_failed_installation_is_repeated(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: str) -> None:
        raise bootstrap.BootstrapError("no network")

    _pretend_venv(bootstrap, platform.python_version())
    with monkeypatch.context() as context:
        context.setattr(bootstrap, "_pip", fail)
        with pytest.raises(bootstrap.BootstrapError):
            bootstrap.install(bootstrap.RUN_LOCK, [bootstrap.RUN_LOCK])
    bootstrap.install(bootstrap.RUN_LOCK, [bootstrap.RUN_LOCK])
    assert len(bootstrap.calls) == 2


def test_a_torn_stamp_counts_as_none(bootstrap: ModuleType) -> None:
    _pretend_venv(bootstrap, platform.python_version())
    bootstrap.STAMP.write_text('{"requirements.lock": ')
    bootstrap.install(bootstrap.RUN_LOCK, [bootstrap.RUN_LOCK])
    assert len(bootstrap.calls) == 2


def test_a_venv_of_another_python_is_made_anew(bootstrap: ModuleType) -> None:
    assert bootstrap._venv_version() is None
    _pretend_venv(bootstrap, "3.10.1")
    bootstrap.install(bootstrap.RUN_LOCK, [bootstrap.RUN_LOCK])
    assert bootstrap._venv_version() == platform.python_version()
    assert subprocess.run([bootstrap._tool("python"), "-c", "import pip"], check=False).returncode == 0


def test_a_python_that_is_too_old_is_told(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (3, 99))
    assert bootstrap.main(["run"]) == 5
    told = capsys.readouterr().err
    assert platform.python_version() in told and "Traceback" not in told
    assert not bootstrap.calls


def test_arguments_after_two_dashes_belong_to_the_program(bootstrap: ModuleType) -> None:
    assert bootstrap._split(["run", "--", "map", "--", "--out"]) == (["run"], ["map", "--", "--out"])
    assert bootstrap._split(["test", "--slow"]) == (["test", "--slow"], [])


@pytest.mark.skipif(not Path("/usr/bin/dpkg-query").exists(), reason="asks the Debian package database")
def test_the_package_database_is_asked(bootstrap: ModuleType) -> None:
    assert bootstrap._installed("dpkg")
    assert not bootstrap._installed("no-such-package-as-this")
    assert bootstrap._known_name(("no-such-package-as-this", "libglib2.0-0")) == "libglib2.0-0"


def test_help_needs_nothing_installed() -> None:
    shown = subprocess.run(
        [sys.executable, "-S", str(_FILE), "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert shown.returncode == 0 and "run" in shown.stdout and "test" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "prepares"),
    [
        ([], True),
        (["run", "--theme", "light"], True),
        (["--help"], False),
        (["run", "-h"], False),
        (["map", "--out", "x.npz"], False),
    ],
)
def test_the_model_is_compiled_before_a_window_opens(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, arguments: list[str], prepares: bool
) -> None:
    done: list[str] = []
    monkeypatch.setattr(bootstrap, "install_system_packages", lambda rows: None)
    monkeypatch.setattr(bootstrap, "install", lambda lock, satisfied: done.append("install"))
    monkeypatch.setattr(bootstrap, "prepare", lambda: done.append("prepare"))
    monkeypatch.setattr(bootstrap, "_start", lambda program, args: done.append("start") or 0)
    assert bootstrap.main(["run", "--", *arguments]) == 0
    assert done == ["install", *(["prepare"] if prepares else []), "start"]


def test_the_model_is_compiled_once_for_all_test_workers(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[list[str], str | None]] = []

    def run(command: list[str], **options: Any) -> Any:
        ran.append((command[1:], (options.get("env") or {}).get("NUMBA_CACHE_DIR")))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    bootstrap.test_all(slow=False, pytest_args=["-k", "nothing"])
    assert ran[0] == (["prepare"], str(bootstrap.TEST_KERNELS))
    assert ran[1][0] == ["-m", "pytest", "-k", "nothing"]
