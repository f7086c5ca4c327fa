import pytest

from heatdesk.gui.numbers import THIN
from heatdesk.gui.view import Currency, View
from heatdesk.gui.wording import wording_of

EURO = View(currency=Currency("EUR", 0.92, "2026-11-12"), time_zone="Europe/Berlin")
THURSDAY_14_35_UTC = 1_770_302_100_000


def _plain(text: str) -> str:
    return text.replace(THIN, " ").replace("\N{NO-BREAK SPACE}", " ")


def test_dollars_read_as_before() -> None:
    wording = wording_of(View())
    assert _plain(wording.amount(1.28e8)) == "$ 128 M"
    assert _plain(wording.amount_exact(128_453_120)) == "$ 128,453,120"
    assert wording.unit == "USD per 0.1 %"
    assert wording.rate_note == ""
    assert wording.moment(THURSDAY_14_35_UTC) == "Thu 5 Feb 2026 14:35"


def test_another_currency_names_its_code_its_rate_and_the_day_of_it() -> None:
    wording = wording_of(EURO)
    assert _plain(wording.amount(1e8)) == "EUR 92.0 M"
    assert _plain(wording.amount(-1e8)) == "EUR −92.0 M"
    assert wording.unit == "EUR per 0.1 %"
    assert wording.rate_note == "1 USD = 0.92 EUR, 12 Nov 2026"
    assert wording.moment(THURSDAY_14_35_UTC) == "Thu 5 Feb 2026 15:35"


def test_what_is_typed_is_in_the_currency_shown() -> None:
    assert wording_of(View()).parse("$ 1.5 M") == 1.5e6
    assert wording_of(EURO).parse("EUR 92k") == pytest.approx(1e5)
    for rubbish in ("", "-3", "nan", "12 USDX"):
        with pytest.raises(ValueError):
            wording_of(EURO).parse(rubbish)


def test_a_date_that_is_none_is_told_as_it_stands() -> None:
    assert wording_of(View(currency=Currency("EUR", 2.0, "soon"))).rate_note == "1 USD = 2 EUR, soon"
    assert wording_of(View(currency=Currency("EUR", 2.0))).rate_note == "1 USD = 2 EUR"
