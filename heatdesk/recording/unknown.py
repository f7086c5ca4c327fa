"""Whether what is asked to be recorded exists at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heatdesk.live import Health, Instrument, Live

_WILL_NOT_TELL = (Health.UNREACHABLE, Health.REFUSED, Health.BANNED)


def unknown_symbol(symbols: Sequence[str], instruments: Iterable[Instrument], live: Live) -> str | None:
    """The first symbol whose coin no exchange trades; None while an exchange may still say that it does."""
    known = tuple(instruments)
    told = {instrument.exchange for instrument in known}
    waited_for = [s for s in live.exchanges if s.exchange not in told and s.health not in _WILL_NOT_TELL]
    if not known or waited_for:
        return None
    coins = {instrument.base for instrument in known}
    return next((symbol for symbol in symbols if symbol.partition("/")[0] not in coins), None)
