"""settings.toml: whatever it holds, heatdesk starts, says what it did, and loses nothing."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heatdesk.declared import Declaration
from heatdesk.errors import BadInputError, MachineError
from heatdesk.settings import Loaded, Settings, groups, load, save
from heatdesk.settings.file import MOST_BYTES, settings_path
from tests.settings.mutations import damaged

CHOSEN = (
    Settings()
    .changed("display", theme="light", gamma=0.6, time_zone="Asia/Singapore", side="short")
    .changed("currency", code="SGD", rate=1.29, rate_date="2026-02-08")
    .changed("clusters", minimum_usd=5e6)
    .changed("model", churn=0.3, estimator="volume")
    .changed("session", recent_symbols=["BTC/USDT:USDT", "ETH/USDT:USDT"], exchanges=["okx"], lookback="30d")
)


@pytest.fixture
def file(home: Path) -> Path:
    """The file with some settings chosen."""
    save(CHOSEN)
    return settings_path()


def write(path: Path, raw: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)


def set_aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.damaged-*"))


def test_nothing_chosen_yet(home: Path):
    assert load() == (Settings(), (), True)
    assert not settings_path().exists()


def test_what_is_saved_is_loaded_and_private(file: Path):
    assert load() == (CHOSEN, (), True)
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_only_what_differs_is_written(file: Path):
    values = tomllib.loads(file.read_text())
    assert values["model"] == {"churn": 0.3, "estimator": "volume"}
    assert "simulation" not in values
    assert values["entries"] == sum(len(v) for v in values.values() if isinstance(v, dict))


def value_of(declaration: Declaration) -> st.SearchStrategy[object]:
    match declaration.kind:
        case "choice":
            return st.sampled_from(declaration.choices)
        case "switch":
            return st.booleans()
        case "number":
            return st.floats(declaration.low, declaration.high)
    examples = {
        "palette": ("dark-bright", "a"),
        "time_zone": ("UTC", "America/Argentina/Buenos_Aires", "Pacific/Chatham"),
        "recent_symbols": ((), ("BTC/USDT:USDT",), tuple(f"X{i}/USD" for i in range(20))),
        "exchanges": ((), ("okx", "gate-io")),
    }
    return st.sampled_from(examples[declaration.name]) if declaration.name in examples else st.nothing()


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_round_trip_changes_nothing(home: Path, data: st.DataObject):
    """Any settings over any that are already in the file."""
    chosen = load().settings
    for _ in range(data.draw(st.integers(1, 4))):
        group = data.draw(
            st.sampled_from([g for g in groups() if g.name not in ("currency", "scale", "ages")])
        )
        declaration = data.draw(st.sampled_from(group.declarations))
        chosen = chosen.changed(group.name, **{declaration.name: data.draw(value_of(declaration))})
    save(chosen)
    assert load() == (chosen, (), True)


def test_comments_and_unknown_keys_stay(file: Path):
    text = file.read_text().replace("gamma = 0.6", "gamma = 0.6  # faint levels too\nsparkle = [1, 2]")
    write(file, f"# mine\n{text}\n[plugins.x]\nkey = 'v'\n")
    save(load().settings.changed("display", gamma=0.7).changed("scale", locked=True, low=1, high=9))
    saved = file.read_text()
    assert "# mine\n" in saved
    assert "gamma = 0.7  # faint levels too\n" in saved
    values = tomllib.loads(saved)
    assert values["plugins"] == {"x": {"key": "v"}}
    assert values["display"]["sparkle"] == [1, 2]
    assert load().notices == ()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("display.gamma = 99", "display.gamma: Gamma is 99; it must lie between 0.2 and 5. Its default 1 is used."),
        ("display.gamma = nan", "Gamma is nan; it must lie between"),
        ("display.gamma = true", "Gamma is true; it must lie"),
        ("display.gamma = '1'", "Gamma is '1'; it must lie"),
        (f"display.gamma = 0x{'f' * 5000}", "Gamma is a number of more than 18 digits"),
        ("display.theme = 'blue'", "Theme 'blue' is unknown; use one of dark, light, system"),
        ("display.theme = 2026-02-08", "Theme 2026-02-08 is unknown"),
        ("display.reduced_motion = 1", "Reduced motion is 1; write true or false"),
        ("display.time_zone = 'Europe'", "write an IANA name such as Europe/Berlin"),
        ("display.time_zone = '../../etc/passwd'", "write an IANA name"),
        ("display.time_zone = 'A\\u0000B'", "write an IANA name"),
        ('display.palette = "../secret"', "write the name of a palette"),
        ("display = 5", "display: 5 stands where a table should"),
        ("currency.code = 'euro'", "write a code of 2 to 6 capital letters"),
        ("currency.code = 'EUR'", "The rate of EUR has no date"),
        ("currency.rate = 1.2", "One USD is 1.2 USD"),
        ("currency = {code = 'EUR', rate = 0.9, rate_date = '8.2.2026'}", "write a day as 2026-02-08"),
        ("scale.locked = true", "give the lower limit first"),
        ("session.recent_symbols = 'BTC'", "write a list of texts"),
        ("session.recent_symbols = ['A', 1]", "write a list of texts"),
        ("session.recent_symbols = ['A', 'A']", "at most 20 different symbols"),
        ("session.exchanges = [['okx']]", "write a list of texts"),
        ("model.churn = -1", "model.churn: Churn χ is -1"),
    ],
)  # fmt: skip
def test_a_wrong_value_falls_back_alone_and_is_told(home: Path, line: str, words: str):
    path = settings_path()
    written = f"schema = 1\nentries = 1\nsimulation.speed = 7\n{line}\n"
    if "\\u" in line:
        written = written.replace("'", '"')
    write(path, written)
    loaded = load()
    assert loaded.settings == Settings().changed("simulation", speed=7)
    assert any(words in notice for notice in loaded.notices), loaded.notices
    assert path.read_text() == written
    save(loaded.settings)
    assert load() == (loaded.settings, (), True)
    assert [p.read_text() for p in set_aside(path)] == [written]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
        (b"schema = 1\n[display\n", "damaged"),
        (b"schema = 1\n" + b"#" * MOST_BYTES, "larger than 64 KiB"),
        (b"a = " + b"[" * 50_000, "nested too deep"),
        (b"a = " + b"9" * 5_000, "digits"),
        (b".".join([b"a"] * 30_000) + b" = 1", "more dots than settings have"),
        (b"".join(b"a.b.c%d = 1\n" % i for i in range(600)), "more dots than settings have"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_what_is_no_settings_file_is_set_aside(home: Path, raw: bytes, words: str):
    path = settings_path()
    write(path, raw)
    loaded = load()
    assert loaded.settings == Settings()
    assert len(loaded.notices) == 1
    assert words in loaded.notices[0]
    assert "settings.toml.damaged-1" in loaded.notices[0]
    assert not path.exists()
    assert set_aside(path)[0].read_bytes() == raw
    save(CHOSEN)
    assert load() == (CHOSEN, (), True)


def test_a_byte_order_mark_and_windows_line_ends_are_no_damage(file: Path):
    write(file, b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert load() == (CHOSEN, (), True)
    save(CHOSEN.changed("display", gamma=2))
    assert load() == (CHOSEN.changed("display", gamma=2), (), True)


def test_a_folder_or_a_pipe_in_its_place_is_set_aside(home: Path):
    path = settings_path()
    path.mkdir(parents=True)
    assert "not a plain file" in load().notices[0]
    if hasattr(os, "mkfifo"):
        os.mkfifo(path)
        assert "not a plain file" in load().notices[0]
    assert len(set_aside(path)) == 2


def test_five_damaged_files_are_kept(home: Path):
    path = settings_path()
    for i in range(8):
        write(path, f"[{i}")
        assert f"damaged-{i + 1}," in load().notices[0]
    assert [p.read_text() for p in set_aside(path)] == ["[3", "[4", "[5", "[6", "[7"]


def test_a_file_from_the_future_is_read_and_never_downgraded(home: Path):
    path = settings_path()
    write(
        path,
        "schema = 3\nentries = 4\n[display]\ngamma = 2\ntheme = {day = 'light', night = 'dark'}\n"
        "hologram = true\n[moods]\nhappy = 1\n",
    )
    loaded = load()
    assert loaded.settings == Settings().changed("display", gamma=2)
    assert "newer heatdesk (schema 3" in loaded.notices[0]
    save(loaded.settings.changed("display", side="long"))
    values = tomllib.loads(path.read_text())
    assert values["schema"] == 3
    assert values["display"] == {
        "gamma": 2, "theme": {"day": "light", "night": "dark"}, "hologram": True, "side": "long",
    }  # fmt: skip
    assert values["moods"] == {"happy": 1}
    save(load().settings.changed("display", theme="light"))
    assert load().settings.display.theme == "light"


def test_a_home_that_cannot_be_written_is_told_once(home: Path):
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file where the folder should be")
    loaded = load()
    assert loaded.settings == Settings()
    assert not loaded.can_save
    assert len(loaded.notices) == 1
    assert "last until heatdesk closes" in loaded.notices[0]
    with pytest.raises(MachineError, match="last until heatdesk closes"):
        save(CHOSEN)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_read_only_folder_keeps_what_is_in_it(file: Path):
    write(file, "[broken")
    file.parent.chmod(0o500)
    try:
        loaded = load()
        assert (loaded.settings, loaded.can_save) == (Settings(), False)
        assert "stays as it is" in loaded.notices[-1]
        with pytest.raises(MachineError):
            save(CHOSEN)
        assert file.read_text() == "[broken"
    finally:
        file.parent.chmod(0o700)


@pytest.mark.skipif(os.name != "posix", reason="links need a right of their own elsewhere")
def test_a_link_to_the_users_own_collection_stays_a_link(file: Path, tmp_path: Path):
    own = tmp_path / "dotfiles.toml"
    file.replace(own)
    (file.parent / "settings.toml").symlink_to(own)
    save(CHOSEN.changed("display", gamma=3))
    assert (file.parent / "settings.toml").is_symlink()
    assert "gamma = 3.0" in own.read_text()


def loads(path: Path, raw: bytes) -> Loaded:
    """Load damaged bytes: settings come out, and the bytes are still there."""
    for old in set_aside(path):
        old.unlink()
    write(path, raw)
    loaded = load()
    assert raw in [p.read_bytes() for p in (path, *set_aside(path)) if p.exists()]
    return loaded


def loads_and_saves(path: Path, raw: bytes) -> None:
    """Damaged bytes can be built upon; what was told is mended, and the bytes are still there."""
    loaded = loads(path, raw)
    changed = loaded.settings.changed("simulation", speed=3)
    save(changed)
    again = load()
    assert again.settings == changed
    if loaded.notices and not any("newer heatdesk" in notice for notice in loaded.notices):
        assert again.notices == ()
        assert raw in [p.read_bytes() for p in set_aside(path)]


def test_truncated_at_every_byte(file: Path):
    raw = file.read_bytes()
    for end in range(len(raw)):
        loaded = loads(file, raw[:end])
        assert loaded.settings == CHOSEN or loaded.notices, raw[:end]
    for end in range(0, len(raw), 5):
        loads_and_saves(file, raw[:end])


@pytest.mark.parametrize(
    "count", [500, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_random_damage(file: Path, count: int):
    for i, raw in enumerate(damaged(file.read_bytes(), count, seed=count)):
        if i % 5:
            loads(file, raw)
        else:
            loads_and_saves(file, raw)


def test_settings_refuse_what_their_declarations_refuse():
    with pytest.raises(BadInputError, match="Gamma is 9"):
        Settings().changed("display", gamma=9)
    with pytest.raises(BadInputError, match="has no date"):
        Settings().changed("currency", code="EUR", rate=0.9)
    with pytest.raises(KeyError):
        Settings().changed("display", colour="green")


def test_recent_symbols_are_few_and_the_latest_first():
    session = Settings().session
    for i in [*range(30), 15]:
        session = session.with_symbol(f"X{i}/USDT:USDT")
    assert len(session.recent_symbols) == 20
    assert session.recent_symbols[:2] == ("X15/USDT:USDT", "X29/USDT:USDT")


@pytest.mark.parametrize("group", groups(), ids=lambda g: g.name)
def test_every_setting_presents_itself(group: tuple[object, ...]):
    assert group.label
    for declaration in group.declarations:
        assert declaration.label and declaration.help
        assert (declaration.kind == "number") == (declaration.low is not None)
        assert declaration.default == getattr(group.kind(), declaration.name)


SAVER = """
from heatdesk.settings import Settings, save
for i in range(10_000):
    save(Settings().changed("simulation", speed=1 + i % 7).changed("display", gamma=1 + i % 3))
    print("saved", flush=True)
"""


@pytest.mark.parametrize("kills", [4, pytest.param(100, marks=pytest.mark.slow)])
def test_killed_while_saving(home: Path, kills: int):
    """S1: whole settings, old or new, whenever the process dies."""
    chance = random.Random(kills)
    for _ in range(kills):
        with subprocess.Popen([sys.executable, "-c", SAVER], stdout=subprocess.PIPE) as saver:
            for _ in range(chance.randrange(1, 20)):
                saver.stdout.readline()
            time.sleep(chance.random() * 0.005)
            saver.kill()
        loaded = load()
        assert loaded.notices == ()
        assert 1 <= loaded.settings.simulation.speed <= 7
