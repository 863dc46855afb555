"""The plug-in's translations: complete, and as the texts of the plug-in are."""

import re
import string
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from protocol.vocabulary import settings

PACKAGE = Path(__file__).resolve().parents[1] / "gimp_plugin"
LOCALE = PACKAGE / "locale"
LANGUAGES = sorted(path.name for path in LOCALE.iterdir() if path.is_dir())
AGAIN = "run tools/translate.py, and translate what is new"


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


def fields(text):
    return sorted(name for _text, name, _form, _kind in string.Formatter().parse(text) if name is not None)


def test_the_template_has_every_text_and_no_other():
    assert set(texts(LOCALE / "texture-synthesis.pot")) == said(), AGAIN


def test_there_is_a_translation():
    assert "de" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    found = texts(file_of(language, "po"))
    assert set(found) == said(), AGAIN
    assert all(found.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_gimp_reads_is_what_was_translated(language):
    compiled = read_mo(BytesIO(file_of(language, "mo").read_bytes()))
    assert {message.id: message.string for message in compiled if message.id} == texts(file_of(language, "po")), AGAIN


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_the_same_values(language):
    for text, translated in texts(file_of(language, "po")).items():
        assert fields(text) == fields(translated), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_buttons_of_a_dialog_have_one_key(language):
    found = texts(file_of(language, "po"))
    for together in (("_Stop Here", "Cance_l", "_Close", "_Fill"), ("_Start", "S_top", "Open _Log", "_Close")):
        for side in (list(together), [found[text] for text in together]):
            keys = [re.search("_(.)", text)[1].lower() for text in side]
            assert len(set(keys)) == len(keys), side
