"""Where heatdesk keeps its files. `HEATDESK_HOME` moves all of them under one folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def _folder(kind: str) -> Path:
    home = os.environ.get("HEATDESK_HOME")
    if home:
        return Path(home).expanduser() / kind
    return {
        "data": platformdirs.user_data_path,
        "config": platformdirs.user_config_path,
        "cache": platformdirs.user_cache_path,
        "log": platformdirs.user_log_path,
    }[kind]("heatdesk", appauthor=False)


def data() -> Path:
    """The recorded history."""
    return _folder("data")


def running() -> Path:
    """Locks of programs that run, and the doors where they can be called; for this user alone."""
    return _folder("data") / "running"


def config() -> Path:
    """The user's settings."""
    return _folder("config")


def cache() -> Path:
    """What can be made again: compiled kernels."""
    return _folder("cache")


def log() -> Path:
    """Log files."""
    return _folder("log")


def resource(name: str) -> Path:
    """A file of ``resources/``, in the installed wheel or in the checkout."""
    package = Path(__file__).parents[1]
    installed = package / "resources" / name
    return installed if installed.exists() else package.parent / "resources" / name
