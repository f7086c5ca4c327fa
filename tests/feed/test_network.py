"""The way out: the table's hosts over checked TLS, in plain words when it fails (N11), and the development detour."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web

from heatdesk.errors import MachineError, UsageError
from heatdesk.feed.clock import SystemClock
from heatdesk.feed.detour import CA, SERVER, Detour
from heatdesk.feed.exchanges.base import RestError
from heatdesk.feed.names import addresses
from heatdesk.feed.network import Network
from heatdesk.feed.reasons import plain, reason
from tests.feed.tiny_exchange import HOST, REST_HOST, TinyExchange, network, serving

_URL = f"https://{REST_HOST}/time"


def _asked(folder: Path, certificate: trustme.LeafCert | None = None, url: str = _URL, **answer: Any) -> str:
    """What one request says: the answer's body, or the sentence of its error."""

    async def scene() -> str:
        clock = SystemClock()
        async with serving(folder, clock, certificate=certificate) as (server, detour):
            if answer:
                server.rest = lambda request: web.Response(**answer)
            out = network(detour, clock)
            try:
                return (await out.ask("GET", url)).body.decode()
            except RestError as error:
                return str(error)
            finally:
                await out.close()

    return asyncio.run(scene())


def test_an_answer_comes_back_inflated_and_untouched(tmp_path: Path) -> None:
    assert _asked(tmp_path) == '{"ok": true}'
    assert _asked(tmp_path, text="x" * 100_000, headers={"X": "1"}) == "x" * 100_000


def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    told = _asked(tmp_path, trustme.CA().issue_cert(HOST, REST_HOST))
    assert told == (
        f"{REST_HOST} is not who it says it is: its certificate is signed by nobody this machine trusts. "
        "Nothing was sent."
    )


@pytest.mark.parametrize(
    ("issue", "words"),
    [
        (lambda ca: ca.issue_cert("somewhere.example"), "belongs to another host"),
        (
            lambda ca: ca.issue_cert(
                REST_HOST, not_after=datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
            ),
            "has expired: check this machine's clock",
        ),
    ],
    ids=["wrong host", "expired"],
)
def test_a_wrong_certificate_is_refused_for_requests_and_sockets(
    tmp_path: Path, issue: Callable[[trustme.CA], trustme.LeafCert], words: str
) -> None:
    async def scene() -> None:
        clock, ca = SystemClock(), trustme.CA()
        async with serving(tmp_path, clock, certificate=issue(ca)) as (server, detour):
            trusted = tmp_path / "trusted.pem"
            ca.cert_pem.write_to_path(trusted)
            out = network(Detour(detour.host, detour.port, trusted), clock)
            with pytest.raises(RestError, match=words):
                await out.ask("GET", _URL)
            with pytest.raises(RestError, match=words):
                await out.socket(f"wss://{REST_HOST}/public")
            assert server.requests_s == []
            assert server.connects_s == []
            await out.close()

    asyncio.run(scene())


def test_what_answers_without_encryption_is_told_as_such(tmp_path: Path) -> None:
    """A captive portal, say."""

    async def scene() -> None:
        async def portal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(64)
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n")
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(portal, "127.0.0.1", 0)
        ca = tmp_path / "ca.pem"
        trustme.CA().cert_pem.write_to_path(ca)
        out = network(Detour("127.0.0.1", server.sockets[0].getsockname()[1], ca), SystemClock())
        with pytest.raises(RestError, match="answers without encryption, such as a network's sign-in page"):
            await out.ask("GET", _URL)
        await out.close()
        server.close()
        await server.wait_closed()

    asyncio.run(scene())


def test_nobody_at_home_is_told_as_such(tmp_path: Path) -> None:
    async def scene() -> None:
        ca = tmp_path / "ca.pem"
        trustme.CA().cert_pem.write_to_path(ca)
        out = network(Detour("127.0.0.1", 1, ca), SystemClock())
        with pytest.raises(RestError, match="refused the connection"):
            await out.ask("GET", _URL)
        await out.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/time",
        f"http://{REST_HOST}/time",
        f"https://{REST_HOST}.elsewhere.example/",
        "https://127.0.0.1/",
        f"https://elsewhere.example/@{REST_HOST}/",
        f"https://{REST_HOST}@elsewhere.example/",
        "file:///etc/passwd",
    ],
)
def test_addresses_outside_the_table_are_not_dialled(tmp_path: Path, url: str) -> None:
    assert "is not in the table of exchanges" in _asked(tmp_path, url=url)


