"""The settings in the window: built from declarations, told where they are wrong, seen in the picture."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QListWidget, QPushButton, QToolButton

from heatdesk.gui.dialogs.settings import SettingsDialog
from heatdesk.gui.preferences import Preferences
from heatdesk.gui.style import style_sheet
from heatdesk.gui.theme import tokens
from heatdesk.settings import Settings, groups


@pytest.fixture
def preferences(qapp):
    made = Preferences(Settings(), write=None)
    yield made
    made.flush()


@pytest.fixture
def dialog(qtbot, preferences, window):
    made = SettingsDialog(preferences, window)
    made.setStyleSheet(style_sheet(tokens("dark")))
    qtbot.addWidget(made)
    made.open_at("model")
    qtbot.waitExposed(made)
    return made


def type_in(qtbot, field, text):
    field.editor.setFocus()
    field.editor.selectAll()
    qtbot.keyClicks(field.editor, text)
    qtbot.keyClick(field.editor, Qt.Key.Key_Return)


def test_every_declared_value_has_a_row(dialog):
    assert dialog.findChild(QListWidget).count() == len(groups())
    for group in groups():
        fields = dialog.forms[group.name].fields
        assert list(fields) == [d.name for d in group.declarations]
        for declaration in group.declarations:
            assert fields[declaration.name].editor.toolTip() == declaration.help
            assert declaration.label in fields[declaration.name].label.text()


def test_a_typed_value_takes_effect_and_is_marked(qtbot, dialog, preferences):
    field = dialog.forms["model"].fields["churn"]
    with qtbot.waitSignal(preferences.changed):
        type_in(qtbot, field, "0.7")
    assert preferences.settings.model.churn == 0.7
    assert field.label.text().startswith("•")


@pytest.mark.parametrize(
    ("typed", "says"), [("7", "between 0.05 and 1"), ("much", "'much'"), ("nan", "between")]
)
def test_a_wrong_value_is_told_where_it_is_typed_and_changes_nothing(qtbot, dialog, preferences, typed, says):
    field = dialog.forms["model"].fields["churn"]
    type_in(qtbot, field, typed)
    assert says in field.complaint
    assert preferences.settings == Settings()
    type_in(qtbot, field, "0.5")
    assert field.complaint == ""


def test_a_row_and_a_page_can_be_reset(qtbot, dialog, preferences):
    form = dialog.forms["model"]
    for name, text in (("churn", "0.7"), ("leverage_median", "9")):
        type_in(qtbot, form.fields[name], text)
    reset = next(b for b in form.findChildren(QToolButton) if b.accessibleName().startswith("Reset Churn"))
    qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert preferences.settings.model.churn == 0.5
    assert preferences.settings.model.leverage_median == 9
    with qtbot.waitSignal(preferences.changed):
        next(b for b in form.findChildren(QPushButton) if "page" in b.text()).click()
    assert preferences.settings == Settings()


def test_a_currency_needs_its_rate_and_day(qtbot, dialog, preferences):
    form = dialog.forms["currency"]
    dialog.open_at("currency", "code")
    type_in(qtbot, form.fields["code"], "EUR")
    assert "date" in form.complaint
    type_in(qtbot, form.fields["rate"], "0.92")
    assert preferences.settings == Settings()
    type_in(qtbot, form.fields["rate_date"], "2026-11-20")
    assert form.complaint == ""
    assert (preferences.settings.currency.code, preferences.settings.currency.rate) == ("EUR", 0.92)


def test_choices_and_palettes_are_lists(qtbot, dialog, preferences):
    fields = dialog.forms["display"].fields
    for name in ("theme", "palette", "rendering"):
        combo = fields[name].editor
        assert isinstance(combo, QComboBox)
        combo.setCurrentIndex(1)
        combo.activated.emit(1)
        assert getattr(preferences.settings.display, name) == combo.itemText(1)


def test_what_the_window_changes_is_seen_in_the_dialog(dialog, preferences):
    preferences.keep(preferences.settings.changed("display", gamma=2.0))
    assert dialog.forms["display"].fields["gamma"].editor.text() == "2"


def test_all_of_it_is_plain_text_that_is_not_cut_off(qtbot, dialog):
    for index, form in enumerate(dialog.forms.values()):
        dialog.findChild(QListWidget).setCurrentRow(index)
        qtbot.wait(1)
        for button in form.findChildren(QToolButton):  # nothing is pushed out at the right
            assert button.visibleRegion().boundingRect().width() in (0, button.width()), (
                button.accessibleName()
            )
            assert button.mapTo(dialog, button.rect().topRight()).x() < dialog.width()
        for label in form.findChildren(QLabel):
            assert label.textFormat() == Qt.TextFormat.PlainText
            if label.isVisible() and not label.wordWrap():
                assert label.width() >= label.fontMetrics().horizontalAdvance(label.text()), label.text()


def test_ranges_are_written_as_a_person_would(dialog):
    for form in dialog.forms.values():
        for field in form.fields.values():
            assert "e+" not in field._about.text(), field._about.text()
            assert "e-" not in field._about.text(), field._about.text()
    assert "1,000 … 100 M" in dialog.forms["model"].fields["position_usd"]._about.text()


@pytest.mark.parametrize(
    ("typed", "value"), [("250,000", 250_000.0), ("2.5 M", 2_500_000.0), ("50k", 50_000.0)]
)
def test_amounts_are_typed_as_they_are_told(qtbot, dialog, preferences, typed, value):
    field = dialog.forms["model"].fields["position_usd"]
    type_in(qtbot, field, typed)
    assert field.complaint == ""
    assert preferences.settings.model.position_usd == value
    type_in(qtbot, field, "200M")
    assert "between 1,000 and 100 M" in field.complaint


def test_every_label_stands_clear_of_its_value(qtbot, dialog):
    for index, form in enumerate(dialog.forms.values()):
        dialog.findChild(QListWidget).setCurrentRow(index)
        qtbot.wait(1)
        for field in form.fields.values():
            marked = f"• {field.declaration.label}"
            end = field.label.x() + field.label.fontMetrics().horizontalAdvance(marked)
            assert end + 8 <= field.editor.x(), marked


@pytest.mark.parametrize(
    ("page", "name", "text"),
    [("display", "gamma", "2"), ("scale", "minimum", "5"), ("model", "churn", "0.7")],
)
def test_enter_ends_what_is_typed_and_presses_nothing(qtbot, dialog, preferences, page, name, text):
    preferences.choose(preferences.settings.changed("display", theme="light"))
    dialog.open_at(page, name)
    type_in(qtbot, dialog.forms[page].fields[name], text)
    assert getattr(getattr(preferences.settings, page), name) == float(text)
    assert preferences.settings.display.theme == "light", "no page was reset"
    assert dialog.isVisible()
