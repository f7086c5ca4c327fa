import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale

from heatdesk.gui import numbers


@pytest.fixture(autouse=True, scope="module")
def english():
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    yield
    QLocale.setDefault(before)


def plain(text):
    return text.replace(numbers.THIN, " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (128_453_120, "$ 128 M"),
        (1_284_000_000, "$ 1.28 B"),
        (999_600, "$ 1.00 M"),
        (950, "$ 950"),
        (0, "$ 0"),
        (-12_340, "$ −12.3 k"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_usd(value, text):
    assert plain(numbers.usd(value)) == text


@pytest.mark.parametrize(
    ("fraction", "signed", "text"),
    [
        (-0.0231, False, "−2.3 %"),
        (0.0231, True, "+2.3 %"),
        (0.0001, True, "0.0 %"),
        (-0.0001, True, "0.0 %"),
        (1.234, False, "123 %"),
        (math.nan, False, "–"),
    ],
)
def test_percent(fraction, signed, text):
    assert plain(numbers.percent(fraction, signed)) == text


@pytest.mark.parametrize(
    ("low", "high", "text", "short"),
    [
        (74_100, 74_970, "74,100–74,970", "74.1–75.0"),
        (86.123, 86.914, "86.12–86.91", "86.12–86.91"),
        (0.10123, 0.10211, "0.1012–0.1021", "0.1012–0.1021"),
    ],
)
def test_zone(low, high, text, short):
    assert numbers.zone(low, high) == text
    assert plain(numbers.short_zone(low, high, high >= numbers.THOUSANDS_FROM)) == short


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (15_120_000, "4 h 12 m"),
        (45_000, "45 s"),
        (61_000, "1 m"),
        (7_200_000, "2 h"),
        (273_600_000, "3 d 4 h"),
        (-5, "0 s"),
    ],
)
def test_duration(ms, text):
    assert plain(numbers.duration(ms)) == text


def test_moment_is_utc():
    assert numbers.moment(1_770_595_200_000) == "2026-02-09 00:00"


@pytest.mark.parametrize(
    ("text", "value"), [("12.5M", 12.5e6), ("$ 1,200 k", 1.2e6), ("3e6", 3e6), ("0", 0.0), ("2b", 2e9)]
)
def test_typed_amounts(text, value):
    assert numbers.parse_amount(text) == value


@pytest.mark.parametrize("text", ["", "M", "-5", "nan", "inf", "twelve", "1e400", "5 %"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError):
        numbers.parse_amount(text)


@given(st.floats(min_value=0.01, max_value=9e14))
def test_an_amount_read_back_is_within_half_a_percent(value):
    text = numbers.compact(value)
    assert numbers.parse_amount(text) == pytest.approx(value, rel=0.006, abs=0.0051)
    assert sum(c.isdigit() for c in text) <= 4
