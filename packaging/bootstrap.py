"""From a bare machine to a running heatdesk, with nothing but Python and this checkout.

    python3 packaging/bootstrap.py run [-- ARGUMENTS OF HEATDESK]
    python3 packaging/bootstrap.py test [--slow] [-- ARGUMENTS OF PYTEST]

Makes `.venv` in the checkout with exactly the wheels of the lock, checked by hash, and heatdesk itself, editable;
afterwards `.venv/bin/heatdesk` works too. What is there already is left alone. On Debian and its relatives the few
system libraries that Qt needs are installed (as root) or named. Standard library only.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
STAMP = VENV / "heatdesk-installed.json"
PROJECT = CHECKOUT / "pyproject.toml"
RUN_LOCK = CHECKOUT / "packaging" / "requirements.lock"
TEST_LOCK = (
    CHECKOUT / "packaging" / "requirements-test.lock"
)  # holds everything in RUN_LOCK, at the same versions
TEST_KERNELS = CHECKOUT / ".pytest_cache" / "kernels"  # where the tests keep what they compile

OLDEST, NEWEST = (3, 11), (3, 13)
DOWNLOAD_ATTEMPTS = 3

# Each row is one library; where distributions name it differently, the names that are tried.
QT_PACKAGES = [
    ("libglib2.0-0t64", "libglib2.0-0"),
    ("libegl1",),
    ("libgl1",),
    ("libx11-6",),
    ("libdbus-1-3",),
    ("libfontconfig1",),
    ("libxkbcommon0",),
    ("libxkbcommon-x11-0",),
    ("libxcb-cursor0",),
    ("libxcb-icccm4",),
    ("libxcb-keysyms1",),
    ("libxcb-shape0",),
    ("fonts-dejavu-core",),
]
SCREEN_PACKAGES = [("xvfb",)]


class BootstrapError(Exception):
    """Something that only the user can mend, as one sentence."""


def main(argv):
    """Do what the command line asks; returns the exit code."""
    ours, theirs = _split(argv)
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start heatdesk; what follows -- is its own")
    test = commands.add_parser("test", help="run every check; arguments after -- run pytest alone, with them")
    test.add_argument("--slow", action="store_true", help="the long volumes too")
    args = parser.parse_args(ours)
    try:
        _check_python()
        if args.command == "run":
            install_system_packages(QT_PACKAGES)
            install(RUN_LOCK, [RUN_LOCK])
            if opens_window(theirs):
                prepare()
            return _start(_tool("heatdesk"), theirs)
        install_system_packages(QT_PACKAGES + SCREEN_PACKAGES)
        install(TEST_LOCK, [TEST_LOCK, RUN_LOCK])
        return test_all(args.slow, theirs)
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 5
    except KeyboardInterrupt:
        return 130


def _split(argv):
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _check_python():
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        supported = ", ".join(f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1))
        raise BootstrapError(
            f"heatdesk runs on Python {supported} and this is {platform.python_version()}; "
            f"start it with another one, for example: python3.{NEWEST[1]} packaging/bootstrap.py ..."
        )


# -------------------------------------------------------------------------------------- Python packages


def install(lock, satisfied):
    """Make .venv hold the wheels of a lock and heatdesk itself, unless it does already.

    `satisfied` are the locks whose wishes are fulfilled afterwards.
    """
    if _venv_version() != platform.python_version():
        _make_venv()
    wanted = {path.name: _digest(path) for path in [*satisfied, PROJECT]}
    present = _read_stamp()
    if wanted.items() <= present.items():
        return
    print(f"bootstrap: installing {lock.name} into {VENV} (once)", flush=True)
    _pip("install", "--require-hashes", "--only-binary", ":all:", "--no-deps", "-r", str(lock))
    _pip("install", "--no-deps", "--no-build-isolation", "-e", str(CHECKOUT))
    STAMP.write_text(json.dumps(wanted, indent=1), encoding="utf-8")


def _venv_version():
    """The Python version that .venv was made with; None without a usable one."""
    try:
        lines = (VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    values = dict(line.split(" = ", 1) for line in lines if " = " in line)
    return values.get("version") if Path(_tool("python")).exists() else None


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_stamp():
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or torn: installed anew
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _make_venv():
    if importlib.util.find_spec("ensurepip") is None:
        install_system_packages([(f"python3.{sys.version_info[1]}-venv", "python3-venv")])
    print(f"bootstrap: making {VENV} with Python {platform.python_version()}", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    if made.returncode:
        raise BootstrapError(f"{VENV} could not be made; see the message above.")


def _pip(*args):
    quiet = [] if sys.stdout.isatty() else ["-q"]  # a progress bar on a terminal, none in a pipe
    command = [_tool("python"), "-m", "pip", "--disable-pip-version-check", "--no-input", *quiet, *args]
    for attempt in range(1, DOWNLOAD_ATTEMPTS + 1):
        if subprocess.run(command, cwd=str(CHECKOUT), check=False).returncode == 0:
            return
        if attempt < DOWNLOAD_ATTEMPTS:
            print(f"bootstrap: that failed, trying again ({attempt} of {DOWNLOAD_ATTEMPTS - 1})", flush=True)
            time.sleep(5 * attempt)
    raise BootstrapError(
        "the packages could not be installed; check the network and the message above, then repeat."
    )


def _tool(name):
    folder = "Scripts" if os.name == "nt" else "bin"
    return str(VENV / folder / (name + ".exe" if os.name == "nt" else name))


# -------------------------------------------------------------------------------------- system packages


def install_system_packages(rows):
    """On Debian and its relatives, install what is missing of these rows, or print the line that does.

    Elsewhere nothing happens: Qt's own message says what it misses.
    """
    if not (shutil.which("apt-get") and shutil.which("dpkg-query")):
        return
    missing = [names for names in rows if not any(_installed(name) for name in names)]
    if not missing:
        return
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:
        _apt(["apt-get", "update", "-q"])
    install_line = ["apt-get", "install", "-y", "--no-install-recommends", *map(_known_name, missing)]
    if not (root and _apt(install_line)):
        print(
            "bootstrap: system packages are missing here; if heatdesk does not start, run\n"
            f"  {'' if root else 'sudo '}{' '.join(install_line)}",
            file=sys.stderr,
        )


def _installed(package):
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}", package],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return b"installed" in asked.stdout.split()


def _known_name(names):
    """The first of these names that the package lists know; the last one where none is."""
    for name in names[:-1]:
        shown = subprocess.run(["apt-cache", "show", name], capture_output=True, check=False)
        if shown.returncode == 0 and shown.stdout.strip():
            return name
    return names[-1]


def _apt(command):
    print(f"bootstrap: {' '.join(command)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0


# ------------------------------------------------------------------------------------------------- work


def opens_window(args):
    """Whether `heatdesk` with these arguments shows a map, for which its kernels are compiled first."""
    return not {"-h", "--help", "--version"} & set(args) and (not args or args[0] == "run")


def prepare(environment=None):
    """Compile the model ahead, with one line of progress; quick and silent where it is compiled already.

    Where that fails the program says why when it is used.
    """
    command = [_tool("heatdesk"), "prepare"]
    subprocess.run(command, cwd=str(CHECKOUT), env=environment, check=False)


def _start(program, args):
    if os.name != "nt":
        sys.stdout.flush()
        os.execv(program, [program, *args])  # signals and the exit code are the program's own
    return subprocess.run([program, *args], check=False).returncode


def test_all(slow, pytest_args):
    """Run every check, say which failed; pytest alone where it got arguments."""
    pytest = [_tool("python"), "-m", "pytest"]
    prepare({"NUMBA_CACHE_DIR": str(TEST_KERNELS), **os.environ})
    if pytest_args:
        return subprocess.run([*pytest, *pytest_args], cwd=str(CHECKOUT), check=False).returncode
    workers = min(4, os.cpu_count() or 1)
    chosen = [] if slow else ["-m", "not slow"]
    checks = {
        "ruff check": [_tool("ruff"), "check", "."],
        "ruff format": [_tool("ruff"), "format", "--check", "."],
        "mypy": [_tool("mypy")],
        "lint-imports": [_tool("lint-imports")],
        "pytest": [*pytest, "-n", str(workers), "--ignore", "tests/screen", *chosen],
        # one screen, one story: in their order, and with the machine to themselves
        "pytest on a screen": [*pytest, "tests/screen", *chosen],
    }
    failed = []
    for name, command in checks.items():
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        if subprocess.run(command, cwd=str(CHECKOUT), check=False).returncode:
            failed.append(name)
        print(
            f"== {name}: {'FAILED' if name in failed else 'ok'}, {time.monotonic() - started:.0f} s",
            flush=True,
        )
    print(f"\nFailed: {', '.join(failed)}." if failed else "\nAll checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
