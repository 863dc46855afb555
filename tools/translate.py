"""Bring the plug-in's translations up to date with its texts, and compile them.

python tools/translate.py          every language there is
python tools/translate.py it       one more
"""

import sys
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from protocol.vocabulary import settings

DOMAIN = "texture-synthesis"
PACKAGE = Path(__file__).resolve().parents[1] / "gimp_plugin"
LOCALE = PACKAGE / "locale"
WIDTH = 110
NEEDED = ("Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")


class Translations(Catalog):
    """Translations that are the same files whenever they are written: who wrote them and when, Git knows."""

    @property  # type: ignore[misc, unused-ignore]  # newer versions of Babel let it be set
    def mime_headers(self) -> list[tuple[str, str]]:
        """The headers that decide how the file is read."""
        kept = [(name, value) for name, value in super().mime_headers if name in NEEDED]
        # Babel ends the last line in its last value, which is not kept.
        name, value = kept.pop()
        return [*kept, (name, f"{value}\n")]


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
        What has no translation yet, or a fuzzy one.
    """
    folder = LOCALE / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{DOMAIN}.po"
    found = Catalog(locale=language)
    if source.exists():
        with source.open("rb") as file:
            found = read_po(file, locale=language, domain=DOMAIN)
    comment = f"# The plug-in in {Locale.parse(language).english_name}."
    fresh = Translations(locale=language, domain=DOMAIN, header_comment=comment, fuzzy=False)
    for message in texts:
        if message.id:
            known = found.get(message.id) or Message(message.id, "")
            fresh.add(message.id, known.string, flags={"fuzzy"} if known.fuzzy else ())
    with source.open("wb") as file:
        write_po(file, fresh, sort_output=True, width=WIDTH)
    with (folder / f"{DOMAIN}.mo").open("wb") as file:
        write_mo(file, fresh)
    return [str(message.id) for message in fresh if message.id and (message.fuzzy or not message.string)]


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
