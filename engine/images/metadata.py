"""The metadata of a picture: EXIF, XMP, resolution and texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.images.xmp import OF_THE_PLACE, names_place, without

Tags = Mapping[int, Any]
Dpi = tuple[float, float]

TEXT_CODING = "latin-1"
"""Coding of texts in EXIF tags. It keeps their bytes: the real coding is unknown, most often UTF-8."""

COMMENT = "Comment"
"""The PNG keyword for a JPEG comment."""

IMAGE_DESCRIPTION, ARTIST, COPYRIGHT = 0x010E, 0x013B, 0x8298

# The registered keywords of PNG that EXIF has tags for.
_TEXT_TAGS = {"Description": IMAGE_DESCRIPTION, "Author": ARTIST, "Copyright": COPYRIGHT}


class LocalText(str):
    """A text of PNG whose file names its language.

    Attributes:
        language: the language, by RFC 3066.
        keyword: the keyword in that language.
    """

    __slots__ = ("keyword", "language")
    language: str
    keyword: str

    def __new__(cls, text: str, language: str, keyword: str) -> "LocalText":
        """Make a text of a plain one, to which it remains equal."""
        made = super().__new__(cls, text)
        made.language, made.keyword = language, keyword
        return made


@dataclass(frozen=True, eq=False)
class Metadata:
    """The metadata of a picture, without orientation and thumbnail, which another file must not have.

    Args:
        image: EXIF tags about the picture, such as its artist and copyright, by number.
        photo: EXIF tags about how it was taken, by number.
        place: EXIF tags about where it was taken (GPS), by number.
        xmp: an XMP packet, or None.
        dpi: pixels per inch along x and y, or None.
        texts: keywords of PNG and what they say; a comment of JPEG or GIF is one of them.
    """

    image: Tags = field(default_factory=dict)
    photo: Tags = field(default_factory=dict)
    place: Tags = field(default_factory=dict)
    xmp: bytes | None = None
    dpi: Dpi | None = None
    texts: tuple[tuple[str, str], ...] = ()

    def without_place(self) -> "Metadata":
        """Return the metadata without the place, which a texture made from the picture does not show."""
        texts = tuple((key, text) for key, text in self.texts if not names_place(key))
        packet = None if self.xmp is None else without(OF_THE_PLACE, self.xmp)
        return replace(self, place={}, xmp=packet, texts=texts)

    def texts_without_tag(self) -> tuple[str, ...]:
        """Return the keywords of texts that no EXIF tag holds: there is none for it, or it says something else."""
        tags = self.image_with_texts()
        held = {(key, tags.get(tag)) for key, tag in _TEXT_TAGS.items()}
        return tuple(dict.fromkeys(key for key, text in self.texts if (key, _in_tag(text)) not in held))

    def image_with_texts(self) -> dict[int, Any]:
        """Return the EXIF tags about the picture, including those made from texts."""
        tags = {_TEXT_TAGS[key]: _in_tag(text) for key, text in self.texts if key in _TEXT_TAGS}
        return {**tags, **self.image}


def _in_tag(text: str) -> str:
    return text.encode().decode(TEXT_CODING)
