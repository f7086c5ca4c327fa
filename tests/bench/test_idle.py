"""What an idle window costs and what repaints leave behind: the rows, and a few repaints that are really measured."""

from tests.bench import idle, leaks
from tests.bench.scenes import ChartScene, bands


def test_the_rows_of_an_idle_window() -> None:
    table = {row["name"]: row for row in idle.table_of([2.0, 6.0], grown_mb=0.5, messages_a_second=1.0)}
    mean = table["idle live window for 2 min: processor"]
    assert (mean["value"], mean["target"], mean["ok"]) == (4.0, idle.MOST_OF_A_CORE, False)
    assert table["idle live window for 2 min: processor, its busiest minute"]["value"] == 6.0
    assert table["idle live window for 2 min: memory grows by"]["value"] == 0.5


def test_repaints_are_counted_in_two_halves(qtbot) -> None:
    scene = ChartScene(bands(30, 20, 30), (240, 160))
    assert abs(leaks.grown_by(scene, 8, warm_up=4)) < 64 << 20
    scene.close()


def test_a_leak_is_a_missed_target() -> None:
    row = leaks.row_of("OpenGL", {"bytes": 2 << 20})
    assert (row["value"], row["ok"]) == (2.0, False)
    assert leaks.row_of("OpenGL", {"missing": "no screen"})["name"].endswith("no screen")
