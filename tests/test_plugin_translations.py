"""The plug-in's translations: complete, and as the texts of the plug-in are."""

import re
import shutil
import string
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from protocol.vocabulary import settings
from tools import translate

PACKAGE = Path(__file__).resolve().parents[1] / "gimp_plugin"
LOCALE = PACKAGE / "locale"
LANGUAGES = sorted(path.name for path in LOCALE.iterdir() if path.is_dir())
AGAIN = "run tools/translate.py, and translate what is new"
PRESSED = ("Size _by ratio", "Size in _pixels", "Opaq_ue texture", "Keep _all frames as layers", "_Make", "_Close")
"""What a key presses in New Texture; any other only takes the user to a field."""
COMMON = ("Loo_k", "_Quality", "See_d", "_Network", "Opaq_ue texture", "Keep _all frames as layers", "_Close")
MAKING = (
    (*COMMON, "_Exemplar", "La_yer or image", "F_ile", "_Pattern", "Sa_mple from", "Con_text, px (0: automatic)",
     "E_xemplar mask", "_Fill"),
    (*COMMON, "Size _by ratio", "Size in _pixels", "Si_ze, times the exemplar's", "_Width", "H_eight",
     "E_xemplar mask", "Put _into", "_Tileable", "_Variations", "_Make"),
    (*COMMON, "_Tileable", "_Make Seamless"),
    (*COMMON, "Uni_t", "To_p", "Ri_ght", "_Bottom", "Le_ft", "_Extend"),
    ("Times as lar_ge", "_Tileable", "See_d", "Opaq_ue texture", "_Close", "_Enlarge"),
)  # fmt: skip
"""What has a key in each dialog that makes textures, before one is made."""
STOPPING = ("Stop H_ere", "Ca_ncel", "_Close")
"""What has a key in them while one is made."""
EXPANDED = ("Exemplar _guide", "Can_vas guide", "Con_tent", "Stre_ngth", "_Follow", "R_otate exemplar, °",
            "Scale e_xemplar", "Rotat_ion map", "Scal_e map", "Use la_yers as")  # fmt: skip
"""The fields of New Texture for which no letters are left."""
OTHERS = (
    ("_Start", "S_top", "Open _Log", "_Close"),
    ("_More", "_Close"),
    ("Continue in an RGB C_opy", "_Close"),
    ("_Fill Selection with Texture…", "_New Texture from Layer…", "_Make Seamless…", "Extend _Image…", "En_large…",
     "_Repeat Last Texture", "Save as _Pattern…", "_Engine…"),
)  # fmt: skip
"""What has a key in dialogs without GIMP's own buttons, and in the menu."""
OF_GIMP = {"en": "rlsh", "de": "zgsh", "fr": "rcsh", "es": "rcgy"}
"""Keys of GIMP's own buttons: reset, load and save settings, help."""
CANCEL = {"en": "c", "de": "c", "fr": "n", "es": "c"}
OK = {"en": "o", "de": "o", "fr": "v", "es": "a"}
"""Keys that GIMP believes taken by its buttons for both, though their labels are replaced."""
KNOWN_TO_GIMP = {"La_yer or image", "_Pattern", "Con_text, px (0: automatic)", "E_xemplar mask", "_Width",
                 "Si_ze, times the exemplar's", "H_eight", "_Variations", "To_p", "Ri_ght", "_Bottom", "Le_ft",
                 "Times as lar_ge", "See_d", "Opaq_ue texture", "Keep _all frames as layers"}  # fmt: skip
"""The fields whose keys GIMP checks: it writes a warning to its terminal."""


def said():
    """Every text of the plug-in that can be translated."""
    shown = [setting for setting in settings().values() if setting.label]
    declared = {text for setting in shown for text in (setting.label, setting.help)}
    return declared | {found[2] for found in extract_from_dir(str(PACKAGE), keywords={"_": None})}


def texts(path):
    """The texts of a file of translations, with what they become."""
    with path.open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


def file_of(language, suffix):
    return LOCALE / language / "LC_MESSAGES" / f"texture-synthesis.{suffix}"


def key(text):
    """The letter that Alt goes with, if there is one."""
    found = re.search("_(.)", text)
    return found and found[1].lower()


def fields(text):
    return sorted(name for _text, name, _form, _kind in string.Formatter().parse(text) if name is not None)


def test_the_template_has_every_text_and_no_other():
    assert set(texts(LOCALE / "texture-synthesis.pot")) == said(), AGAIN


