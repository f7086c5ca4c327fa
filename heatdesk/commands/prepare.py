"""`heatdesk prepare`: compile the model ahead, so that the first window does not wait for it."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from heatdesk.machine import compiled

_PARTS = (compiled.MAP, compiled.SIMULATION)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose."""


def run(args: argparse.Namespace) -> int:
    """Compile what is not compiled yet; says nothing where that is nothing."""
    if all(map(compiled.ready, _PARTS)):
        return 0
    print("Preparing the model, once after an install or update: up to half a minute …", end=" ", flush=True)
    started = time.monotonic()
    _make_a_map()
    for part in _PARTS:
        compiled.remember(part)
    print(f"{time.monotonic() - started:.0f} s.")
    return 0


def _make_a_map() -> None:
    """The shortest way through all that is compiled: a day of the simulated market, mapped and made ready to paint."""
    from heatdesk.gui import maxpool
    from heatdesk.gui.choices import first_question
    from heatdesk.model.age_windows import AgeChoice
    from heatdesk.reading.explain import Cell
    from heatdesk.simulation import Simulation

    simulation = Simulation(days=1, speed=0)
    question = first_question(simulation.catalogue())
    try:
        if question is not None:  # always: the simulated exchanges publish candles
            snapshot = simulation.ask(replace(question, ages=AgeChoice()))
            simulation.explain(snapshot.question, Cell.of(snapshot.heatmap, 0, 0))
    finally:
        simulation.stop()
    maxpool.prepare()
