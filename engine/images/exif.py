"""Read and write the metadata in EXIF blocks and TIFF tags, which have the same form."""

import contextlib
import io
import struct
import warnings
from collections.abc import Mapping
from typing import Any

from PIL import ExifTags, Image, TiffImagePlugin, TiffTags

from engine.images.metadata import TEXT_CODING, Dpi, Metadata, Tags
from engine.images.xmp import OF_THE_FILE, without

ORIENTATION_TAG = 0x0112
UPRIGHT = 1
PHOTO_TAG, PLACE_TAG, XMP_TAG = 0x8769, 0x8825, 700

_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
_INCH, _CENTIMETER = 2, 3
_WIDTH, _HEIGHT = 0xA002, 0xA003
_MAKER_NOTE, _INTEROPERABILITY = 0x927C, 0xA005

# Tags about the picture; other tags describe its samples in the file. The last ones are Windows' own title, comment,
# author, keywords and subject.
_OF_THE_PICTURE = frozenset(
    {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746, 0x4749, 0x8298, *range(0x9C9B, 0x9CA0)}
)
# A maker note has previews, and offsets that are wrong in another file; the size is written again.
_OF_THE_FILE = frozenset({_MAKER_NOTE, _INTEROPERABILITY, _WIDTH, _HEIGHT})
_HEAD = b"II*\0\x08\0\0\0"
_BIG = (b"II+\0", b"MM\0+")


def exif_orientation(data: bytes) -> int:
    """Return the orientation in a block of EXIF data.

    Args:
        data: the block, possibly damaged.

    Returns:
        1 to 8; 1 (upright) if the block has none.
    """
    value = _tags(data)[0].get(ORIENTATION_TAG)
    return value if isinstance(value, int) and 1 <= value <= 8 else UPRIGHT


def exif_metadata(data: bytes, *, xmp: bytes | None = None, dpi: Dpi | None = None) -> Metadata:
    """Read metadata from a block of EXIF data.

    Args:
        data: the block, possibly damaged, or a TIFF file.
        xmp: an XMP packet from elsewhere in the file, which takes precedence.
        dpi: a resolution from elsewhere in the file, which takes precedence.

    Returns:
        The tags about the picture, and how and where it was taken, as far as they can be read.
    """
    image, photo, place = _tags(data)
    packet = xmp or image.get(XMP_TAG)
    return Metadata(
        image=_writable({tag: value for tag, value in image.items() if tag in _OF_THE_PICTURE}, None),
        photo=_writable({tag: value for tag, value in photo.items() if tag not in _OF_THE_FILE}, PHOTO_TAG),
        place=_writable(place, PLACE_TAG),
        xmp=without(OF_THE_FILE, packet) if isinstance(packet, bytes) else None,
        dpi=dpi or _resolution(image),
    )


def exif_block(metadata: Metadata, width: int, height: int) -> bytes:
    """Write metadata as a block of EXIF data.

    Args:
        metadata: the metadata.
        width: of the picture, pixels.
        height: of the picture, pixels.

    Returns:
        The block, from its byte order on; empty if there is no metadata.
    """
    tags = directory_of(metadata, width, height)
    return _HEAD + serialized(tags, None, len(_HEAD)) if tags else b""


def directory_of(metadata: Metadata, width: int, height: int) -> dict[int, Any]:
    """Return the tags of the first directory of a file, including the other directories.

    Args:
        metadata: the metadata.
        width: of the picture, pixels.
        height: of the picture, pixels.

    Returns:
        Values by tag; empty if there is no metadata.
    """
    tags: dict[int, Any] = metadata.image_with_texts()
    if metadata.photo:
        tags[PHOTO_TAG] = {**metadata.photo, _WIDTH: width, _HEIGHT: height}
    if metadata.place:
        tags[PLACE_TAG] = dict(metadata.place)
    if metadata.dpi:
        tags[_X_RESOLUTION], tags[_Y_RESOLUTION] = map(TiffImagePlugin.IFDRational, metadata.dpi)
        tags[_RESOLUTION_UNIT] = _INCH
    return tags


