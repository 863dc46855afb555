"""The metadata chunks of PNG files."""

import struct
import zlib
from collections.abc import Iterable

from engine.images.exif import exif_block, exif_metadata, sound_dpi
from engine.images.metadata import COMMENT, Dpi, Metadata

Chunk = tuple[bytes, bytes]

# The registered keywords; others hold what programs tell each other.
KEYWORDS = (
    "Title",
    "Author",
    "Description",
    "Copyright",
    "Creation Time",
    "Disclaimer",
    "Warning",
    "Source",
    COMMENT,
)
_XMP_KEYWORD = "XML:com.adobe.xmp"
_METERS = 1
_INCH = 0.0254
_TEXT_LIMIT = 2**24


def png_metadata(chunks: Iterable[Chunk]) -> Metadata:
    """Read metadata from the chunks of a PNG file.

    Args:
        chunks: kinds and contents.

    Returns:
        The metadata; nothing of chunks that are damaged.
    """
    exif, xmp, texts = b"", None, {}
    dpi: Dpi | None = None
    for kind, content in chunks:
        if kind == b"eXIf":
            exif = content
        elif kind == b"pHYs" and len(content) == 9:
            x, y, unit = struct.unpack(">IIB", content)
            dpi = sound_dpi((x * _INCH, y * _INCH)) if unit == _METERS else None
        elif kind in {b"tEXt", b"zTXt", b"iTXt"}:
            keyword, text = _text(kind, content)
            if keyword == _XMP_KEYWORD:
                xmp = text.encode()
            elif keyword in KEYWORDS:
                texts[keyword] = text
    found = exif_metadata(exif, xmp=xmp, dpi=dpi)
    return Metadata(found.image, found.photo, found.place, found.xmp, found.dpi, tuple(texts.items()))


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
    texts = [
        *metadata.texts,
        *([] if metadata.xmp is None else [(_XMP_KEYWORD, metadata.xmp.decode("utf-8", "ignore"))]),
    ]
    chunks += [(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode()) for keyword, text in texts]
    return chunks


def _text(kind: bytes, content: bytes) -> tuple[str, str]:
    keyword, _, rest = content.partition(b"\0")
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed = rest[:1] == b"\1"
        # Language and translated keyword end with a zero each.
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    elif packed:
        rest = rest[1:]
    try:
        plain = zlib.decompressobj().decompress(rest, _TEXT_LIMIT) if packed else rest
    except zlib.error:
        return "", ""
    return keyword.decode("latin-1"), plain.decode("utf-8" if kind == b"iTXt" else "latin-1", "replace")
