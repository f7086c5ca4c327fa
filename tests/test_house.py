"""What keeps the house in order: floors, sizes, words, and pages that tell the truth."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from heatdesk.cli import COMMANDS
from heatdesk.model.params import declarations

_CHECKOUT = Path(__file__).parents[1]
_ROOMS = ("heatdesk", "tests", "packaging", ".ci")
_LONGEST_FILE = 400
_LONGEST_FUNCTION = 80


def _files(*suffixes: str) -> Iterator[Path]:
    for room in _ROOMS:
        for path in sorted((_CHECKOUT / room).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix in suffixes:
                yield path


def _name(path: Path) -> str:
    return path.relative_to(_CHECKOUT).as_posix()


_PYTHON = list(_files(".py"))
_PROGRAM = [path for path in _PYTHON if _name(path).startswith("heatdesk/")]


def test_imports_point_down_only() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=_CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout[-3000:]


@pytest.mark.parametrize("path", _PYTHON, ids=_name)
def test_a_file_is_one_idea_and_a_function_fits_a_screen(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= _LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= _LONGEST_FUNCTION, f"{node.name} has {length} lines"


_UNSAFE_BUILTINS = {"eval", "exec", "compile", "__import__"}
_UNSAFE_MODULES = {"pickle", "shelve", "marshal", "dill", "cloudpickle", "joblib", "yaml"}
_UNSAFE_SETTINGS = {("allow_pickle", True), ("verify", False), ("ssl", False), ("shell", True)}


@pytest.mark.parametrize("path", _PROGRAM, ids=_name)
def test_nothing_runs_or_trusts_foreign_bytes(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            assert not {name.partition(".")[0] for name in names} & _UNSAFE_MODULES
            assert not [alias for alias in node.names if alias.name == "QSettings"]
        elif isinstance(node, ast.Call):
            assert not (isinstance(node.func, ast.Name) and node.func.id in _UNSAFE_BUILTINS), node.lineno
            given = {(k.arg, k.value.value) for k in node.keywords if isinstance(k.value, ast.Constant)}
            assert not given & _UNSAFE_SETTINGS, node.lineno
        elif isinstance(node, ast.ExceptHandler):
            catches_all = node.type is None or (
                isinstance(node.type, ast.Name) and node.type.id == "BaseException"
            )
            assert not (catches_all and isinstance(node.body[0], ast.Pass)), node.lineno


def test_no_path_of_one_machine_and_no_unfinished_mark() -> None:
    # written so that this file passes too
    marks = (
        r"/[h]ome/\w",
        r"/[r]oot/",
        r"/[w]ork/",
        r"C:\\[U]sers",
        "TO[D]O",
        "FIX[M]E",
    )
    pages = [_CHECKOUT / "README.md", _CHECKOUT / "pyproject.toml", _CHECKOUT / ".ci" / "run"]
    for path in [*_files(".py", ".sh", ".toml", ".md", ".csv", ".qss"), *pages]:
        found = re.search("|".join(marks), path.read_text(encoding="utf-8"))
        assert found is None, f"{_name(path)}: {found}"


def test_exchanges_are_named_only_in_their_tables() -> None:
    names = r"binance|bybit|\bokx\b|hyperliquid|\bdydx\b|bitget|deribit|kraken"
    tables = {"brackets.py", "liquidation_price.py"}
    for path in _PROGRAM:
        if _name(path).startswith("heatdesk/feed/") or path.name in tables:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare | ast.Match):
                assert not re.search(names, ast.unparse(node), re.IGNORECASE), f"{path.name}:{node.lineno}"


def test_no_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "managers", "manager", "common", "misc"}
    assert not [
        path for path in _PYTHON if drawers & {part.removesuffix(".py") for part in _name(path).split("/")}
    ]


@pytest.mark.parametrize("declared", declarations(), ids=lambda d: d.name)
def test_every_parameter_presents_itself(declared: tuple[object, ...]) -> None:
    assert declared.label and declared.help
    if declared.choices:
        assert declared.default in declared.choices
    else:
        assert declared.low <= declared.default <= declared.high


def _commands_in_the_readme() -> list[str]:
    readme = (_CHECKOUT / "README.md").read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```[a-z]*\n(.*?)```", readme, re.DOTALL)).replace("\\\n", " ")
    return re.findall(r"^(?:\$ )?(?:\S*/)?heatdesk +([a-z-].*)$", blocks, re.MULTILINE)


def test_every_command_in_the_readme_exists_with_its_options() -> None:
    shown = _commands_in_the_readme()
    for line in shown:
        name, *words = line.split("#")[0].split()
        assert name in COMMANDS, line
        parser = ArgumentParser()
        import_module(f"heatdesk.commands.{COMMANDS[name].module}").add_arguments(parser)
        known = {option for action in parser._actions for option in action.option_strings} | {"--debug"}
        options = {word.strip("[]").partition("=")[0] for word in words if word.strip("[").startswith("--")}
        assert options <= known, line
    assert {line.split()[0] for line in shown} >= {"run", "import", "snapshot"}


def test_every_file_the_readme_points_to_exists() -> None:
    readme = (_CHECKOUT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", readme):
        assert (_CHECKOUT / target).exists(), target
