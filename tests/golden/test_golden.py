"""The chart against pictures a person has looked at.

Small differences of letters and edges are tolerated, a missing band, candle or label is not. After a wanted change
of the drawing, `HEATDESK_RENEW_GOLDEN=1 python -m pytest tests/golden` writes the pictures anew: look at them before
committing. A picture that differs is left beside the test's temporary files, named in the message.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QFont, QFontDatabase, QImage
from PySide6.QtWidgets import QApplication

from heatdesk import app
from heatdesk.gui.view import View

from .scene import scene

FONT = "DejaVu Sans"
FOLDER = Path(__file__).parent
MOST_MEAN = 1.5  # of 255, over all pixels and channels
FAR, MOST_FAR = 48, 0.01  # share of pixels further off than this

PICTURES = {
    "dark": (View(), (1000, 600), 1.0),
    "light": (View(theme="light"), (1000, 600), 1.0),
    "dark-longs-log": (View(side="long", price_scale="log", palette="purple-yellow"), (1000, 600), 1.0),
    "light-percent-scaled": (View(theme="light", price_scale="percent", gamma=0.5), (640, 400), 2.0),
    "dark-limits": (View(low=5e5, high=1e6, palette="safe"), (1000, 600), 1.0),
}


@pytest.fixture
def letters(qtbot):
    """One font and one locale, the same on every machine."""
    if FONT not in QFontDatabase.families():
        pytest.skip(f"the font {FONT} is not installed: pictures cannot be compared")
    font, locale = QApplication.font(), QLocale()
    QApplication.setFont(QFont(FONT))
    QApplication.setStyle("Fusion")
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    yield
    QApplication.setFont(font)
    QLocale.setDefault(locale)


def pixels(image: QImage) -> np.ndarray:
    """RGB of a picture, int16 (height, width, 3)."""
    plain = image.convertToFormat(QImage.Format.Format_RGBX8888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : plain.width() * 4].reshape(plain.height(), plain.width(), 4)[..., :3].astype(np.int16)


def difference(a: QImage, b: QImage) -> tuple[float, float]:
    """Mean difference per channel, and the share of pixels that are far off in any."""
    off = np.abs(pixels(a) - pixels(b))
    return float(off.mean()), float((off.max(axis=2) > FAR).mean())


@pytest.mark.parametrize("name", PICTURES)
def test_picture(letters, name, tmp_path):
    view, size, scale = PICTURES[name]
    drawn = app.render(scene(), view, size, scale)
    kept = FOLDER / f"{name}.png"
    if os.environ.get("HEATDESK_RENEW_GOLDEN"):
        assert drawn.save(str(kept))
        return
    assert kept.exists(), f"{kept.name} is missing; see the top of this file"
    expected = QImage(str(kept))
    assert (drawn.width(), drawn.height()) == (expected.width(), expected.height())
    mean, far = difference(drawn, expected)
    if mean > MOST_MEAN or far > MOST_FAR:
        drawn.save(str(tmp_path / kept.name))
        pytest.fail(f"{name}: mean {mean:.2f}, far {far:.2%}; what was drawn is {tmp_path / kept.name}")


def test_the_comparison_sees_a_missing_band(letters):
    """The tolerance must not be so wide that a band can go missing."""
    whole = scene()
    band = whole.heatmap.notional_short.copy()
    row = int(np.argmax(band.sum(axis=1)))
    band[max(0, row - 3) : row + 4] = 0
    without = dataclasses.replace(whole, heatmap=dataclasses.replace(whole.heatmap, notional_short=band))
    mean, far = difference(app.render(whole, View(), (1000, 600)), app.render(without, View(), (1000, 600)))
    assert mean > MOST_MEAN or far > MOST_FAR


def test_the_same_picture_twice(letters):
    once, twice = (app.render(scene(), View(), (700, 450)) for _ in range(2))
    assert difference(once, twice) == (0.0, 0.0)
