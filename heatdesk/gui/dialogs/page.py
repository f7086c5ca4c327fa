"""Pages to read: what the map does not show, and what heatdesk is made of."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QVBoxLayout, QWidget

import heatdesk
from heatdesk.gui.dialogs.quit_key import quits_too

_WIDTH_PX: Final = 560
NOT_SHOWN: Final = (
    "Spot selling. Holders who sell without leverage leave no trace in open interest, and move price just the same.",
    "Icebergs and hidden orders. What is not published cannot be modelled.",
    "Timing. A band says at which price, never when, nor whether price gets there.",
    "Positions closed by hand. The model closes some for everybody; whose, it cannot know.",
    "Who is who. Median leverage, entries and margins are assumptions that you can change in the settings.",
    "Exactly where in a swept range it happens. The study behind the defaults found how much, not where.",
    "A magnet. The same study found no pull of price towards bands.",
    "Missing data. Hatched stretches are unknown; they are not “no liquidations”.",
)
ABOUT: Final = (
    "Education, not advice. heatdesk reads public market data only: no account, no key, no orders, no telemetry.",
    "heatdesk is free software under the MIT licence.",
    "It uses Qt {qt} and Qt for Python (PySide6) under the GNU Lesser General Public License, version 3. Qt is linked "
    "dynamically: you may replace it with your own build. Its source is at https://download.qt.io.",
    "Further: NumPy (BSD), pyqtgraph (MIT), Numba (BSD), PyArrow (Apache 2.0), Zstandard (BSD), platformdirs (MIT), "
    "tqdm (MPL 2.0 and MIT), tomlkit (MIT), tzdata (Apache 2.0), ccxt (MIT), aiohttp (Apache 2.0 and MIT), orjson "
    "(MPL 2.0 and Apache 2.0 or MIT), qasync (BSD), uvloop (MIT, Apache 2.0). Their full texts come with each package.",
)


class TextPage(QDialog):
    """A title and paragraphs, closed with Esc."""

    def __init__(self, title: str, paragraphs: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"{title} · heatdesk")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(10)
        for index, words in enumerate((title, *paragraphs)):
            label = QLabel(words, self)
            label.setObjectName("" if index else "title")
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setFixedWidth(_WIDTH_PX)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        quits_too(self)
        close = QPushButton("Close", self)
        close.clicked.connect(self.close)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)


def not_shown(parent: QWidget) -> TextPage:
    """What the map does not show."""
    return TextPage("What the map does not show", NOT_SHOWN, parent)


def about(parent: QWidget) -> TextPage:
    """Version and licences."""
    paragraphs = tuple(words.format(qt=qVersion()) for words in ABOUT)
    return TextPage(f"heatdesk {heatdesk.__version__}", paragraphs, parent)
