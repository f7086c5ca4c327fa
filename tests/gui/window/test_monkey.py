"""A random user: keys, clicks, drags, wheels, menus, dialogs, drops and sizes, one after the other.

Nothing may raise, warn or be left behind.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QtMsgType, QUrl, qInstallMessageHandler
from PySide6.QtGui import QAction, QContextMenuEvent, QDropEvent, QInputMethodEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QMenu, QWidget

from heatdesk.gui.window import Window

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEYS = [
    *(getattr(Qt.Key, f"Key_{c}") for c in "123456789BLSNEWYXVTCGUKPZRMDA"),
    *(getattr(Qt.Key, f"Key_F{n}") for n in range(1, 12)),
    *(
        getattr(Qt.Key, f"Key_{n}")
        for n in ("Up", "Down", "Left", "Right", "Home", "End", "PageUp", "PageDown")
    ),
    *(
        getattr(Qt.Key, f"Key_{n}")
        for n in ("Tab", "Backtab", "Escape", "Return", "Space", "Delete", "Question")
    ),
]
HELD = [NONE, NONE, NONE, NONE, CTRL, SHIFT, Qt.KeyboardModifier.AltModifier, CTRL | SHIFT]
TYPED = ["", "0", "-1", "1e99", "nan", "12.5M", "EUR", "<b>x</b>", "2026-02-30", "Asia/Tokyo", "ä€\U0001f525"]
TYPED.append("9" * 300)
# What the screenless platform cannot do, and what QtTest says of a pointer that moves over a popup.
HARMLESS = ("This plugin does not support", "not accepted by receiving widget")
SIZES = [(1, 1), (1040, 540), (1280, 800), (1700, 600), (2560, 1440)]


class Monkey:
    """Does one random thing at a time to a window."""

    def __init__(self, window: Window, seed: int, folder: Path) -> None:
        self.window, self.folder = window, folder
        self.chance = random.Random(seed)
        self.done: list[str] = []
        self.deeds: list[tuple[int, Callable[[], None]]] = [
            (8, self.key),
            (8, self.click),
            (4, self.drag),
            (4, self.wheel),
            (2, self.double_click),
            (2, self.context_menu),
            (3, self.menu_action),
            (2, self.type_text),
            (1, self.resize),
            (1, self.drop),
            (2, self.wait),
        ]

    def act(self) -> None:
        """Do something, then let the window answer; files are chosen by nobody."""
        weights = [weight for weight, _ in self.deeds]
        _, deed = self.chance.choices(self.deeds, weights)[0]
        deed()
        QApplication.processEvents()
        for dialog in self.window.findChildren(QFileDialog):
            dialog.reject()
        if not self.window.isVisible():  # Quit, chosen in the menu by hand or by key
            self.done.append("the window closed and is opened again")
            self.window.show()

    def key(self) -> None:
        key, held = self.chance.choice(KEYS), self.chance.choice(HELD)
        target = QApplication.activePopupWidget() or QApplication.focusWidget() or self.window
        self.done.append(f"{held.name} {key.name} on {type(target).__name__}")
        QTest.keyClick(target, key, held)

    def click(self) -> None:
        target = self.target("click")
        button = self.chance.choice([LEFT, LEFT, LEFT, Qt.MouseButton.RightButton])
        QTest.mouseClick(target, button, NONE, self.point(target))

    def double_click(self) -> None:
        target = self.target("double click")
        QTest.mouseDClick(target, LEFT, NONE, self.point(target))

    def drag(self) -> None:
        target = self.target("drag")
        QTest.mousePress(target, LEFT, NONE, self.point(target))
        for _ in range(self.chance.randrange(1, 6)):
            QTest.mouseMove(target, self.point(target))
        QTest.mouseRelease(target, LEFT, NONE, self.point(target))

    def wheel(self) -> None:
        target = self.target("wheel")
        at = self.point(target)
        turn = QPoint(0, self.chance.choice([-1200, -120, 15, 120, 1200]))
        event = QWheelEvent(
            QPointF(at),
            QPointF(target.mapToGlobal(at)),
            QPoint(),
            turn,
            Qt.MouseButton.NoButton,
            self.chance.choice(HELD),
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(target, event)

    def context_menu(self) -> None:
        target = self.target("context menu")
        at = self.point(target)
        QApplication.sendEvent(
            target, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, target.mapToGlobal(at))
        )

    def menu_action(self) -> None:
        # pyqtgraph keeps an action in a menu that nobody can open
        reachable = [a for a in self.window.findChildren(QAction) if a.associatedObjects()]
        actions = [a for a in reachable if a.isEnabled() and a.text() != "Quit"]
        action = self.chance.choice(actions)
        self.done.append(f"action {action.text()!r}")
        action.trigger()

    def type_text(self) -> None:
        lines = [line for line in self.widgets() if isinstance(line, QLineEdit)]
        if lines:
            line, text = self.chance.choice(lines), self.chance.choice(TYPED)
            self.done.append(f"type {text[:20]!r} into {line.accessibleName()!r}")
            line.selectAll()
            typed = QInputMethodEvent()
            typed.setCommitString(text)
            QApplication.sendEvent(line, typed)
            QTest.keyClick(line, Qt.Key.Key_Return)

    def resize(self) -> None:
        size = self.chance.choice(SIZES)
        self.done.append(f"resize {size}")
        self.window.resize(*size)

    def drop(self) -> None:
        data = QMimeData()
        kind = self.chance.randrange(3)
        if kind == 0:
            data.setText("words")
        else:
            data.setUrls([QUrl.fromLocalFile(str(self.folder / f"none-{kind}.csv"))])
        self.done.append(f"drop {kind}")
        self.window.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, LEFT, NONE))

    def wait(self) -> None:
        self.done.append("wait")
        QTest.qWait(self.chance.randrange(1, 60))

    def widgets(self) -> list[QWidget]:
        return [w for w in self.window.findChildren(QWidget) if w.isVisible() and w.width() and w.height()]

    def target(self, deed: str) -> QWidget:
        popup = QApplication.activePopupWidget()
        target = (
            popup if popup is not None and self.chance.random() < 0.8 else self.chance.choice(self.widgets())
        )
        self.done.append(
            f"{deed} on {type(target).__name__} {target.objectName() or target.accessibleName()!r}"
        )
        return target

    def point(self, target: QWidget) -> QPoint:
        return QPoint(self.chance.randrange(target.width()), self.chance.randrange(target.height()))


@contextmanager
def warnings_of_qt() -> Iterator[list[str]]:
    """What Qt complains of, without what the screenless platform cannot do."""
    told: list[str] = []

    def listen(kind: QtMsgType, _: Any, text: str) -> None:
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) and not any(
            harmless in text for harmless in HARMLESS
        ):
            told.append(text)

    before = qInstallMessageHandler(listen)
    try:
        yield told
    finally:
        qInstallMessageHandler(before)


def put_away(window: Window) -> None:
    """Close what stands open beside the window."""
    while (popup := QApplication.activePopupWidget()) is not None:
        popup.close()
    for dialog in window.findChildren(QDialog):
        dialog.close()
    window.middle.leave_welcome()
    for editor in window.desk.findChildren(QLineEdit):  # a limit that is being typed
        editor.editingFinished.emit()
    window.notices.clear()
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


def census(window: Window) -> Counter[str]:
    """What the window is made of; tool tips, the menus' own lines and what stands in dialogs come and go."""
    return Counter(
        type(w).__name__
        for w in window.findChildren(QWidget)
        if (not isinstance(w.window(), QMenu) or w.isWindow()) and not in_dialog(w)
    )


