"""The one style sheet, built from the tokens: Fusion underneath, quiet everywhere, focus visible."""

from __future__ import annotations

from string import Template
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette

from heatdesk.gui.theme import BASE_PX, LARGE_PX, SMALL_PX, Tokens, ink_on

_SHEET: Final = Template("""
QWidget { color: $text; font-size: ${base}px; }
QMainWindow, #desk, #page { background: $background; }
#bar, #side, QStatusBar { background: $panel; }
#bar { border-bottom: 1px solid $hairline; }
#side { border-left: 1px solid $hairline; }
QStatusBar { border-top: 1px solid $hairline; font-size: ${small}px; }
QStatusBar QLabel { color: $secondary; font-size: ${small}px; }
QStatusBar::item { border: none; }
QLabel#heading, QLabel#secondary { color: $secondary; font-size: ${small}px; }
QLabel#heading { letter-spacing: 1px; }
QLabel#small { font-size: ${small}px; }
QLabel#large { font-size: ${large}px; font-weight: 600; }
QLabel#title { font-size: ${large}px; font-weight: 600; }
#notice { background: $panel; border-bottom: 1px solid $hairline; }
#strip { background: $panel; border-bottom: 1px solid $hairline; }
#strip QLabel#past { background: $warn; color: $ink; font-weight: 600; padding: 2px 6px; border-radius: 2px; }
#strip QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 0 6px; min-height: 24px;
  background: transparent; color: $secondary; }
#strip QToolButton:hover { color: $text; background: $hairline; }
#strip QToolButton:checked { color: $text; background: $hairline; }
#strip QToolButton:focus { border-color: $accent; }
#notice QToolButton { border: 1px solid $hairline; border-radius: 4px; padding: 0 8px; min-height: 22px; color: $text; }
#notice QToolButton:hover { background: $hairline; }
#notice QToolButton:focus { border-color: $accent; }
QProgressBar { background: $hairline; border: none; border-radius: 2px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QLabel#complaint { color: $text; border-left: 3px solid $bad; padding-left: 8px; font-size: ${small}px; }
QDialog { background: $panel; }
QDialog QLineEdit, QDialog QComboBox { min-height: 24px; }
QDialog QLineEdit { border-color: $hairline; }
QDialog QLineEdit:focus { border-color: $accent; }
QDialog QLineEdit[wrong="true"] { border-color: $bad; }
QDialog QPushButton, QPushButton#primary { border: 1px solid $hairline; border-radius: 4px; padding: 0 12px;
  min-height: 26px; background: $background; color: $text; }
QDialog QPushButton:hover, QPushButton#primary:hover { background: $hairline; }
QDialog QPushButton:focus, QPushButton#primary:focus { border-color: $accent; }
QDialog QPushButton:disabled { color: $disabled; }
QDialog QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 0 6px; min-height: 24px;
  color: $secondary; }
QDialog QToolButton:hover { color: $text; background: $hairline; }
QDialog QToolButton:checked { color: $text; background: $hairline; }
QDialog QToolButton:focus { border-color: $accent; }
QDialog QToolButton:disabled { color: transparent; }
QDialog QScrollArea, QDialog QScrollArea > QWidget > QWidget { background: $panel; border: none; }
QListWidget { background: $panel; border: none; border-right: 1px solid $hairline; }
QListWidget::item { padding: 5px 8px; }
QListWidget::item:selected { background: $hairline; color: $text; }
QLabel#command { background: $panel; border: 1px solid $hairline; padding: 8px 12px; font-family: monospace; }
QLabel#error { color: $text; border-left: 3px solid $bad; padding-left: 8px; }
#bar QToolButton, #side QToolButton, QStatusBar QToolButton { border: 1px solid transparent; border-radius: 4px;
  padding: 0 3px; background: transparent; color: $secondary; }
QStatusBar QToolButton { font-size: ${small}px; }
#bar QToolButton, #side QToolButton { min-height: 24px; }
#side QToolButton { min-width: 16px; font-size: ${small}px; }
#bar QToolButton:hover, #side QToolButton:hover { color: $text; background: $hairline; }
#bar QToolButton:checked, #side QToolButton:checked { color: $text; background: $hairline; }
#bar QToolButton:disabled { color: $disabled; }
#bar QToolButton:focus, #side QToolButton:focus, QStatusBar QToolButton:focus { border-color: $accent; }
#bar QToolButton#menu { color: $text; }
#bar QToolButton::menu-indicator { image: none; width: 0; }
QFrame#rule { background: $hairline; border: none; }
#search { background: $panel; border: 1px solid $hairline; }
#search QLineEdit { border-color: $hairline; }
#search QLineEdit:focus { border-color: $accent; }
#search QListView { background: $background; border: 1px solid $hairline; outline: none; }
QMenu { background: $panel; border: 1px solid $hairline; padding: 4px 0; }
QMenu::item { padding: 3px 24px 3px 12px; min-height: 18px; }
QMenu::item:selected { background: $hairline; }
QMenu::item:disabled { color: $secondary; }
QMenu::separator { height: 1px; background: $hairline; margin: 4px 0; }
QToolTip { color: $text; background: $panel; border: 1px solid $hairline; padding: 4px; }
QTreeWidget { background: $background; border: 1px solid $hairline; font-size: ${small}px;
  selection-background-color: $hairline; selection-color: $text; }
QTreeWidget:focus { border-color: $accent; }
QTreeWidget::item { padding: 2px 4px; }
QTableView { background: transparent; border: 1px solid transparent; font-size: ${small}px; gridline-color: $hairline;
  selection-background-color: $hairline; selection-color: $text; }
QTableView:focus { border-color: $accent; }
QSlider::groove:horizontal { height: 2px; background: $hairline; }
QSlider::sub-page:horizontal { background: $accent; }
QSlider::handle:horizontal { width: 10px; height: 10px; margin: -5px 0; border: 1px solid $panel; border-radius: 6px;
  background: $accent; }
QSlider:focus::handle:horizontal { border-color: $text; }
QHeaderView { background: transparent; }
QHeaderView::section { background: $panel; color: $secondary; font-size: ${small}px; border: none;
  border-bottom: 1px solid $hairline; padding: 2px; min-height: 20px; }
QLineEdit { background: $background; color: $text; border: 1px solid $accent; padding: 1px 3px;
  selection-background-color: $accent; }
QLineEdit#typed { border-color: $hairline; font-size: ${small}px; }
QLineEdit#typed:focus { border-color: $accent; }
QLineEdit#typed[wrong="true"] { border-color: $bad; }
#end:focus { border: 1px solid $accent; }
QScrollBar:vertical { background: transparent; width: 5px; }
QScrollBar::handle:vertical { background: $hairline; border-radius: 2px; min-height: 24px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { height: 0; background: none; }
""")