def test_redirects_are_not_followed_and_long_answers_not_read(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = SystemClock()
        async with serving(tmp_path, clock) as (server, detour):
            server.rest = lambda request: web.Response(
                status=302, headers={"Location": "https://elsewhere.example/"}
            )
            out = network(detour, clock)
            assert (await out.ask("GET", _URL)).status == 302
            server.rest = lambda request: _deflated(b" " * (8 << 20))
            with pytest.raises(RestError, match="more than 1 MiB"):
                await out.ask("GET", _URL, most_bytes=1 << 20)
            await out.close()

    asyncio.run(scene())


def _deflated(body: bytes) -> web.Response:
    answer = web.Response(body=body)
    answer.enable_compression(web.ContentCoding.deflate)
    return answer


def test_the_session_checks_certificates_and_keeps_nothing() -> None:
    async def scene() -> None:
        out = Network([TinyExchange.row], SystemClock())
        session = out._open()
        connector = session.connector
        assert isinstance(connector, aiohttp.TCPConnector)
        context = connector._ssl
        assert isinstance(context, ssl.SSLContext)
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
        assert not session.trust_env
        await out.close()

    asyncio.run(scene())


def test_a_name_outside_the_table_has_no_address() -> None:
    async def scene() -> None:
        out = Network([TinyExchange.row], SystemClock())
        connector = out._open().connector
        assert isinstance(connector, aiohttp.TCPConnector)
        with pytest.raises(OSError, match="not in the table"):
            await connector._resolver.resolve("elsewhere.example", 443)
        await out.close()

    asyncio.run(scene())


def test_names_are_found_and_one_that_hangs_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    hung = threading.Event()

    def hang(*_: object) -> list[Any]:
        hung.wait(5.0)
        return []

    async def scene() -> None:
        found = await addresses("localhost", 443, socket.AF_INET)
        assert [(one["host"], one["port"], one["hostname"]) for one in found] == [
            ("127.0.0.1", 443, "localhost")
        ]
        with pytest.raises(OSError, match="label"):
            await addresses("a" * 70 + ".example", 443, socket.AF_INET)
        monkeypatch.setattr(socket, "getaddrinfo", hang)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await addresses("localhost", 443, socket.AF_INET)

    began = time.monotonic()
    asyncio.run(scene())
    assert time.monotonic() - began < 2.0
    hung.set()


def test_a_proxy_of_the_environment_is_used_and_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The proxy sees where we want to go and nothing else; a detour goes past it."""

    async def scene() -> None:
        asked: list[bytes] = []

        async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.readline())
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(proxy, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        out = Network([TinyExchange.row], SystemClock())
        with pytest.raises(RestError, match="proxy"):
            await out.ask("GET", _URL)
        assert asked == [f"CONNECT {REST_HOST}:443 HTTP/1.1\r\n".encode()]
        await out.close()
        server.close()
        await server.wait_closed()

    asyncio.run(scene())
    assert _asked(tmp_path) == '{"ok": true}'


class TestDetour:
    def test_it_is_off_unless_both_are_set(self, tmp_path: Path) -> None:
        file = tmp_path / "ca.pem"
        file.write_text("")
        assert Detour.from_environment({}) is None
        assert Detour.from_environment({SERVER: "127.0.0.1:8443", CA: str(file)}) == Detour(
            "127.0.0.1", 8443, file
        )
        assert Detour.from_environment({SERVER: "[::1]:8443", CA: str(file)}) == Detour("::1", 8443, file)

    @pytest.mark.parametrize(("one", "missing"), [(SERVER, CA), (CA, SERVER)])
    def test_one_without_the_other_is_refused(self, one: str, missing: str) -> None:
        with pytest.raises(UsageError, match=f"{missing} is not set"):
            Detour.from_environment({one: "127.0.0.1:8443"})

    @pytest.mark.parametrize(
        "server",
        [
            "10.0.0.1:443",
            "example.com:443",
            "localhost:8443",
            "127.0.0.1",
            "127.0.0.1:0",
            "127.0.0.1:x",
            ":1",
        ],
    )
    def test_only_this_machine_may_stand_for_the_exchanges(self, server: str, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="an address of this machine"):
            Detour.from_environment({SERVER: server, CA: str(tmp_path)})

    def test_a_missing_authority_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(MachineError, match="there is no file"):
            Detour.from_environment({SERVER: "127.0.0.1:1", CA: str(tmp_path / "none.pem")})

    def test_a_packaged_program_refuses_it(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(sys, "frozen", True, raising=False)
        assert Detour.from_environment({}) is None
        with pytest.raises(MachineError, match="for development"):
            Detour.from_environment({SERVER: "127.0.0.1:1", CA: str(tmp_path)})


def test_outside_text_becomes_one_plain_line() -> None:
    assert plain("a\n\x1b[31mb\u202e<b>" + "x" * 900) == ("a ?[31mb??b?" + "x" * 900)[:300]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "did not answer in time"),
        (ConnectionResetError("reset"), "broke"),
        (ConnectionRefusedError(), "refused the connection"),
        (aiohttp.ServerDisconnectedError(), "broke"),
        (ValueError("odd"), "cannot be used"),
    ],
)
def test_failures_are_told_in_plain_words(error: BaseException, words: str) -> None:
    assert words in reason(error, "api.example")


def test_text_from_outside_holds_nothing_that_a_tooltip_reads_as_html() -> None:
    assert plain("no <img src=x>\n\u202e<b>such</b> page") == "no ?img src=x? ??b?such?/b? page"
    assert len(plain("<" * 10_000)) == 300