def test_there_are_translations():
    assert {"en", *LANGUAGES} == set(OF_GIMP)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    found = texts(file_of(language, "po"))
    assert set(found) == said(), AGAIN
    assert all(found.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_fuzzy(language):
    with file_of(language, "po").open("rb") as file:
        assert not [message.id for message in read_po(file) if message.fuzzy]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_gimp_reads_is_what_was_translated(language):
    compiled = read_mo(BytesIO(file_of(language, "mo").read_bytes()))
    assert {message.id: message.string for message in compiled if message.id} == texts(file_of(language, "po")), AGAIN


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_the_same_values(language):
    for text, translated in texts(file_of(language, "po")).items():
        assert fields(text) == fields(translated), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_ends_and_breaks_as_the_text_does(language):
    for text, translated in texts(file_of(language, "po")).items():
        for mark in (".", "…"):
            assert text.endswith(mark) == translated.endswith(mark) or text.endswith("with Engine…"), text
        assert text.count("`") == translated.count("`"), text
        assert "_" in translated or not key(text), text


def keys(language, dialog):
    """The keys in a dialog, in the order of its texts."""
    found = {text: text for text in dialog} if language == "en" else texts(file_of(language, "po"))
    letters = [key(found[text]) for text in dialog]
    assert all("a" <= each <= "z" for each in letters), "not on every keyboard"
    return letters


def refuse_twins(letters):
    assert len(set(letters)) == len(letters), sorted(letters)


@pytest.mark.parametrize("language", OF_GIMP)
@pytest.mark.parametrize("dialog", MAKING)
def test_no_two_widgets_of_a_dialog_have_one_key(language, dialog):
    refuse_twins([*keys(language, dialog), *OF_GIMP[language]])


@pytest.mark.parametrize("language", OF_GIMP)
@pytest.mark.parametrize("dialog", MAKING)
def test_gimp_knows_of_no_button_with_the_key_of_a_field(language, dialog):
    known = [text for text in dialog if text in KNOWN_TO_GIMP]
    refuse_twins([*keys(language, known), OK[language], CANCEL[language]])


@pytest.mark.parametrize("language", OF_GIMP)
def test_no_two_buttons_have_one_key_while_a_texture_is_made(language):
    # Reset is insensitive then.
    refuse_twins([*keys(language, STOPPING), *OF_GIMP[language][1:]])


@pytest.mark.parametrize("language", OF_GIMP)
def test_a_field_under_an_expander_shares_its_key_with_a_field_at_most(language):
    # GTK goes on to the next field when the key is pressed again, but would not press a button that shares it.
    refuse_twins(keys(language, EXPANDED))
    assert not {*keys(language, EXPANDED)} & {*keys(language, PRESSED), *OF_GIMP[language]}


@pytest.mark.parametrize("language", OF_GIMP)
@pytest.mark.parametrize("dialog", OTHERS)
def test_no_two_of_another_dialog_or_of_the_menu_have_one_key(language, dialog):
    refuse_twins(keys(language, dialog))


@pytest.mark.parametrize("language", OF_GIMP)
def test_save_as_pattern_has_no_key_of_gimps_own_buttons(language):
    # In Spanish two of those share a key.
    refuse_twins([*keys(language, ("_Name", "Sa_ve")), *{*OF_GIMP[language], CANCEL[language]}])


def test_french_marks_stand_with_spaces_that_do_not_break():
    for translated in texts(file_of("fr", "po")).values():
        assert not re.search("(?<!\\xa0)[:;!?»]|«(?!\\xa0)|'", translated), translated


def test_translating_again_changes_nothing(tmp_path, monkeypatch):
    shutil.copytree(LOCALE, tmp_path / "locale")
    monkeypatch.setattr(translate, "LOCALE", tmp_path / "locale")
    for language in LANGUAGES:
        assert translate.bring_up_to_date(language, translate.template()) == []
        # Where lines of a .po file are broken, depends on the version of Babel.
        path = file_of(language, "mo")
        assert (tmp_path / "locale" / path.relative_to(LOCALE)).read_bytes() == path.read_bytes(), AGAIN


def test_a_fuzzy_translation_stays_fuzzy_and_is_not_compiled(tmp_path, monkeypatch):
    monkeypatch.setattr(translate, "LOCALE", tmp_path)
    folder = tmp_path / "it" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "texture-synthesis.po").write_text(
        'msgid ""\nmsgstr ""\n\n#, fuzzy\nmsgid "Layer"\nmsgstr "Livelli"\n\nmsgid "Image"\nmsgstr "Immagine"\n'
    )
    left = translate.bring_up_to_date("it", translate.template())
    assert set(left) == said() - {"Image"}
    assert '#, fuzzy\nmsgid "Layer"\nmsgstr "Livelli"' in (folder / "texture-synthesis.po").read_text()
    compiled = read_mo(BytesIO((folder / "texture-synthesis.mo").read_bytes()))
    assert [message.id for message in compiled if message.id] == ["Image"]
