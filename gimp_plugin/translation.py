"""The user's language."""

import gettext
from functools import cache
from pathlib import Path

DOMAIN = "texture-synthesis"


def locale_folder() -> Path:
    """Where the translations are: beside this package when installed, inside it in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package.parent / "locale"
    return installed if installed.is_dir() else package / "locale"


def _(text: str) -> str:
    """Translate a text into the user's language, where there is a translation."""
    return _catalog().gettext(text)


@cache
def _catalog() -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, locale_folder(), fallback=True)
