"""The store under what happens to disks and processes (faults.md S1, S3, S6): nothing acknowledged is lost."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from heatdesk.errors import MachineError
from heatdesk.store.sqlite import SqliteStore
from tests.store.samples import CANDLES, candles, same

WRITE_DAYS = """
import sys
from pathlib import Path
from heatdesk.store.sqlite import SqliteStore
from tests.store.samples import CANDLES, candles
rows = candles(24 * 400)
with SqliteStore(Path(sys.argv[1])) as store:
    for start in range(int(sys.argv[2]), len(rows), 12):
        store.append(CANDLES, rows.take(slice(start, start + 12)))
        print(start + 12, flush=True)
"""
READ_WHILE_WRITTEN = """
import sys
from pathlib import Path
from heatdesk.store.sqlite import SqliteStore
from tests.store.samples import CANDLES, candles, same
rows = candles(24 * 400)
reader = SqliteStore(Path(sys.argv[1]), read_only=True)
seen = 0
while seen < len(rows):
    reading = reader.read(CANDLES)
    count = len(reading.records)
    assert not reading.damaged and count >= seen and count % 12 == 0, (count, seen, reading.damaged)
    assert same(reading.records, rows.take(slice(0, count)))
    seen = count
"""
FILL_UP = """
import resource, sys
from pathlib import Path
from heatdesk.errors import MachineError
from heatdesk.store.sqlite import SqliteStore
from tests.store.samples import CANDLES, candles, same
rows = candles(24 * 3000)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
stored = 0
with SqliteStore(Path(sys.argv[1])) as store:
    try:
        for stored in range(0, len(rows), 240):
            store.append(CANDLES, rows.take(slice(stored, stored + 240)))
    except MachineError as error:
        assert same(store.read(CANDLES).records, rows.take(slice(0, stored)))
        print(stored, error)
        sys.exit(5)
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    checkout = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_a_writer(folder: Path, rounds: int) -> None:
    """SIGKILL a writing process at a random moment, again and again in the same folder."""
    random_ = random.Random(rounds)
    rows = candles(24 * 400)
    acknowledged = 0
    for _ in range(rounds):
        writer = start(WRITE_DAYS, folder, acknowledged)
        assert writer.stdout is not None
        assert writer.stderr is not None
        first = writer.stdout.readline()
        time.sleep(random_.uniform(0, 0.15))
        writer.kill()
        lines = [first, *writer.stdout.read().splitlines()]
        assert writer.wait() in (-signal.SIGKILL, 0), writer.stderr.read()
        writer.stdout.close()
        writer.stderr.close()
        acknowledged = max([acknowledged, *(int(line) for line in lines if line.strip())])
        reading = SqliteStore(folder, read_only=True).read(CANDLES)
        assert reading.damaged == ()
        assert len(reading.records) >= acknowledged
        assert same(reading.records, rows.take(slice(0, len(reading.records))))
        acknowledged = len(reading.records) if len(reading.records) < len(rows) else 0
        if not acknowledged:
            shutil.rmtree(folder)


def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    kill_a_writer(tmp_path / "history", 5)


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_200_times(tmp_path: Path) -> None:
    kill_a_writer(tmp_path / "history", 200)


def test_readers_in_other_processes_never_wait_and_never_see_half_an_append(tmp_path: Path) -> None:
    SqliteStore(tmp_path).close()
    readers = [start(READ_WHILE_WRITTEN, tmp_path) for _ in range(2)]
    writer = start(WRITE_DAYS, tmp_path, 0)
    try:
        for process in (writer, *readers):
            _, errors = process.communicate(timeout=200)
            assert process.returncode == 0, errors
    finally:
        for process in (writer, *readers):
            process.kill()


def test_a_writer_that_died_leaves_no_lock(tmp_path: Path) -> None:
    writer = start(WRITE_DAYS, tmp_path, 0)
    assert writer.stdout is not None
    writer.stdout.readline()
    with pytest.raises(MachineError, match=rf"process {writer.pid}\) is writing"):
        SqliteStore(tmp_path)
    writer.kill()
    writer.communicate()
    SqliteStore(tmp_path).close()


def test_a_file_that_may_not_grow_keeps_what_it_has(tmp_path: Path) -> None:
    writer = start(FILL_UP, tmp_path)
    out, errors = writer.communicate(timeout=60)
    assert writer.returncode == 5, errors
    stored = int(out.split()[0])
    rows = candles(24 * 3000)
    assert stored > 0
    with SqliteStore(tmp_path) as store:
        assert same(store.read(CANDLES).records, rows.take(slice(0, stored)))
        store.append(CANDLES, rows)
        assert same(store.read(CANDLES).records, rows)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
    if done.returncode:
        pytest.skip(f"this machine mounts no tmpfs: {done.stderr.decode()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_told_and_what_was_stored_stays(small_disk: Path) -> None:
    rows = candles(24 * 4000)
    stored = 0
    with SqliteStore(small_disk) as store:
        with pytest.raises(MachineError, match=r"is full|cannot be|The disk") as told:
            for stored in range(0, len(rows), 480):
                store.append(CANDLES, rows.take(slice(stored, stored + 480)))
        assert "binance.sqlite" in str(told.value)
        assert stored > 0
        assert same(store.read(CANDLES).records, rows.take(slice(0, stored)))
    (small_disk / "filler").write_bytes(bytes(max(0, free(small_disk))))
    assert same(SqliteStore(small_disk, read_only=True).read(CANDLES).records, rows.take(slice(0, stored)))
    (small_disk / "filler").unlink()
    with SqliteStore(small_disk) as store:
        assert same(store.read(CANDLES).records, rows.take(slice(0, stored)))


def test_a_read_only_folder_can_be_read_and_is_told_when_written(small_disk: Path) -> None:
    rows = candles(100)
    with SqliteStore(small_disk) as store:
        store.append(CANDLES, rows)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert same(SqliteStore(small_disk, read_only=True).read(CANDLES).records, rows)
    with pytest.raises(MachineError, match=r"cannot be written.*HEATDESK_HOME"):
        SqliteStore(small_disk)
    with pytest.raises(MachineError, match="cannot be written"):
        SqliteStore(small_disk / "deeper")


def free(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize
