"""What was looked at last, in the words of the settings, and back. Without Qt: the model worker starts with it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from heatdesk.engine import Question
from heatdesk.errors import BadInputError
from heatdesk.gui import choices
from heatdesk.gui.choices import Catalogue
from heatdesk.market import LOOKBACKS
from heatdesk.reading.rules import ReadingRules
from heatdesk.settings import Settings
from heatdesk.settings.live_layers import HIDDEN, PANES


def with_question(settings: Settings, question: Question) -> Settings:
    """The settings with what was asked of the stored history; a name that settings cannot hold is left out."""
    rules = question.rules
    changed = replace(
        settings,
        model=question.params,
        clusters=rules.clusters,
        frame=rules.frame,
        exposure=rules.exposure,
        reach=rules.reach,
        reliability=rules.reliability,
    )
    if question.ages is not None:
        changed = replace(changed, ages=question.ages.windows)
    if question.simulated:
        return changed
    session = changed.session
    lookback = next((name for name, ms in LOOKBACKS.items() if ms == question.lookback_ms), session.lookback)
    with suppress(BadInputError):
        session = replace(
            session, exchanges=question.exchanges, timeframe=question.timeframe, lookback=lookback
        ).with_symbol(question.symbol)
    return replace(changed, session=session)


def opening_question(
    settings: Settings,
    catalogue: Catalogue,
    symbol: str | None = None,
    exchanges: tuple[str, ...] = (),
    heard: tuple[str, ...] = (),
) -> Question | None:
    """What a window shows first: what is asked for, else what was looked at last, as far as it is stored.

    Exchanges that are `heard` stay chosen: their history is on its way.
    """
    session = settings.session
    if symbol is None and not exchanges:
        stored = choices.symbols(catalogue)
        symbol = next((s for s in session.recent_symbols if s in stored), None)
        if symbol is not None:
            available = choices.exchanges(catalogue, symbol)
            exchanges = tuple(x for x in session.exchanges if x in available or x in heard)
    question = choices.first_question(catalogue, symbol, exchanges)
    if question is None:
        return None
    question = with_layers(with_rules(question, settings), settings)
    possible = choices.timeframes(catalogue, question.symbol, question.exchanges)
    if session.timeframe in possible:
        question = replace(question, timeframe=session.timeframe)
    return choices.with_lookback(question, LOOKBACKS[session.lookback], possible)


def first_live_question(
    settings: Settings,
    catalogue: Catalogue,
    usual: tuple[str, ...],
    symbol: str | None,
    asked: tuple[str, ...],
) -> Question | None:
    """What the very first window shows: the first recorded coin over all exchanges heard, 48 hours of 5m."""
    wanted = symbol or next((s for s in settings.feeds.symbols if choices.exchanges(catalogue, s)), None)
    question = choices.first_question(catalogue, wanted, asked or usual)
    if question is None:
        return None
    question = with_rules(replace(question, timeframe="5m", lookback_ms=LOOKBACKS["48h"]), settings)
    return with_layers(question, settings)


def with_rules(question: Question, settings: Settings) -> Question:
    """The question under the settings' model and rules."""
    rules = ReadingRules(
        settings.clusters, settings.frame, settings.exposure, settings.reach, settings.reliability
    )
    ages = None if question.ages is None else replace(question.ages, windows=settings.ages)
    return replace(question, params=settings.model, rules=rules, ages=ages)


def with_layers(question: Question, settings: Settings) -> Question:
    """The question with what the settings draw besides the map."""
    panes = any(getattr(settings.panes, name) != HIDDEN for name in PANES)
    return with_live_parts(question, panes, settings.live.bubbles)


def with_live_parts(question: Question, panes: bool, bubbles: bool) -> Question:
    """The question with what is drawn besides the map: what stands under it, real liquidations.

    What has been asked for stays: what is hidden again costs no new answer.
    """
    return replace(
        question,
        companions=question.companions or panes,
        liquidations=question.liquidations or bubbles,
    )
