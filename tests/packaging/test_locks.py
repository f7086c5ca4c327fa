"""The locks and pyproject.toml say the same, for every Python that heatdesk runs on.

They are made with uv, the tests' first so that all agree (add --upgrade to move to newer versions):

    set -- --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
    uv pip compile "$@" --extra build --extra cluster --extra test -o packaging/requirements-test.lock pyproject.toml
    uv pip compile "$@" --extra build -c packaging/requirements-test.lock -o packaging/requirements.lock pyproject.toml
    uv pip compile "$@" --extra bench -c packaging/requirements.lock -o packaging/requirements-bench.lock pyproject.toml
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

_CHECKOUT = Path(__file__).parents[2]
_PROJECT = tomllib.loads((_CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
_PYTHONS = ("3.11.0", "3.12.0", "3.13.0")
_SYSTEMS = (("linux", "Linux", "posix"), ("win32", "Windows", "nt"), ("darwin", "Darwin", "posix"))


class _Pin(NamedTuple):
    requirement: Requirement
    hashes: int


def _pins(lock: str) -> list[_Pin]:
    text = (_CHECKOUT / "packaging" / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.replace("\\\n", " ").strip())
    entries = [entry for entry in entries if not entry.startswith("#")]
    return [
        _Pin(
            Requirement(entry.split("--hash")[0].strip()),
            len(re.findall(r"--hash=sha256:[0-9a-f]{64}", entry)),
        )
        for entry in entries
    ]


def _versions(lock: str, python: str, system: tuple[str, str, str]) -> dict[str, Version]:
    environment = _environment(python, system)
    return {
        canonicalize_name(pin.requirement.name): Version(str(pin.requirement.specifier).removeprefix("=="))
        for pin in _pins(lock)
        if pin.requirement.marker is None or pin.requirement.marker.evaluate(environment)
    }


def _environment(python: str, system: tuple[str, str, str]) -> dict[str, str]:
    platform, name, os_name = system
    return {
        **{key: str(value) for key, value in default_environment().items()},
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
        "sys_platform": platform,
        "platform_system": name,
        "os_name": os_name,
    }


def _wanted(*extras: str) -> list[Requirement]:
    project = _PROJECT["project"]
    lines = project["dependencies"] + [x for extra in extras for x in project["optional-dependencies"][extra]]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("python", _PYTHONS)
@pytest.mark.parametrize("system", _SYSTEMS, ids=lambda s: s[0])
@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ("build",)),
        ("requirements-test.lock", ("build", "cluster", "test")),
        ("requirements-bench.lock", ("bench",)),
    ],
)
def test_every_dependency_is_locked_at_a_version_it_allows(
    lock: str, extras: tuple[str, ...], python: str, system: tuple[str, str, str]
) -> None:
    locked = _versions(lock, python, system)
    for wanted in _wanted(*extras):
        if wanted.marker is None or wanted.marker.evaluate(_environment(python, system)):
            assert locked[canonicalize_name(wanted.name)] in wanted.specifier, f"{wanted} on {python}"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock", "requirements-bench.lock"])
def test_every_pin_is_exact_and_hashed(lock: str) -> None:
    pins = _pins(lock)
    assert len(pins) > 10
    for pin in pins:
        assert re.fullmatch(r"==[^=,*]+", str(pin.requirement.specifier)), pin.requirement
        assert pin.hashes > 0, pin.requirement


def test_what_is_tested_is_what_runs() -> None:
    run = {str(pin.requirement) for pin in _pins("requirements.lock")}
    tested = {str(pin.requirement) for pin in _pins("requirements-test.lock")}
    assert run <= tested


def test_what_is_measured_beside_others_is_what_runs() -> None:
    run, beside = (
        {(pin.requirement.name, str(pin.requirement)) for pin in _pins(lock)}
        for lock in ("requirements.lock", "requirements-bench.lock")
    )
    shared = {name for name, _ in run} & {name for name, _ in beside}
    assert {pin for pin in run if pin[0] in shared} == {pin for pin in beside if pin[0] in shared}


def test_running_needs_no_test_tool() -> None:
    names = {canonicalize_name(pin.requirement.name) for pin in _pins("requirements.lock")}
    assert not names & {"pytest", "mypy", "ruff", "pandas", "hypothesis"}


def test_the_build_tools_are_those_of_the_build_system() -> None:
    assert _PROJECT["project"]["optional-dependencies"]["build"] == _PROJECT["build-system"]["requires"]


def test_qt_is_the_line_that_works_with_each_python() -> None:
    linux = _SYSTEMS[0]
    assert _versions("requirements.lock", "3.11.0", linux)["pyside6-essentials"] < Version("6.12")
    for python in ("3.12.0", "3.13.0"):
        assert _versions("requirements.lock", python, linux)["pyside6-essentials"] >= Version("6.12")
