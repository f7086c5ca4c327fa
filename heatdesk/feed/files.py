"""From paths to the plain bytes of tables: folders, gzip, zip and checksum files, none of them trusted."""

from __future__ import annotations

import hashlib
import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NoReturn

from heatdesk.errors import BadInputError

MAX_BYTES: Final = 512 << 20  # of one table, unpacked; a year of 1m klines has 60 MiB
SUFFIXES: Final = (".csv", ".csv.gz", ".zip", ".parquet")
COVERAGE: Final = "_coverage"
CHECKSUM: Final = ".CHECKSUM"

QUOTES: Final = ("USDT", "USDC", "FDUSD", "BUSD", "USD")  # what file names end a pair with
_PAIR: Final = re.compile(rf"[A-Z0-9]{{2,20}}({'|'.join(QUOTES)})")
_NOT_TRADED: Final = re.compile(r"[-_.](mark|index|premium)[-_.]")
_NOT_TRADED_FOLDERS: Final = {"markpriceklines", "indexpriceklines", "premiumindexklines"}


def table_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files named, and of every folder named those below it that look like tables, each once, by name.

    Coverage and checksum files come with the file they stand beside, not on their own. Raises BadInputError for
    what does not exist, is neither file nor folder, or is a folder without a table.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(_tables_below(path)))
        elif not path.exists():
            raise BadInputError(f"{path} does not exist; check the path.")
        elif not _comes_along(path):
            found[path] = None
    if not found:
        raise BadInputError(
            f"Nothing to import: name a {', '.join(SUFFIXES)} file or a folder that holds some."
        )
    return tuple(found)


def _tables_below(folder: Path) -> list[Path]:
    tables = [path for path in sorted(folder.rglob("*")) if _is_table(path)]
    if not tables:
        raise BadInputError(f"{folder} holds no {', '.join(SUFFIXES)} file; name a folder that does.")
    for path in tables:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise BadInputError(f"{path} is a link out of {folder}; name the file itself if you mean it.")
    return tables


def _is_table(path: Path) -> bool:
    is_visible = not path.name.startswith(".")
    return path.name.lower().endswith(SUFFIXES) and is_visible and not _comes_along(path) and path.is_file()


def _comes_along(path: Path) -> bool:
    return path.suffix == CHECKSUM or stem(path).endswith(COVERAGE)


def stem(path: Path) -> str:
    """The file's name without what its format adds."""
    suffix = next((s for s in SUFFIXES if path.name.lower().endswith(s)), path.suffix)
    return path.name[: len(path.name) - len(suffix)]


def archive_name(symbol: str) -> str:
    """The symbol as archives spell it: BTCUSDT for BTC/USDT:USDT."""
    return re.sub(r"[^A-Z0-9]", "", symbol.upper().split(":")[0])


def misfit_by_name(path: Path, symbol: str, source: str) -> str | None:
    """Why a file's name says that its rows belong elsewhere, in words; None where it says nothing of the kind."""
    first = re.split(r"[-_.]", path.name)[0]
    if _PAIR.fullmatch(first) and first != archive_name(symbol):
        return f"is of {first} by its name, not of {symbol}; give its own --symbol or rename it"
    folders = {part.lower() for part in path.parts[:-1]}
    if not source and (_NOT_TRADED.search(path.name.lower()) or folders & _NOT_TRADED_FOLDERS):
        return "holds mark or index prices by its name, not trades; keep them apart with --source mark"
    return None


def plain_bytes(path: Path) -> bytes:
    """The unpacked content of one file, checked against its checksum where one stands beside it.

    Raises BadInputError for what is truncated, damaged, larger than ``MAX_BYTES`` or not a regular file.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadInputError(f"{path} is not a regular file; name a file or a folder.")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be read ({error.strerror}); check the path and its permissions."
        ) from None
    if len(raw) > MAX_BYTES:
        _too_large(path)
    _verify(path, raw)
    name = path.name.lower()
    data = (
        _unzipped(path, raw)
        if name.endswith(".zip")
        else _gunzipped(path, raw)
        if name.endswith(".gz")
        else raw
    )
    if not data or data.isspace():
        raise BadInputError(f"{path} is empty; download or export it again.")
    return data


def _verify(path: Path, raw: bytes) -> None:
    """Compare with ``FILE.CHECKSUM`` beside the file: a SHA-256 in hexadecimal, then the file's name."""
    beside = path.with_name(path.name + CHECKSUM)
    if not beside.is_file():
        return
    with beside.open("rb") as file:
        told = re.match(rb"\s*([0-9a-fA-F]{64})\b", file.read(1024))
    if told is None:
        raise BadInputError(f"{beside} holds no SHA-256 checksum; download it again or remove it.")
    if hashlib.sha256(raw).hexdigest() != told[1].decode().lower():
        raise BadInputError(f"{path} does not match {beside.name}; download it again.")


def _gunzipped(path: Path, raw: bytes) -> bytes:
    """All members of a gzip file; one call per member, because a stream read piece by piece costs twice the time."""
    members: list[bytes] = []
    room = MAX_BYTES + 1
    try:
        while raw:
            stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            members.append(stream.decompress(raw, room))
            room -= len(members[-1])
            if room <= 0:
                _too_large(path)
            if not stream.eof:
                raise BadInputError(
                    f"{path} is truncated: it ends within the gzip stream; download it again."
                )
            raw = stream.unused_data
    except zlib.error as error:
        raise BadInputError(f"{path} is damaged gzip ({error}); download it again.") from None
    return members[0] if len(members) == 1 else b"".join(members)


def _unzipped(path: Path, raw: bytes) -> bytes:
    """The one CSV a Binance Vision archive holds; anything else in it is refused, never written anywhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            if len(members) != 1 or not _is_plain_csv(members[0]):
                names = ", ".join(repr(member.filename[:60]) for member in members[:3]) or "nothing"
                raise BadInputError(
                    f"{path} should hold exactly one CSV file but holds {names}; take the CSV out and import that."
                )
            with archive.open(members[0]) as file:
                data = file.read(MAX_BYTES + 1)
    # RuntimeError: encrypted; NotImplementedError: a compression that Python lacks
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        raise BadInputError(f"{path} is a damaged or encrypted zip; download it again.") from None
    return data if len(data) <= MAX_BYTES else _too_large(path)


def _is_plain_csv(member: zipfile.ZipInfo) -> bool:
    name = member.filename
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    return (
        re.fullmatch(r"[\w][\w.+ ()-]*\.csv", name, re.ASCII) is not None and ".." not in name and not is_link
    )


def _too_large(path: Path) -> NoReturn:
    raise BadInputError(f"{path} unpacks to more than {MAX_BYTES >> 20} MiB; split it.")
