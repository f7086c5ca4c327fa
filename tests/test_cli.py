"""The command line: what every command shares. Exit codes are a contract with other programs."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from heatdesk import __version__, cli
from heatdesk.errors import BadInputError, HeatdeskError, MachineError, NotEnoughDataError, UsageError

_CASE = {"formula": "lin", "inputs": {"E": 50000, "m": 500, "q": 0.02, "mmr": 0.004, "side": 1}}


def _heatdesk(*args: str, **options: object) -> subprocess.CompletedProcess[str]:
    settings: dict[str, object] = {
        "capture_output": True,
        "text": True,
        "timeout": 60,
        "check": False,
        **options,
    }
    return subprocess.run([sys.executable, "-m", "heatdesk", *args], **settings)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], int]], None]]:
    """Add a command `act` that does what the test says."""

    def add(action: Callable[[], int]) -> None:
        module = ModuleType("heatdesk.commands.act")
        module.add_arguments = lambda parser: parser.add_argument("--size", type=int)
        module.run = lambda args: action()
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(cli.COMMANDS, "act", cli.Command("act", "what the test says"))

    yield add


def _raise(error: BaseException) -> Callable[[], int]:
    def action() -> int:
        raise error

    return action


Command = Callable[[Callable[[], int]], None]
Shown = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("error", "status"),
    [(HeatdeskError, 1), (UsageError, 2), (BadInputError, 3), (NotEnoughDataError, 4), (MachineError, 5)],
)
def test_an_error_is_one_sentence_and_its_exit_code(
    command: Command, capsys: Shown, error: type[HeatdeskError], status: int
) -> None:
    command(_raise(error("a.csv row 3: the price is NaN; remove the row.")))
    assert cli.main(["act"]) == status
    out, err = capsys.readouterr()
    assert (out, err) == ("", "heatdesk: a.csv row 3: the price is NaN; remove the row.\n")


@pytest.mark.parametrize("argv", [["act", "--debug"], ["--debug", "act"]])
@pytest.mark.parametrize("error", [BadInputError("it is bad"), ZeroDivisionError("by nought")])
def test_debug_adds_the_trace(command: Command, capsys: Shown, argv: list[str], error: Exception) -> None:
    command(_raise(error))
    assert cli.main(argv) != 0
    err = capsys.readouterr().err
    assert "Traceback" in err and "in action" in err
    assert err.splitlines()[-1].startswith("heatdesk: ")


def test_the_unexpected_is_one_sentence_too(command: Command, capsys: Shown) -> None:
    command(_raise(KeyError("several\nlines")))
    assert cli.main(["act"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "KeyError" in err and "--debug" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device", "/data/a"), "/data/a"),
        (PermissionError(13, "Permission denied", "/data/a"), "HEATDESK_HOME"),
        (OSError(30, "Read-only file system", "/data/a"), "HEATDESK_HOME"),
        (MemoryError(), "memory"),
    ],
)
def test_what_the_machine_lacks_is_code_5(
    command: Command, capsys: Shown, error: Exception, told: str
) -> None:
    command(_raise(error))
    assert cli.main(["act"]) == 5
    err = capsys.readouterr().err
    assert told in err and err.count("\n") == 1


def test_interrupt_is_quiet(command: Command, capsys: Shown) -> None:
    command(_raise(KeyboardInterrupt()))
    assert cli.main(["act"]) == 130
    assert capsys.readouterr() == ("", "")


def test_the_status_of_a_command_is_the_exit_code(command: Command) -> None:
    command(lambda: 4)
    assert cli.main(["act"]) == 4


@pytest.mark.parametrize(
    "argv", [["nothing-like-it"], ["act", "--unknown"], ["act", "--size", "x"], ["--unknown"]]
)
def test_wrong_usage_is_code_2(command: Command, capsys: Shown, argv: list[str]) -> None:
    command(lambda: 0)
    assert cli.main(argv) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "--help" in err


def test_no_arguments_open_the_window(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    command(lambda: opened.append("window") or 0)
    monkeypatch.setitem(cli.COMMANDS, "run", cli.COMMANDS["act"])
    assert cli.main([]) == 0
    assert opened == ["window"]


def test_help_lists_every_command_and_loads_no_library() -> None:
    program = (
        "import sys; from heatdesk import cli; status = cli.main(['--help']);"
        "heavy = {'numpy', 'numba', 'PySide6', 'pyqtgraph', 'pyarrow', 'ccxt'} & set(sys.modules);"
        "assert not heavy, heavy; sys.exit(status)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert shown.returncode == 0, shown.stderr
    for name in cli.COMMANDS:
        assert f" {name}" in shown.stdout


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_explains_itself(name: str, capsys: Shown) -> None:
    assert cli.main([name, "--help"]) == 0
    assert f"heatdesk {name}" in capsys.readouterr().out


def test_version() -> None:
    assert _heatdesk("--version").stdout == f"heatdesk {__version__}\n"


# ------------------------------------------------------------------------------- compiled kernels


def _kernel_folder(**environment: str) -> Path:
    clean = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    program = (
        "import os; from heatdesk import cli; cli.main(['--version']); print(os.environ['NUMBA_CACHE_DIR'])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return Path(shown.stdout.splitlines()[-1])


def test_compiled_kernels_are_kept_with_the_program_s_files(home: Path) -> None:
    folder = _kernel_folder()
    assert folder == home / "cache" / "kernels"
    if os.name != "nt":
        assert folder.stat().st_mode & 0o077 == 0


def test_without_a_writable_home_compiled_kernels_are_private_and_temporary(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    folder = _kernel_folder(HEATDESK_HOME=str(tmp_path / "a-file"))
    assert not folder.is_relative_to(tmp_path / "a-file")
    assert not folder.exists()  # gone with the program


def test_a_chosen_kernel_folder_is_respected(tmp_path: Path) -> None:
    assert _kernel_folder(NUMBA_CACHE_DIR=str(tmp_path)) == tmp_path


# ------------------------------------------------------------------------------- liquidation-price


def test_liquidation_price_as_json() -> None:
    shown = _heatdesk("liquidation-price", "--json", input=json.dumps(_CASE))
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == {"price": pytest.approx(25_100.4, abs=0.01)}


def test_liquidation_price_in_words() -> None:
    assert "25,100.4" in _heatdesk("liquidation-price", input=json.dumps(_CASE)).stdout


def test_liquidation_price_that_does_not_exist() -> None:
    never = {"formula": "lin", "inputs": {**_CASE["inputs"], "m": 5000}}
    assert json.loads(_heatdesk("liquidation-price", "--json", input=json.dumps(never)).stdout) == {
        "price": None
    }
    assert "No price" in _heatdesk("liquidation-price", input=json.dumps(never)).stdout


def test_every_shared_oracle_through_the_command(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: Shown
) -> None:
    for case in json.loads((shared / "oracles" / "liquidation_prices.json").read_text())["cases"]:
        monkeypatch.setattr(sys, "stdin", _Stdin(json.dumps(case).encode()))
        assert cli.main(["liquidation-price", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["price"] == pytest.approx(
            case["expected"], abs=case["tol"], rel=0
        )


class _Stdin:
    def __init__(self, text: bytes) -> None:
        self.buffer = io.BytesIO(text)

    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"formula": "lin"}',
        b'{"formula": 3, "inputs": {}}',
        b'{"formula": "lin", "inputs": []}',
        b'{"formula": "lin", "inputs": {"E": NaN}}',
        b'{"formula": "lin", "inputs": {"E": "50000"}}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"9" * 5_000,
        b" " * ((1 << 20) + 1),
    ],
    ids=lambda text: text[:24].decode("latin-1"),
)
def test_bad_liquidation_price_input_is_code_3(
    text: bytes, monkeypatch: pytest.MonkeyPatch, capsys: Shown
) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(text))
    assert cli.main(["liquidation-price", "--json"]) == 3
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("heatdesk: ") and err.count("\n") == 1 and len(err) < 600


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_liquidation_price_does_not_wait_at_a_terminal() -> None:
    ours, theirs = os.openpty()
    try:
        shown = _heatdesk("liquidation-price", stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)
    assert shown.returncode == 2 and "standard input" in shown.stderr


# ----------------------------------------------------------------------------------- standard output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_output_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        shown = _heatdesk(
            "liquidation-price",
            input=json.dumps(_CASE),
            capture_output=False,
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert shown.returncode == 5
    assert shown.stderr.count("\n") == 1 and "No space left" in shown.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs a pipe that signals")
def test_a_reader_that_has_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        shown = _heatdesk(
            "liquidation-price",
            input=json.dumps(_CASE),
            capture_output=False,
            stdout=writing,
            stderr=subprocess.PIPE,
        )
    finally:
        os.close(writing)
    assert (shown.returncode, shown.stderr) == (141, "")


def test_a_terminal_of_an_old_encoding_shows_something() -> None:
    shown = _heatdesk("map", "--help", env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert shown.returncode == 0, shown.stderr


def test_arguments_are_never_abbreviated(command: Command) -> None:
    command(lambda: 0)
    assert cli.main(["act", "--size", "3"]) == 0
    assert cli.main(["act", "--siz", "3"]) == 2
