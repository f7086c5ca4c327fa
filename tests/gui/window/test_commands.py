"""`heatdesk run` and `heatdesk snapshot` as other programs see them."""

import os
import subprocess
import sys

import pytest
from PySide6.QtGui import QImage

from heatdesk import app, cli
from heatdesk.machine import paths
from heatdesk.market import Kind, SeriesKey
from heatdesk.store.sqlite import SqliteStore

from .market import BTC, candles

QUESTION = ["--exchange", "binance", "--symbol", BTC, "--timeframe", "5m", "--lookback", "2d"]


@pytest.fixture
def stored(home):
    """A few days in the user's own history."""
    with SqliteStore(paths.data() / "history") as store:
        store.append(SeriesKey("binance", BTC, Kind.CANDLES, "5m"), candles(4, 60_000.0, 1))
    return home


def heatdesk(*arguments, cwd, **environment):
    """The program without any display."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {k: v for k, v in os.environ.items() if k not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "heatdesk", *arguments],
        env={**kept, **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(("scale", "size"), [("1", (700, 450)), ("2", (1400, 900))])
def test_snapshot_writes_a_picture_of_the_size_asked_for(qapp, stored, tmp_path, capsys, scale, size):
    out = tmp_path / "p.png"
    status = cli.main(["snapshot", *QUESTION, "--size", "700x450", "--scale", scale, "--out", str(out)])
    assert status == 0
    picture = QImage(str(out))
    assert (picture.width(), picture.height()) == size
    colours = {picture.pixel(x, y) for x in range(0, size[0], 9) for y in range(0, size[1], 9)}
    assert len(colours) > 50
    assert "×" in capsys.readouterr().out


def test_themes_differ(qapp, stored, tmp_path):
    for theme in ("dark", "light"):
        out = tmp_path / f"{theme}.png"
        assert (
            cli.main(["snapshot", *QUESTION, "--theme", theme, "--size", "500x400", "--out", str(out)]) == 0
        )
    dark, light = (QImage(str(tmp_path / f"{theme}.png")) for theme in ("dark", "light"))
    assert dark.pixelColor(2, 2).lightness() < light.pixelColor(2, 2).lightness()


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ([*QUESTION, "--out", "p.jpg"], 2, ".png"),
        ([*QUESTION, "--size", "big", "--out", "p.png"], 2, "2560x1440"),
        ([*QUESTION, "--size", "10x10", "--out", "p.png"], 2, "range"),
        ([*QUESTION, "--scale", "0", "--out", "p.png"], 2, "scale"),
        ([*QUESTION, "--size", "16000x9000", "--scale", "2", "--out", "p.png"], 2, "too large"),
        (["--exchange", "binance", "--symbol", "NO/SUCH:COIN", "--out", "p.png"], 3, "NO/SUCH:COIN"),
        (["--exchange", "mars", "--symbol", BTC, "--out", "p.png"], 3, "mars"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(
    qapp, stored, monkeypatch, tmp_path, capsys, arguments, status, says
):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["snapshot", *arguments]) == status
    told = capsys.readouterr().err
    assert says in told
    assert "Traceback" not in told
    assert list(tmp_path.glob("p.*")) == []


def test_a_folder_that_does_not_exist_is_told(qapp, stored, tmp_path, capsys):
    out = tmp_path / "nowhere" / "p.png"
    assert cli.main(["snapshot", *QUESTION, "--size", "400x400", "--out", str(out)]) == 5
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_run_without_a_display_says_so_and_writes_a_picture(stored, tmp_path):
    done = heatdesk("run", cwd=tmp_path, HEATDESK_HOME=str(stored))
    assert done.returncode == 0, done.stderr
    assert "no display" in done.stdout
    assert BTC in done.stdout
    assert QImage(str(tmp_path / "heatdesk.png")).width() == 1920


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_run_without_a_display_and_without_history_says_what_to_do(tmp_path):
    done = heatdesk("run", cwd=tmp_path, HEATDESK_HOME=str(tmp_path / "new"))
    assert done.returncode == 4
    assert "heatdesk import" in done.stderr
    assert done.stderr.count("\n") == 1


def test_these_bindings_are_sound(qapp):
    app.refuse_broken_bindings()
