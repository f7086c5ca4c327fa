"""What a trial finds can be told to the window, whatever a driver says."""

from __future__ import annotations

import json
from dataclasses import asdict

from PySide6.QtCore import QSize

from heatdesk.gui.card import trial as trial_module
from heatdesk.gui.card.trial import timed
from heatdesk.machine.graphics import Card, trial_of

GEFORCE = Card("GeForce", "NVIDIA", "3.3", 32_768)


def test_a_driver_of_many_words_is_understood(qtbot, monkeypatch):
    def by_card(size: QSize, *_):
        def frame(chart):
            chart.heatmap_item.on_gl_failure("GlError: its shader does not compile: " + 100 * "größer\n")

        return frame

    monkeypatch.setattr(trial_module, "_by_card", by_card)
    monkeypatch.setattr(trial_module, "FRAMES", 1)
    found = timed(GEFORCE, (200, 150), 1.0)
    assert found.reason.startswith("GlError: its shader does not compile: gr??er gr??er")
    assert (found.card, found.timed) == (GEFORCE, False)
    assert trial_of(json.loads(json.dumps(asdict(found)))) == found
