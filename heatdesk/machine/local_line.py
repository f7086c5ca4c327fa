"""Messages between programs of the same user on the same machine: nobody else can call, or answer in our place.

A Unix socket that only its owner may open; where there is none, or its path would be too long for one, a loopback port
whose two ends prove to each other that they know the secret in a private file.
"""

from __future__ import annotations

import hmac
import os
import secrets
import select
import socket
import struct
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from heatdesk.machine.files import PRIVATE, UnreadableError, read_bounded, whole_file

MOST_BYTES: Final = 16 * 1024 * 1024  # of a message
_LENGTH: Final = struct.Struct(">I")
_LONGEST_PATH: Final = 100  # bytes that every system allows a socket's path
_PATIENCE_S: Final = 2.0  # for a whole message that has begun, and for a handshake
_NONCE: Final = 32
_MOST_ADDRESS_BYTES: Final = 200


class LineError(Exception):
    """The other end has gone, or does not speak as it should."""


class Line:
    """One end of a line; whole messages go in and come out. Methods raise LineError; one thread at a time uses it."""

    def __init__(self, end: socket.socket, most_bytes: int = MOST_BYTES) -> None:
        end.settimeout(_PATIENCE_S)
        self._end, self._most = end, most_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def send(self, message: bytes) -> None:
        """Say something; waits no longer than two seconds for an end that does not listen."""
        try:
            self._end.sendall(_LENGTH.pack(len(message)) + message)
        except OSError as error:
            raise LineError(f"nobody listens ({error})") from error

    def receive(self, within_s: float) -> bytes | None:
        """The next message, None where none has begun in time."""
        try:
            if not select.select([self._end], [], [], within_s)[0]:
                return None
            (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
            if length > self._most:
                raise LineError(f"a message of {length:,} bytes")
            return self._exactly(length)
        except (OSError, ValueError) as error:  # ValueError: closed meanwhile
            raise LineError(f"the line is dead ({error})") from error

    def close(self) -> None:
        """Hang up."""
        self._end.close()

    def _exactly(self, length: int) -> bytes:
        whole = bytearray()
        while len(whole) < length:
            part = self._end.recv(min(length - len(whole), 1 << 16))
            if not part:
                raise LineError("the other end has gone")
            whole += part
        return bytes(whole)


class Door:
    """Where others call: open from construction to `close`. Raises OSError where it cannot be opened.

    `name` is a file's in `folder`, which only the user may open. A door that a killed process left is replaced: whoever
    opens one holds a lock of their own. Messages from callers may have `most_bytes`.
    """

    def __init__(self, folder: Path, name: str, most_bytes: int = 64 * 1024) -> None:
        self._most = most_bytes
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._path = _unix_path(folder, name) or _port_path(folder, name)
        self._path.unlink(missing_ok=True)
        self._secret = b""
        if self._path.suffix == ".port":
            self._secret = secrets.token_bytes(_NONCE)
            self._ear = socket.create_server(("127.0.0.1", 0))
            told = f"{self._ear.getsockname()[1]} {self._secret.hex()}"
            whole_file(self._path, lambda path: _write(path, told), mode=PRIVATE)
        else:
            self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._ear.bind(str(self._path))
            self._path.chmod(PRIVATE)
            self._ear.listen(64)

    def accept(self, within_s: float) -> Line | None:
        """The next caller; None where nobody calls in time, or somebody who does not know the secret."""
        try:
            if not select.select([self._ear], [], [], within_s)[0]:
                return None
            line = Line(self._ear.accept()[0], self._most)
        except (OSError, ValueError):
            return None
        if self._secret and not _challenged(line, self._secret):
            line.close()
            return None
        return line

    def close(self) -> None:
        """Take no more calls."""
        self._ear.close()
        self._path.unlink(missing_ok=True)


def call(folder: Path, name: str) -> Line | None:
    """A line to whoever opened that door; None where nobody has, or somebody else sits there by now."""
    path = _unix_path(folder, name)
    try:
        if path is not None:
            end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            end.settimeout(_PATIENCE_S)
            try:
                end.connect(str(path))
            except OSError:
                end.close()
                return None
            return Line(end)
        told = read_bounded(_port_path(folder, name), _MOST_ADDRESS_BYTES)
        if told is None:
            return None
        port, secret = told.decode("ascii").split()
        line = Line(socket.create_connection(("127.0.0.1", int(port)), _PATIENCE_S))
        if _answered(line, bytes.fromhex(secret)):
            return line
        line.close()
    except (OSError, UnreadableError, ValueError):
        return None
    return None


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii")


def _challenged(line: Line, secret: bytes) -> bool:
    """Whether the caller knows the secret; then it is told that we do, too."""
    ours = secrets.token_bytes(_NONCE)
    try:
        line.send(ours)
        answer = line.receive(_PATIENCE_S) or b""
        proof, theirs = answer[:_NONCE], answer[_NONCE:]
        if len(theirs) != _NONCE or not hmac.compare_digest(proof, _proof(secret, b"caller", ours)):
            return False
        line.send(_proof(secret, b"door", theirs))
    except LineError:
        return False
    return True


def _answered(line: Line, secret: bytes) -> bool:
    """Whether the door knows the secret; it is told first that we do."""
    ours = secrets.token_bytes(_NONCE)
    try:
        theirs = line.receive(_PATIENCE_S) or b""
        line.send(_proof(secret, b"caller", theirs) + ours)
        return hmac.compare_digest(line.receive(_PATIENCE_S) or b"", _proof(secret, b"door", ours))
    except LineError:
        return False


def _proof(secret: bytes, who: bytes, nonce: bytes) -> bytes:
    return hmac.digest(secret, who + nonce, "sha256")


def _unix_path(folder: Path, name: str) -> Path | None:
    path = folder / f"{name}.socket"
    fits = len(os.fsencode(path)) <= _LONGEST_PATH
    return path if fits and hasattr(socket, "AF_UNIX") and os.name == "posix" else None


def _port_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.port"
