"""What is remembered of graphics cards: read back as written, and nothing in the file can stop a start."""

from __future__ import annotations

import json
import logging

import pytest

from heatdesk.machine import graphics, graphics_mark
from heatdesk.machine.files import UnreadableError
from heatdesk.machine.graphics import Build, Card, Failure, Memory, Trial, load, memory_path, save, size_class

BUILD, NEWER = Build("6.11.3", "0.1.0"), Build("6.12.0", "0.1.0")
CARD = Card("GeForce RTX 3060/PCIe/SSE2", "NVIDIA Corporation", "3.3.0 NVIDIA 550", 32_768)
OTHER = Card("Intel(R) UHD Graphics 620", "Intel", "3.3 Mesa 24", 16_384)
MEMORY = (
    Memory()
    .with_trial(Trial(BUILD, 1, CARD, 3.1, 7.8))
    .with_trial(Trial(BUILD, 0, None, reason="its trial ended with exit code -11"))
    .with_failure(Failure(BUILD, CARD.renderer, "its context was lost"))
)


@pytest.fixture
def folder(home):
    memory_path().parent.mkdir(parents=True)
    return memory_path().parent


def test_what_is_saved_is_read_back():
    assert load() == Memory()
    save(MEMORY)
    assert load() == MEMORY


def test_fields_of_another_version_are_left_out(folder):
    save(MEMORY)
    told = json.loads(memory_path().read_text())
    told["colour"] = "blue"
    told["trials"][0]["card"]["fans"] = 3
    memory_path().write_text(json.dumps(told))
    assert load() == MEMORY


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"schema": 1', '"schema": 2'),
        lambda text: text.replace('"card_ms": 3.1', '"card_ms": -3.1'),
        lambda text: text.replace('"card_ms": 3.1', '"card_ms": "fast"'),
        lambda text: text.replace('"card_ms": 3.1', '"card_ms": NaN'),
        lambda text: text.replace("GeForce", "Ge\\u0007Force"),
        lambda text: text.replace("GeForce", "G" * 400),
        lambda text: "[" * 50_000,
        lambda text: "[]",
        lambda text: "{}",
        lambda text: "",
        lambda text: " " * 100_000,
    ],
)
def test_a_damaged_file_is_put_aside_and_told_in_the_log(folder, damage, caplog):
    save(MEMORY)
    memory_path().write_text(damage(memory_path().read_text()))
    with caplog.at_level(logging.WARNING):
        assert load() == Memory()
    [told] = caplog.messages
    assert "graphics.json is" in told
    assert "kept as graphics.json.damaged-1" in told
    save(MEMORY)
    assert load() == MEMORY


def test_no_more_than_a_few_are_kept():
    memory = Memory()
    for number in range(100):
        card = Card(f"Card {number}", "", "", 8192)
        memory = memory.with_trial(Trial(BUILD, 0, card, 1.0, 2.0))
        memory = memory.with_failure(Failure(Build(str(number), ""), "", ""))
    assert len(memory.trials) == len(memory.failures) == 24
    assert memory.trials[-1].card.renderer == "Card 99"


def test_the_newest_trial_of_a_build_and_size_holds():
    memory = Memory((Trial(BUILD, 1, CARD, 3.0, 7.0), Trial(BUILD, 1, OTHER, 9.0, 7.0), Trial(BUILD, 2)))
    assert memory.trial(BUILD, 1).card == OTHER
    assert memory.trial(BUILD, 1, CARD).card_ms == 3.0
    assert memory.trial(NEWER, 1) is None
    back = memory.with_trial(Trial(BUILD, 1, CARD, 4.0, 7.0))
    assert (back.trial(BUILD, 1).card_ms, len(back.trials)) == (4.0, 3)


def test_another_chance_forgets_what_went_wrong_with_this_build_alone():
    memory = MEMORY.with_failure(Failure(NEWER, CARD.renderer, "it met error 0x0505"))
    assert memory.failure(BUILD).reason == "its context was lost"
    again = memory.without(BUILD)
    assert again.failure(BUILD) is None
    assert memory.untried(BUILD) == Memory((), memory.failures)
    assert again.failure(NEWER) is not None
    assert [trial.card for trial in again.trials] == [CARD]


@pytest.mark.parametrize(
    ("renderer", "vendor", "software"),
    [
        ("llvmpipe (LLVM 15.0.6, 256 bits)", "Mesa/X.org", True),
        ("softpipe", "Mesa", True),
        ("Software Rasterizer", "Mesa Project", True),
        ("Google SwiftShader", "Google Inc.", True),
        ("GDI Generic", "Microsoft Corporation", True),
        ("D3D12 (Microsoft Basic Render Driver)", "Microsoft Corporation", True),
        ("zink Vulkan 1.3 (lavapipe)", "Mesa", True),
        ("Apple Software Renderer", "Apple Inc.", True),
        (CARD.renderer, CARD.vendor, False),
        (OTHER.renderer, OTHER.vendor, False),
        ("AMD Radeon RX 6800 (radeonsi, navi21, LLVM 17.0.6, DRM 3.57)", "AMD", False),
        ("Apple M2", "Apple", False),
    ],
)
def test_software_is_known_by_its_names(renderer, vendor, software):
    assert Card(renderer, vendor, "", 8192).is_software is software


def test_classes_of_size():
    sizes = [(1280, 800), (1920, 1080), (2560, 1440), (3840, 2160)]
    assert [size_class(*size) for size in sizes] == [0, 1, 2, 3]
    assert graphics.SIZE_CLASSES == 4


def test_what_is_no_trial_is_refused():
    with pytest.raises(UnreadableError):
        graphics.trial_of([1, 2])


def test_the_mark_stands_until_the_card_has_drawn(home):
    assert not graphics_mark.stands()
    for stage in graphics_mark.STAGES:
        graphics_mark.begin(stage)
        assert graphics_mark.stands()
        assert graphics_mark.left_in() == stage
    graphics_mark.end()
    graphics_mark.end()
    assert not graphics_mark.stands()
