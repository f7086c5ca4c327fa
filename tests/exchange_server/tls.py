"""A throw-away certificate authority; certificates that exchanges show, and three that must be refused."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterable
from pathlib import Path

import trustme


class Certificates:
    """`contexts` by name: right, self-signed, wrong-host, expired. Only the first is worth trusting."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = sorted(set(hosts))
        self._ca = trustme.CA()
        self.right = self._context(self._ca.issue_cert(*self._hosts))
        self._wrong: dict[str, ssl.SSLContext] = {}

    @property
    def authority(self) -> bytes:
        """The certificate to trust, PEM."""
        return self._ca.cert_pem.bytes()

    def write_authority(self, file: Path) -> None:
        """Leave it where a client is told to look (HEATDESK_EXCHANGE_CA)."""
        self._ca.cert_pem.write_to_path(str(file))

    def client_context(self) -> ssl.SSLContext:
        """What a client needs that trusts this authority alone."""
        return ssl.create_default_context(cadata=self._ca.cert_pem.bytes().decode())

    def wrong(self, how: str) -> ssl.SSLContext:
        """A context that a client must refuse: ``self-signed``, ``wrong-host`` or ``expired``."""
        if how not in self._wrong:
            self._wrong[how] = self._context(self._issue_wrong(how))
        return self._wrong[how]

    def _issue_wrong(self, how: str) -> trustme.LeafCert:
        if how == "self-signed":
            return trustme.CA().issue_cert(*self._hosts)
        if how == "wrong-host":
            return self._ca.issue_cert("somewhere.else.example")
        if how == "expired":
            before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
            return self._ca.issue_cert(*self._hosts, not_after=before)
        raise ValueError(f"no such certificate: {how}")

    @staticmethod
    def _context(leaf: trustme.LeafCert) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        return context
