"""An X server of our own, and an environment in which a program draws the same on every machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# One font, drawn in one way, whatever the machine has and likes.
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir><cachedir>{cache}</cachedir>
<match target="pattern"><edit name="family" mode="assign" binding="strong"><string>DejaVu Sans</string></edit></match>
<match target="font">
<edit name="antialias" mode="assign"><bool>true</bool></edit><edit name="rgba" mode="assign"><const>none</const></edit>
<edit name="hinting" mode="assign"><bool>false</bool></edit>
<edit name="autohint" mode="assign"><bool>false</bool></edit>
</match></fontconfig>
"""


@contextmanager
def x_server(width: int, height: int) -> Iterator[str]:
    """Xvfb on a free display; gives its name."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


def environment(display: str, home: Path) -> dict[str, str]:
    """Ours, without what would change how the window looks."""
    ours = ("QT_", "WAYLAND_", "XDG_", "LANG", "LC_", "GTK_", "KDE_", "DESKTOP_", "FONTCONFIG_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    fonts = home / "fonts.conf"
    fonts.write_text(_FONTS.format(cache=home / "fonts"), encoding="utf-8")
    return environment | {
        "DISPLAY": display,
        "HEATDESK_HOME": str(home),
        "FONTCONFIG_FILE": str(fonts),
        "LC_ALL": "C.UTF-8",
        "QT_QPA_PLATFORM": "xcb",
        "PYTHONFAULTHANDLER": "1",
    }
