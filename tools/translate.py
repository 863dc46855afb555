"""Bring the plug-in's translations up to date with its texts, and compile them.

python tools/translate.py          every language there is
python tools/translate.py fr       one more
"""

import re
import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from protocol.vocabulary import settings

DOMAIN = "texture-synthesis"
PACKAGE = Path(__file__).resolve().parents[1] / "gimp_plugin"
LOCALE = PACKAGE / "locale"
WIDTH = 110
NOISE = re.compile(
    r'"(Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|'
    r'Generated-By): [^"]*"\n'
)


def template() -> Catalog:
    """Collect the texts that can be translated."""
    found = Catalog(project=DOMAIN)
    for _file, _line, text, *_rest in extract_from_dir(str(PACKAGE), keywords={"_": None}):
        found.add(text)
    for setting in settings().values():
        if setting.label:
            found.add(setting.label)
            found.add(setting.help)
    return found


def bring_up_to_date(language: str, texts: Catalog) -> list[str]:
    """Write a language's translations, for people and for GIMP.

    Args:
        language: Such as `de`.
        texts: What can be translated.

    Returns:
        What has no translation yet.
    """
    folder = LOCALE / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{DOMAIN}.po"
    found = Catalog(locale=language)
    if source.exists():
        with source.open("rb") as file:
            found = read_po(file, locale=language, domain=DOMAIN)
    known = {message.id: message.string for message in found if message.id}
    fresh = Catalog(locale=language, domain=DOMAIN, header_comment=f"# The plug-in in {found.locale.english_name}.")
    for message in texts:
        if message.id:
            fresh.add(message.id, known.get(message.id, ""))
    fresh.fuzzy = False
    written = BytesIO()
    write_po(written, fresh, sort_output=True, width=WIDTH)
    # Who wrote it and when, the version control knows.
    source.write_text(NOISE.sub("", written.getvalue().decode()), "utf-8")
    with (folder / f"{DOMAIN}.mo").open("wb") as file:
        write_mo(file, fresh)
    return [str(message.id) for message in fresh if message.id and not message.string]


def main() -> None:
    """Do it for every language, and for those that are named."""
    texts = template()
    with (LOCALE / f"{DOMAIN}.pot").open("wb") as file:
        write_po(file, texts, sort_output=True, omit_header=True, width=WIDTH)
    languages = {path.name for path in LOCALE.iterdir() if path.is_dir()} | set(sys.argv[1:])
    for language in sorted(languages):
        for text in bring_up_to_date(language, texts):
            print(f"{language}: {text!r} is not translated")


if __name__ == "__main__":
    main()
