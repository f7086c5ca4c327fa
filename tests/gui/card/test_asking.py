"""A trial in another process: whatever becomes of that, there is an answer."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import asdict

import pytest

from heatdesk import cli
from heatdesk.gui.card import asking
from heatdesk.gui.card.asking import Asking
from heatdesk.gui.card.build import this_build
from heatdesk.machine.graphics import Card, Memory, Trial, load, save

FOUND = Trial(this_build(), 1, Card("GeForce", "NVIDIA", "3.3", 32_768), 3.0, 8.0)
HANGS = "import time; time.sleep(600)"


@pytest.fixture
def ask(monkeypatch):
    def asking_of(script: str, **values) -> Asking:
        monkeypatch.setattr(asking, "program", lambda: [sys.executable, "-c", script])
        return Asking(1920, 1080, 1.0, **values)

    return asking_of


def test_what_it_prints_is_the_answer(ask):
    assert ask(f"print({json.dumps(asdict(FOUND))!r})").answer() == FOUND


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import os; os.abort()", "its trial ended with exit code -6"),
        ("raise SystemExit(3)", "its trial ended with exit code 3"),
        ("print('black')", "its trial said nothing that could be understood"),
        ("print('{}')", "its trial said nothing that could be understood"),
        ("pass", "its trial said nothing that could be understood"),
    ],
)
def test_a_driver_that_ends_it_is_told_of(ask, script, reason):
    assert ask(script).answer() == Trial(this_build(), 1, reason=reason)


def test_one_that_hangs_is_ended(ask):
    trial = ask(HANGS, longest_s=0.2).answer()
    assert (trial.card, trial.reason) == (None, "its trial did not end within 0.2 s")


def test_a_program_that_is_not_there(monkeypatch):
    monkeypatch.setattr(asking, "program", lambda: ["/nowhere/heatdesk"])
    assert "could not be started (No such file" in Asking(800, 600, 1.0).answer().reason


def test_a_system_that_speaks_another_language_is_remembered_all_the_same(monkeypatch):
    def refused(*_, **__):
        raise OSError(13, "Accès refusé")

    monkeypatch.setattr(asking.subprocess, "Popen", refused)
    found = Asking(800, 600, 1.0).answer()
    assert found.reason == "its trial could not be started (Acc?s refus?)"
    save(Memory((found,)))
    assert load().trials == (found,)


def test_it_can_be_stopped_before_and_while_it_runs(ask):
    unasked = ask(HANGS)
    unasked.stop()
    assert unasked.answer() is None
    asked, answers = ask(HANGS), []
    thread = threading.Thread(target=lambda: answers.append(asked.answer()))
    thread.start()
    while asked._process is None:
        thread.join(0.01)
    asked.stop()
    thread.join(60)
    assert answers == [None]


@pytest.mark.parametrize("scale", [2.0, 0.8, 5.0])
def test_the_real_one_answers_where_there_is_no_card(capsys, scale):
    command = Asking(1280, 800, scale)._command
    assert cli.main(command[command.index("drawing") :]) == 0
    assert json.loads(capsys.readouterr().out) == asdict(Trial(this_build(), 0))
    assert cli.main(["drawing"]) == 0
    assert capsys.readouterr().out == "The processor draws the map: no graphics card answered.\n"


@pytest.mark.parametrize(
    "wrong", [["--size", "0x0"], ["--size", "big"], ["--size", "99999x10"], ["--scale", "0"]]
)
def test_sizes_that_are_none(wrong, capsys):
    assert cli.main(["drawing", *wrong]) == 2
    assert "--size such as 2560x1440" in capsys.readouterr().err
