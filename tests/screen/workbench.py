"""The window as a person at the screen meets it: named things to press, parts to look at, numbers to read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .desktop import Desktop, Picture

SMALL, LARGE = (1280, 800), (2560, 1440)
_VISIBLY = 24  # of 255: less is not seen
_MOST_SCROLLS, _MOST_TYPED, _MOST_RETURNS = 20, 3, 8
_LOOKED_FOR_S = 5.0
_BESIDE = 300, 60  # px from the list of the settings' pages: on the page
_PARKED = 60, 8  # px from the lower right corner: nothing there minds the cursor


class Thing(NamedTuple):
    """Something on the screen: its name, what it is, and where."""

    name: str
    kind: str
    text: str
    at: tuple[int, int, int, int]
    enabled: bool
    checked: bool
    shown: bool = True
    window: str = ""

    @property
    def middle(self) -> tuple[int, int]:
        """Where one clicks."""
        left, top, width, height = self.at
        return left + width // 2, top + height // 2

    @property
    def area(self) -> tuple[slice, slice]:
        """Its rows and columns in a picture."""
        left, top, width, height = self.at
        return slice(top, top + height), slice(left, left + width)


class Workbench:
    """Hands and eyes at one running program. Every act returns when the window has come to rest."""

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self.theme = "dark"

    def begin(self, size: tuple[int, int], theme: str) -> None:
        """The first look at the first map, at this size and in this theme."""
        if size != (self.desktop.width, self.desktop.height):
            self.desktop.resize(*size)
        self.theme = theme
        self.rest()
        self.desktop.ask("reset", theme=theme)
        self.rest()

    # --- hands

    def rest(self) -> None:
        """Take the cursor away, and wait until nothing moves any more."""
        self.desktop.move(self.desktop.width - _PARKED[0], self.desktop.height - _PARKED[1])
        self.desktop.calm()

    def press(self, name: str, kind: str = "", **more: Any) -> None:
        """Click on what has this name; where it is scrolled out of sight, scroll first."""
        for wheel in (5, 4):  # down, then up
            for _ in range(_MOST_SCROLLS):
                thing = self.thing(name, kind)
                if thing.shown:
                    self.click(thing.middle, **more)
                    return
                left, top, _, _ = self.thing("Pages of settings").at
                self.click((left + _BESIDE[0], top + _BESIDE[1]), button=wheel)
        raise AssertionError(f"{name!r} cannot be scrolled into sight")

    def fill(self, name: str, text: str) -> None:
        """Type into the field of this name, over what is there."""
        self.press(name, "QLineEdit", times=2)
        self.key("a", "Control_L")
        self.type(text)

    def click(self, at: tuple[int, int], **more: Any) -> None:
        """Click somewhere."""
        self.desktop.click(*at, **more)
        self.desktop.calm()

    def key(self, name: str, *held: str) -> None:
        """Press a key."""
        self.desktop.key(name, *held)
        self.desktop.calm()

    def type(self, text: str, end: str = "Return") -> None:
        """Type over what is selected, then Enter."""
        self.desktop.type(text)
        self.desktop.calm()
        if end:
            self.key(end)

    def choose_file(self, title: str, path: Path) -> None:
        """Type a path in the file dialog of this title; Enter once more where a list of suggestions took the first."""
        self.desktop.dialog(title)
        for _ in range(_MOST_TYPED):
            self.key("a", "Control_L")
            self.type(str(path), end="")
            if any(t.kind == "QLineEdit" and (t.window, t.text) == (title, str(path)) for t in self.things()):
                break
        else:
            raise AssertionError(f"{title!r} does not take {path}")
        for _ in range(_MOST_RETURNS):
            self.key("Return")
            time.sleep(0.3)
            if not self.desktop.title().startswith(title):
                return
        raise AssertionError(f"{title!r} does not close")

    def save_as(self, title: str, path: Path) -> None:
        """Save under a path, and wait until the file is there."""
        self.choose_file(title, path)
        self.desktop.until(path.exists, path.name)
        self.rest()

    def pick(self, button: str, *lines: str, close: bool = False) -> None:
        """Open the menu of a button and click lines of it; `close` a menu that stays open."""
        self.press(button)
        for line in lines:
            self.click(self.line(line).middle)
        if close:
            self.key("Escape")

    def drag(self, start: tuple[int, int], end: tuple[int, int], steps: int = 6) -> None:
        """Press, move, let go."""
        self.desktop.drag(start, end, steps)
        self.desktop.calm()

    def hover(self, at: tuple[int, int]) -> None:
        """Bring the cursor somewhere, a pixel at a time at the end."""
        self.desktop.move(at[0] - 1, at[1])
        self.desktop.move(*at)
        self.desktop.calm()

    # --- eyes

    def picture(self) -> Picture:
        """The window at rest, the cursor out of the way."""
        self.rest()
        return self.desktop.picture()

    def state(self) -> dict[str, Any]:
        """What is shown, in numbers."""
        return dict(self.desktop.ask("state"))

    def things(self) -> list[Thing]:
        """All that is visible and has a name."""
        return [_thing(told) for told in self.desktop.ask("widgets")]

    def thing(self, name: str, kind: str = "") -> Thing:
        """What has this name, or else one that begins with it; a person looks for a moment until it is there."""
        deadline = time.monotonic() + _LOOKED_FOR_S
        while not (fits := [t for t in self.things() if t.name.startswith(name) and t.kind.startswith(kind)]):
            seen = f"{self.desktop.title()!r} is in front"
            assert time.monotonic() < deadline, f"nothing on the screen is called {name!r}; {seen}"
            time.sleep(0.05)
        return min(fits, key=lambda thing: len(thing.name))

    def lines(self) -> list[Thing]:
        """The lines of the open menus."""
        return [
            Thing(t["text"], "line", t["text"], tuple(t["at"]), t["enabled"], t["checked"])
            for t in self.desktop.ask("lines")
        ]

    def line(self, text: str) -> Thing:
        """The line of an open menu that begins with a text."""
        lines = [line for line in self.lines() if line.text.startswith(text) and line.enabled]
        assert lines, f"no line {text!r} in {[line.text for line in self.lines()]}"
        return lines[-1]

    def part(self, *names: str) -> tuple[slice, slice]:
        """Rows and columns of the smallest rectangle around parts of the window."""
        areas = self.desktop.ask("areas")
        places = np.array([areas[name] for name in names])
        left, top = places[:, :2].min(axis=0)
        right, bottom = (places[:, :2] + places[:, 2:]).max(axis=0)
        return slice(int(top), int(bottom)), slice(int(left), int(right))

    def row(self, number: int) -> tuple[int, int]:
        """The middle of a row of the ranking."""
        left, top, width, height = self.desktop.ask("table")["rows"][number]
        return left + width // 2, top + height // 2

    def heading(self, title: str) -> tuple[int, int]:
        """The middle of a heading of the ranking."""
        left, top, width, height = self.desktop.ask("table")["headings"][title]
        return left + width // 2, top + height // 2

    def changed(self, before: Picture, after: Picture, *parts: str) -> float:
        """The share of pixels that differ visibly, of the part of the window where it is largest."""
        return max(changed(before, after, self.part(part)) for part in parts)

    def changes(self, before: Picture, parts: dict[str, float], unmoved: Sequence[str] = ()) -> Picture:
        """Assert that parts differ by more than a share each, and others not at all; gives what is seen now."""
        after = self.picture()
        for part, least in parts.items():
            assert (share := self.changed(before, after, part)) > least, f"{part}: only {share:.2%} changed"
        for part in unmoved:
            assert (share := self.changed(before, after, part)) == 0, f"{part}: {share:.2%} changed"
        return after


def changed(before: Picture, after: Picture, area: tuple[slice, slice]) -> float:
    """The share of pixels in an area that differ visibly."""
    off = np.abs(before[area].astype(np.int16) - after[area].astype(np.int16)).max(axis=2)
    return float((off > _VISIBLY).mean())


def _thing(told: dict[str, Any]) -> Thing:
    return Thing(
        told["name"],
        told["kind"],
        told["text"],
        tuple(told["at"]),
        told["enabled"],
        told["checked"],
        told["shown"],
        told["window"],
    )