def in_dialog(widget: QWidget | None) -> bool:
    """Whether a widget is a dialog or belongs to one, be it as a popup of its own."""
    while widget is not None and not isinstance(widget, QDialog):
        widget = widget.parentWidget()
    return widget is not None


def one_of_each_kept(window: Window) -> bool:
    """Whether of the dialogs that stay when they are closed there is one of a kind, and no other is left."""
    dialogs = window.findChildren(QDialog)
    kinds = Counter(type(dialog).__name__ for dialog in dialogs)
    gone = not any(dialog.testAttribute(Qt.WidgetAttribute.WA_DeleteOnClose) for dialog in dialogs)
    return gone and max(kinds.values(), default=0) <= 1


@pytest.mark.parametrize(
    ("seed", "actions"),
    [(1, 300), *(pytest.param(seed, 3000, marks=pytest.mark.slow) for seed in (2, 3, 4))],
)
@pytest.mark.timeout(900)
def test_a_random_user_breaks_nothing(qtbot, window, tmp_path, seed, actions):
    window.open_settings()  # made once, then kept
    window.middle.show_welcome()
    put_away(window)
    before = census(window)
    monkey = Monkey(window, seed, tmp_path)
    with warnings_of_qt() as told:
        for _ in range(actions):
            monkey.act()
            assert not told, "\n".join([*told, *monkey.done[-8:]])
        put_away(window)
    qtbot.waitUntil(lambda: window.errands._current is None, timeout=20_000)
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: not window.desk._veil.isVisible(), timeout=30_000)
    put_away(window)
    grown = census(window) - before
    lines = [(w.accessibleName(), type(w.parent()).__name__) for w in window.findChildren(QLineEdit)]
    assert not grown, f"left behind: {dict(grown)}, lines: {lines}"
    assert one_of_each_kept(window)
    assert not window.grab().isNull()
