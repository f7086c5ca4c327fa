"""Who draws, and the words for it."""

from __future__ import annotations

import pytest

from heatdesk.gui.card.choice import choose
from heatdesk.machine.graphics import Build, Card, Failure, Memory, Trial
from heatdesk.settings.drawing import AUTOMATIC, CARD, DRAWN_BY, PROCESSOR

BUILD = Build("6.11.3", "0.1.0")
GEFORCE = Card("NVIDIA GeForce RTX 3060/PCIe/SSE2", "NVIDIA Corporation", "3.3.0 NVIDIA 550", 32_768)
SOFTWARE = Card("llvmpipe (LLVM 15.0.6, 256 bits)", "Mesa/X.org", "4.5 (Core Profile) Mesa", 16_384)
FASTER, SLOWER = Trial(BUILD, 1, GEFORCE, 3.14, 7.81), Trial(BUILD, 1, GEFORCE, 7.5, 7.81)


def chosen(wish: str, *trials: Trial, failure: str = "") -> tuple[bool, str, bool]:
    memory = Memory(trials)
    if failure:
        memory = memory.with_failure(Failure(BUILD, GEFORCE.renderer, failure))
    return tuple(choose(wish, memory, BUILD, 1))


def test_a_faster_card_draws_by_itself():
    by_card, words, more = chosen(AUTOMATIC, FASTER)
    assert (by_card, more) == (True, False)
    assert words == "NVIDIA GeForce RTX 3060 draws the map: 3.1 ms a frame against 7.8 ms by the processor."


def test_one_that_is_not_clearly_faster_does_not():
    by_card, words, _ = chosen(AUTOMATIC, SLOWER)
    assert not by_card
    assert "GeForce RTX 3060 is not clearly faster, 7.5 ms a frame against 7.8 ms" in words


def test_software_is_never_taken_by_itself_but_may_be_wanted():
    quick = Trial(BUILD, 1, SOFTWARE, 1.0, 10.0)
    by_card, words, _ = chosen(AUTOMATIC, quick)
    assert not by_card
    assert "llvmpipe is software, no graphics card: 1.0 ms" in words
    assert chosen(CARD, quick)[0]
    assert chosen(CARD, Trial(BUILD, 1, SOFTWARE)) == (True, "llvmpipe draws the map, as you chose.", False)


def test_the_processor_where_it_is_wanted():
    assert chosen(PROCESSOR, FASTER) == (False, "The processor draws the map, as you chose.", False)


@pytest.mark.parametrize("wish", [AUTOMATIC, CARD])
def test_where_nothing_is_known_a_trial_is_wanted(wish):
    by_card, _, more = chosen(wish)
    assert (by_card, more) == (False, True)
    of_another_size = choose(wish, Memory((FASTER,)), BUILD, 3)
    assert (of_another_size.by_card, of_another_size.wants_trial) == (False, True)


@pytest.mark.parametrize("wish", [AUTOMATIC, CARD])
def test_where_none_answers_it_is_said_why(wish):
    assert chosen(wish, Trial(BUILD, 1)) == (
        False,
        "The processor draws the map: no graphics card answered.",
        False,
    )
    words = chosen(wish, Trial(BUILD, 1, reason="its trial ended with exit code -11"))[1]
    assert words == "The processor draws the map: its trial ended with exit code -11."


def test_a_card_that_could_not_be_timed_is_not_taken():
    by_card, words, _ = chosen(AUTOMATIC, Trial(BUILD, 1, GEFORCE, reason="GlError: no shader compiles"))
    assert not by_card
    assert words.endswith("and not NVIDIA GeForce RTX 3060: GlError: no shader compiles.")


@pytest.mark.parametrize("wish", DRAWN_BY)
def test_a_card_that_failed_is_left_alone_whatever_is_wanted(wish):
    by_card, words, more = chosen(wish, FASTER, failure="its context was lost")
    assert (by_card, more) == (False, False)
    assert wish == PROCESSOR or "GeForce RTX 3060 failed with this version of heatdesk (its context" in words
    other_build = Build("6.12.0", "0.1.0")
    memory = Memory((Trial(other_build, 1, GEFORCE, 3.0, 7.0),)).with_failure(Failure(BUILD, "", ""))
    assert choose(wish, memory, other_build, 1).by_card is (wish != PROCESSOR)
