"""Who draws the map, and why, in words for the person who asks. Without Qt: the command line says it too."""

from __future__ import annotations

from typing import Final, NamedTuple

from heatdesk.machine.graphics import Build, Memory, Trial
from heatdesk.settings.drawing import CARD, PROCESSOR

# A card must be clearly faster: what it saves in the map it takes in handing the rest of the window over.
_CLEARLY: Final = 0.9
_LONGEST_NAME: Final = 80
WITHOUT_CARDS: Final = ("offscreen", "minimal", "vnc", "linuxfb")  # platforms of Qt

CHOSEN: Final = "The processor draws the map, as you chose."
NOT_TRIED: Final = (
    "The processor draws the map; whether the graphics card is faster is measured after the first map."
)
NOT_ASKED: Final = "The processor draws the map until the graphics card you chose has answered."
NO_SCREEN: Final = "The processor draws the map: there is no screen here that a graphics card could draw on."


class Choice(NamedTuple):
    """Who draws, why, and whether a trial would say more."""

    by_card: bool
    words: str
    wants_trial: bool = False


def choose(wish: str, memory: Memory, build: Build, size: int) -> Choice:
    """Who draws by a wish (one of ``DRAWN_BY``) and what is remembered of this build at this class of size.

    Software that calls itself a card is taken only where a person wants it.
    """
    if wish == PROCESSOR:
        return Choice(False, CHOSEN)
    if failure := memory.failure(build):
        name = _name(failure.renderer)
        return Choice(
            False,
            f"The processor draws the map: {name} failed with this version of heatdesk ({failure.reason}). "
            "Measure again to give it another chance.",
        )
    trial = memory.trial(build, size)
    if trial is None:
        return Choice(False, NOT_ASKED if wish == CARD else NOT_TRIED, wants_trial=True)
    if trial.card is None:
        why = trial.reason or "no graphics card answered"
        return Choice(False, f"The processor draws the map: {why}.")
    if wish == CARD:
        return Choice(True, f"{_name(trial.card.renderer)} draws the map, as you chose{_times(trial)}.")
    return _automatic(trial, _name(trial.card.renderer), trial.card.is_software)


def _automatic(trial: Trial, name: str, is_software: bool) -> Choice:
    if is_software:
        return Choice(
            False, f"The processor draws the map: {name} is software, no graphics card{_times(trial)}."
        )
    if not trial.timed:
        why = trial.reason or "it was not measured"
        return Choice(False, f"The processor draws the map and not {name}: {why}.")
    times = f"{trial.card_ms:.1f} ms a frame against {trial.processor_ms:.1f} ms"
    if trial.card_ms < _CLEARLY * trial.processor_ms:
        return Choice(True, f"{name} draws the map: {times} by the processor.")
    return Choice(False, f"The processor draws the map: {name} is not clearly faster, {times}.")


def _times(trial: Trial) -> str:
    if not trial.timed:
        return ""
    return f": {trial.card_ms:.1f} ms a frame against {trial.processor_ms:.1f} ms by the processor"


def _name(renderer: str) -> str:
    """A renderer's name without the driver's own additions, such as ``(LLVM 15.0.6, 256 bits)`` or ``/PCIe/SSE2``."""
    short = renderer.partition(" (")[0].partition("/")[0].strip()
    return (short or renderer or "the graphics card")[:_LONGEST_NAME]
