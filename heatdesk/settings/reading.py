"""Settings from the plain values of a file: every wrong value is told and replaced by its default, alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from heatdesk.declared import checked, shown
from heatdesk.errors import BadInputError
from heatdesk.settings.declarations import Group, Settings, groups

SCHEMA: Final = 1
FILE_NAME: Final = "settings.toml"


class Key(NamedTuple):
    """One setting's place in the file."""

    group: str
    name: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: the settings, the keys whose values could not be used, and a sentence for each."""

    settings: Settings
    notices: tuple[str, ...]
    wrong: frozenset[Key]
    schema: int
    cut_short: bool

    @property
    def to_mend(self) -> bool:
        """Whether the next save corrects the file; one of a newer heatdesk may be right in ways unknown here."""
        return self.schema <= SCHEMA and bool(self.wrong or self.cut_short)


def read(values: dict[str, Any], *, ends_well: bool = True) -> Reading:
    """Settings from the values of a TOML file; `ends_well` says that its last line is whole."""
    schema, notices = _schema(values)
    promised: Any = values.get("entries")
    found = count_entries(values)
    counted = _whole(promised)
    cut_short = "schema" not in values or not counted or found < promised or not ends_well
    if cut_short:
        of = f" of {shown(promised)}" if counted else ""
        notices.append(
            f"{FILE_NAME} may be cut short: it holds {found}{of} entries; what it lacks starts from its default."
        )
    wrong: list[Key] = []
    chosen: dict[str, Any] = {}
    for group in groups():
        chosen[group.name] = _read_group(group, values.get(group.name, {}), wrong, notices)
    return Reading(Settings(**chosen), tuple(notices), frozenset(wrong), schema, cut_short)


def count_entries(values: Mapping[str, Any]) -> int:
    """Entries in the tables of a file; fewer than it was written with mean that its end is missing."""
    return sum(len(table) for table in values.values() if isinstance(table, Mapping))


def _schema(values: Mapping[str, Any]) -> tuple[int, list[str]]:
    schema = values.get("schema", SCHEMA)
    if not _whole(schema) or schema < 1:
        return SCHEMA, [
            f"{FILE_NAME}, schema: {shown(schema)} is no schema number; the file is read as schema {SCHEMA}."
        ]
    if schema > SCHEMA:
        return schema, [
            f"{FILE_NAME} was written by a newer heatdesk (schema {shown(schema)}, this one knows {SCHEMA}); "
            "what is known is used, the rest stays as it is."
        ]
    return schema, []


def _read_group(group: Group, table: Any, wrong: list[Key], notices: list[str]) -> Any:
    if not isinstance(table, Mapping):
        wrong += (Key(group.name, d.name) for d in group.declarations)
        notices.append(
            f"{FILE_NAME}, {group.name}: {shown(table)} stands where a table should; its defaults are used."
        )
        return group.kind()
    values: dict[str, Any] = {}
    for declaration in group.declarations:
        if declaration.name in table:
            try:
                values[declaration.name] = checked(declaration, table[declaration.name])
            except BadInputError as error:
                wrong.append(Key(group.name, declaration.name))
                notices.append(
                    f"{FILE_NAME}, {group.name}.{declaration.name}: {error} "
                    f"Its default {shown(declaration.default)} is used."
                )
    try:
        return group.kind(**values)
    except BadInputError as error:  # each value may stand alone, but not beside the others
        wrong += (Key(group.name, name) for name in values)
        notices.append(f"{FILE_NAME}, {group.name}: {error} The defaults of this group are used.")
        return group.kind()


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
