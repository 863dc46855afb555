"""The metadata chunks of PNG files."""

import contextlib
import re
import struct
import zlib
from collections.abc import Iterable
from dataclasses import replace

from engine.images.exif import exif_block, exif_metadata, sound_dpi
from engine.images.metadata import Dpi, LocalText, Metadata

Chunk = tuple[bytes, bytes]

TEXT_KINDS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_KEYWORD = re.compile(r"[\x20-\x7e\xa1-\xff]{1,79}")
# What would be false in another file: the program that wrote it, the facts of a thumbnail, and copies of EXIF, dates
# and profiles by ImageMagick.
_OF_THE_FILE = re.compile(r"Software|(?:date|exif|icc|jpeg|png|tiff):.*|Thumb::.*|Raw profile type .*", re.IGNORECASE)
_XMP_KEYWORD = "XML:com.adobe.xmp"
_EXIF_KEYWORDS = {"Raw profile type exif", "Raw profile type APP1"}
_EXIF_START = b"Exif\0\0"
_DAMAGED = "has damaged texts, which are left out"
_TOO_MUCH = "has more than 1000 texts or 16 MiB of them; the rest is left out"
_METERS = 1
_INCH = 0.0254
_TEXT_LIMIT = 2**24
"""Of all texts together, bytes."""
_MOST_TEXTS = 1000


def png_metadata(chunks: Iterable[Chunk]) -> tuple[Metadata, tuple[str, ...]]:
    """Read metadata from the chunks of a PNG file.

    Args:
        chunks: kinds and contents.

    Returns:
        The metadata, and what is left out of it, as in `Stored.notes`: texts that are damaged, and those beyond a
        limit that only hostile files reach.
    """
    exif, raw_exif, xmp = b"", b"", None
    texts: list[tuple[str, str]] = []
    room, notes = _TEXT_LIMIT, set()
    dpi: Dpi | None = None
    for kind, content in chunks:
        if kind == b"eXIf":
            exif = content
        elif kind == b"pHYs" and len(content) == 9:
            x, y, unit = struct.unpack(">IIB", content)
            dpi = sound_dpi((x * _INCH, y * _INCH)) if unit == _METERS else None
        elif kind in TEXT_KINDS and _TOO_MUCH not in notes:
            keyword, said, local = _text(kind, content)
            if not _KEYWORD.fullmatch(keyword) or said is None:
                notes.add(_DAMAGED)
            elif len(said) > room or len(texts) == _MOST_TEXTS:
                notes.add(_TOO_MUCH)
            elif keyword == _XMP_KEYWORD:
                xmp = said
            elif keyword in _EXIF_KEYWORDS:
                raw_exif = _raw_profile(said)
            elif not _OF_THE_FILE.fullmatch(keyword):
                room -= len(said)
                text = said.decode("utf-8" if kind == b"iTXt" else "latin-1", "replace")
                texts.append((keyword, LocalText(text, *local) if any(local) else text))
    found = exif_metadata(exif or raw_exif, xmp=xmp, dpi=dpi)
    return replace(found, texts=tuple(dict.fromkeys(texts))), tuple(sorted(notes))


def is_for_decoder(kind: bytes, content: bytes) -> bool:
    """Return whether a chunk may change how the pixels are shown; of texts, only XMP and EXIF: their orientation."""
    return kind not in TEXT_KINDS or content.startswith((_XMP_KEYWORD.encode(), b"Raw profile type "))


def metadata_chunks(metadata: Metadata, width: int, height: int) -> list[Chunk]:
    """Write metadata as chunks of a PNG file.

    Args:
        metadata: the metadata.
        width: of the picture, pixels.
        height: of the picture, pixels.

    Returns:
        Kinds and contents, for the place between header and pixels.
    """
    chunks = []
    if metadata.dpi is not None:
        x, y = (round(one / _INCH) for one in metadata.dpi)
        chunks.append((b"pHYs", struct.pack(">IIB", x, y, _METERS)))
    if exif := exif_block(metadata, width, height):
        chunks.append((b"eXIf", exif))
    chunks += [_text_chunk(keyword, text) for keyword, text in metadata.texts]
    if metadata.xmp is not None:
        chunks.append(_international(_XMP_KEYWORD, metadata.xmp.decode("utf-8", "ignore")))
    return chunks


def _text_chunk(keyword: str, text: str) -> Chunk:
    # Not always as iTXt: fewer programs read it, and where one wrote UTF-8 into tEXt, its bytes stay.
    if isinstance(text, LocalText):
        return _international(keyword, text, text.language, text.keyword)
    try:
        return b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        return _international(keyword, text)


def _international(keyword: str, text: str, language: str = "", local_keyword: str = "") -> Chunk:
    head = keyword.encode("latin-1") + b"\0\0\0" + language.encode() + b"\0" + local_keyword.encode() + b"\0"
    return b"iTXt", head + text.encode()


def _text(kind: bytes, content: bytes) -> tuple[str, bytes | None, tuple[str, str]]:
    """Return the keyword of a text, its bytes, cut beyond the limit (None if damaged), language and local keyword."""
    keyword, _, rest = content.partition(b"\0")
    packed, language, local_keyword = kind == b"zTXt", b"", b""
    if kind == b"iTXt":
        packed = rest[:1] == b"\1"
        # Language and translated keyword end with a zero each.
        language, _, rest = rest[2:].partition(b"\0")
        local_keyword, _, rest = rest.partition(b"\0")
    elif packed:
        rest = rest[1:]
    local = language.decode("ascii", "replace"), local_keyword.decode(errors="replace")
    return keyword.decode("latin-1"), _unpacked(rest) if packed else rest, local


def _unpacked(packed: bytes) -> bytes | None:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(packed, _TEXT_LIMIT + 1)
    except zlib.error:
        return None
    return plain if stream.eof or len(plain) > _TEXT_LIMIT else None


def _raw_profile(said: bytes) -> bytes:
    """Return the EXIF data that ImageMagick and ExifTool write as a text: name and length in lines, then digits."""
    with contextlib.suppress(ValueError):
        data = bytes.fromhex("".join(said.decode("ascii").split("\n")[3:]))
        return data if data.startswith(_EXIF_START) else b""
    return b""
