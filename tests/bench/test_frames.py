"""The matrix of frames at sizes that take no time: every case is measured, and the table says what was."""

import json

from tests.bench.__main__ import line
from tests.bench.frames import MOST, VIEW_CHANGES, Case, table_of
from tests.bench.frames_window import cases_of, measure
from tests.bench.scenes import ChartScene, Scene, bands

TINY = (240, 160)


def test_every_action_is_measured_beside_an_empty_plot(qtbot) -> None:
    empty, chart = Scene.empty(TINY), ChartScene(bands(30, 20, 30), TINY)
    cases = cases_of(empty, chart)
    measure(list(cases.values()), budget_s=0.0)
    told = {name: case.told() for name, case in cases.items()}
    assert set(told) == {"empty", "tick", "new data", *VIEW_CHANGES}
    assert all(frame["s"] > 0 and frame["bytes"] == 0 for frame in told.values())
    for scene in (empty, chart):
        scene.close()


def test_the_table_tells_ratios_milliseconds_and_bytes() -> None:
    frames = {name: {"s": 0.004, "bytes": 0.0} for name in ("empty", "tick", "new data", *VIEW_CHANGES)}
    slow = frames | {"pan": {"s": 0.02, "bytes": 0.0}, "side": {"s": 0.004, "bytes": 7.0}}
    told = json.loads(json.dumps({"processor": slow, "gl": slow, "renderer": "a card"}))
    table = {row["name"]: row for row in table_of(Case(4_000, 2_000, 1600, 900), told)}
    pan = table["4,000×2,000 at 1600×900, processor: pan ÷ empty pan"]
    assert (pan["value"], pan["target"], pan["ok"], pan["also"]) == (5.0, MOST["pan"], False, {"ms": 20.0})
    by_gl = table["4,000×2,000 at 1600×900, OpenGL: pan ÷ empty pan"]
    assert (by_gl["target"], by_gl["ok"], by_gl["also"]) == (None, True, {"ms": 20.0, "bytes uploaded": 0})
    uploaded = table["4,000×2,000 at 1600×900, a card: bytes uploaded by all view changes"]
    assert (uploaded["value"], uploaded["ok"]) == (7.0, False)
    shown = line({name: value for name, value in pan.items() if name != "also"} | pan["also"])
    assert shown.endswith("20.0 ms")
    assert "MISSED" in shown


def test_what_cannot_be_measured_is_said() -> None:
    frames = {name: {"s": 0.004, "bytes": 0.0} for name in ("empty", "tick", "new data", *VIEW_CHANGES)}
    table = table_of(Case(10, 10, 100, 100), {"processor": frames, "without gl": "no screen"})
    assert [row["name"] for row in table if "no screen" in row["name"]]
