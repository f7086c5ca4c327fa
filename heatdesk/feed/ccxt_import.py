"""ccxt without the exchanges nobody asked for.

Its package imports a hundred exchanges twice over (0.6 s, 108 MB); a finder put before Python's own answers for those
with empty classes, which halves both. Nothing here runs when `heatdesk.feed` is imported: the feed's thread asks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from threading import Lock
from types import ModuleType
from typing import Any, Final

_KEPT: Final = {"base", "abstract", "async_support", "static_dependencies", "pro"}
_ANCESTORS: Final = {"binanceusdm": "binance"}
_LOCK: Final = Lock()


class _Nothing(Loader):
    """Makes a module that holds an empty class of its own name."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__.rpartition(".")[2]
        setattr(module, name, type(name, (), {}))


class _Finder(MetaPathFinder):
    """Answers for the exchanges of ccxt that are not wanted; for all of the blocking ones, which nobody uses here."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        parent, _, name = fullname.rpartition(".")
        if name in _KEPT or not (
            parent == "ccxt"
            or (parent in ("ccxt.async_support", "ccxt.abstract") and name not in self._wanted)
        ):
            return None
        return ModuleSpec(fullname, _Nothing())


def async_exchanges(ids: Iterable[str]) -> dict[str, Any]:
    """The asyncio classes of ccxt by their ids; where ccxt has been imported before, they come from there."""
    wanted = frozenset(ids)
    with _LOCK:
        if "ccxt" in sys.modules:
            return {one: _class(one) for one in wanted}
        finder = _Finder(wanted | {_ANCESTORS[one] for one in wanted if one in _ANCESTORS})
        sys.meta_path.insert(0, finder)
        try:
            return {one: _class(one) for one in wanted}
        finally:
            sys.meta_path.remove(finder)
            _forget_stand_ins()


def _class(one: str) -> Any:
    return getattr(import_module(f"ccxt.async_support.{one}"), one)


def _forget_stand_ins() -> None:
    """Whoever imports one of the others by its module gets the real one; the package keeps the empty classes."""
    for name, module in list(sys.modules.items()):
        if name.startswith("ccxt.") and isinstance(getattr(module.__spec__, "loader", None), _Nothing):
            del sys.modules[name]