def _mix(colour: str, ground: str, share: float) -> str:
    """`share` of a colour on a ground, as ``#rrggbb``."""
    a, b = QColor(colour), QColor(ground)
    pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return "#" + "".join(f"{round(x * share + y * (1 - share)):02x}" for x, y in pairs)


def style_sheet(theme: Tokens) -> str:
    """The application's style sheet in one theme."""
    colours = {name: getattr(theme, name) for name in Tokens.__dataclass_fields__}
    disabled = _mix(theme.secondary, theme.panel, 0.5)
    return _SHEET.substitute(
        colours, disabled=disabled, ink=ink_on(theme.warn), base=BASE_PX, small=SMALL_PX, large=LARGE_PX
    )


def qt_palette(theme: Tokens) -> QPalette:
    """The colours of what Fusion draws itself."""
    role = QPalette.ColorRole
    palette = QPalette()
    for target, colour in (
        (role.Window, theme.panel),
        (role.Base, theme.background),
        (role.AlternateBase, theme.panel),
        (role.Button, theme.panel),
        (role.WindowText, theme.text),
        (role.Text, theme.text),
        (role.ButtonText, theme.text),
        (role.ToolTipBase, theme.panel),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.secondary),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.background),
        (role.Link, theme.accent),
    ):
        palette.setColor(target, QColor(colour))
    return palette


def system_theme() -> str:
    """The theme the desktop itself uses; dark where it does not say."""
    light = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Light
    return "light" if light else "dark"