def serialized(tags: Tags, group: int | None, offset: int) -> bytes:
    """Write tags as they lie in a file, little-endian.

    Args:
        tags: by number; a mapping is a directory of its own.
        group: the tag that such a directory hangs on, or None for the first one.
        offset: where in the file it is going to lie.

    Returns:
        The directory, and behind it what its entries point at.
    """
    plain = {tag: value for tag, value in tags.items() if not isinstance(value, Mapping)}
    inner = {tag: value for tag, value in tags.items() if isinstance(value, Mapping)}
    length, body = len(_directory({**plain, **dict.fromkeys(inner, 0)}, group, offset)), b""
    for tag, value in inner.items():
        # Directories begin at even places.
        body += bytes((offset + length + len(body)) % 2)
        plain[tag] = offset + length + len(body)
        body += serialized(value, tag, plain[tag])
    return _directory(plain, group, offset) + body


def _directory(tags: Tags, group: int | None, offset: int) -> bytes:
    directory = TiffImagePlugin.ImageFileDirectory_v2(_HEAD, group=group)
    for tag, value in tags.items():
        if tag in {PHOTO_TAG, PLACE_TAG}:
            directory.tagtype[tag] = TiffTags.LONG
        if isinstance(value, str):
            # Pillow itself would put question marks for what is not ASCII, such as the sign of copyright.
            directory.tagtype[tag] = TiffTags.ASCII
        directory[tag] = value.encode(TEXT_CODING) if isinstance(value, str) else value
    return bytes(directory.tobytes(offset))


def _tags(data: bytes) -> tuple[dict[int, Any], dict[int, Any], dict[int, Any]]:
    found: tuple[dict[int, Any], ...] = ({}, {}, {})
    # A damaged EXIF block is no reason to refuse sound pixels, and its parser warns and raises nearly anything.
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if data.startswith(_BIG):
            return _tags_of_big(data)
        exif = Image.Exif()
        exif.load(data)
        found[0].update(exif)
        found[1].update(exif.get_ifd(ExifTags.IFD.Exif))
        found[2].update(exif.get_ifd(ExifTags.IFD.GPSInfo))
    return found[0], found[1], found[2]


def _tags_of_big(data: bytes) -> tuple[dict[int, Any], dict[int, Any], dict[int, Any]]:
    """Read the directories of a BigTIFF file, which `Image.Exif` does not."""
    file, order = io.BytesIO(data), "<" if data.startswith(b"II") else ">"

    def directory(place: int, group: int | None) -> dict[int, Any]:
        found = TiffImagePlugin.ImageFileDirectory_v2(data[:2] + struct.pack(f"{order}HI", 42, 0), group=group)
        # Pillow takes the mark of BigTIFF from little-endian headers only.
        setattr(found, "_bigtiff", True)  # noqa: B010 - to the type checker it has no such attribute
        file.seek(place)
        found.load(file)
        return {
            tag: value[0] if isinstance(value, tuple) and len(value) == 1 else value for tag, value in found.items()
        }

    image = directory(struct.unpack_from(f"{order}Q", data, 8)[0], None)
    photo, place = (directory(image[tag], tag) if tag in image else {} for tag in (PHOTO_TAG, PLACE_TAG))
    return image, photo, place


def _writable(tags: Tags, group: int | None) -> dict[int, Any]:
    """Drop tags whose values cannot be written."""
    kept = {}
    for tag, value in tags.items():
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("error")
            serialized({tag: value}, group, 0)
            kept[tag] = value
    return kept


def _resolution(image: Tags) -> Dpi | None:
    with contextlib.suppress(KeyError, TypeError, ValueError, ZeroDivisionError):
        scale = {_INCH: 1.0, _CENTIMETER: 2.54}[image.get(_RESOLUTION_UNIT, _INCH)]
        dpi = scale * float(image[_X_RESOLUTION]), scale * float(image[_Y_RESOLUTION])
        return sound_dpi(dpi)
    return None


def sound_dpi(dpi: Dpi) -> Dpi | None:
    """Return a resolution, or None if it is out of range."""
    return dpi if all(0.01 < one < 1e6 for one in dpi) else None
