"""window.json: a blob comes back bit for bit or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heatdesk.errors import MachineError
from heatdesk.machine.window_state import MOST_BYTES, WindowState, load, save, window_path
from tests.settings.mutations import damaged

STATE = WindowState(b"\x01geometry" * 7, bytes(range(256)), "6.11.3")


def test_nothing_kept_yet(home: Path):
    assert load("6.11.3") == (None, ())


@given(geometry=st.binary(max_size=300), state=st.binary(max_size=2_000))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_saved_comes_back(home: Path, geometry: bytes, state: bytes):
    kept = WindowState(geometry, state, "6.12.0")
    save(kept)
    assert load("6.12.1") == (kept, ())


def test_another_qt_does_not_get_it(home: Path):
    save(STATE)
    assert load("6.12.0") == (
        None,
        ("window.json was saved by Qt 6.11.3, this is 6.12.0; the window opens as new.",),
    )
    assert load("6.11.9").state == STATE


def test_a_state_too_big_to_be_one_is_refused(home: Path):
    with pytest.raises(MachineError, match="more than is kept"):
        save(WindowState(b"", bytes(MOST_BYTES), "6.11.3"))
    assert not window_path().exists()


def trusted_or_set_aside(path: Path, raw: bytes) -> None:
    for old in path.parent.glob("*.damaged-*"):
        old.unlink()
    path.write_bytes(raw)
    state, notices = load("6.11.3")
    if state is not None:  # what changed was white space between the values
        assert (state, notices) == (STATE, ())
        assert path.read_bytes() == raw
    else:
        assert len(notices) == 1
        assert "damaged-1" in notices[0]
        assert not path.exists()
        assert (path.parent / "window.json.damaged-1").read_bytes() == raw


def test_truncated_at_every_byte(home: Path):
    save(STATE)
    raw = window_path().read_bytes()
    for end in range(len(raw)):
        trusted_or_set_aside(window_path(), raw[:end])


@pytest.mark.parametrize(
    "count", [500, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_random_damage(home: Path, count: int):
    save(STATE)
    for raw in damaged(window_path().read_bytes(), count, seed=count):
        trusted_or_set_aside(window_path(), raw)


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b"[]", b"null", b'{"qt": 5}', b"1" * 5_000, bytes(MOST_BYTES + 1)]
)
def test_other_json_is_no_state(home: Path, raw: bytes):
    window_path().parent.mkdir(parents=True)
    trusted_or_set_aside(window_path(), raw)
