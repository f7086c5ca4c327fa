"""One certificate authority for all tests of the loopback exchanges: making one costs more than most tests."""

from __future__ import annotations

import pytest

from tests.exchange_server.protocols import PROTOCOLS
from tests.exchange_server.tls import Certificates
from tests.exchange_server.truth import HOST


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    """For every exchange's hosts."""
    return Certificates([host for protocol in PROTOCOLS for host in protocol.hosts] + [HOST])
