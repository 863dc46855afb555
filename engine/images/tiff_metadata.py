"""The metadata tags of TIFF files."""

import struct
from dataclasses import replace

from engine.images.exif import XMP_TAG, directory_of, exif_metadata, serialized
from engine.images.metadata import IMAGE_DESCRIPTION, Metadata

_CLASSIC = b"II*\0"
# The descriptions of tifffile, ImageJ and microscopes (OME) describe the samples in that file.
_SHAPES = ('{"shape"', "ImageJ=", "<?xml", "<OME")
_COUNT, _ENTRY = struct.Struct("<H"), 12


def read_tiff_metadata(data: bytes) -> Metadata:
    """Read the metadata of a TIFF file; a block of EXIF data is a TIFF file without pixels."""
    found = exif_metadata(data)
    if str(found.image.get(IMAGE_DESCRIPTION, "")).startswith(_SHAPES):
        return replace(found, image={tag: value for tag, value in found.image.items() if tag != IMAGE_DESCRIPTION})
    return found


def with_metadata(data: bytes, metadata: Metadata, width: int, height: int) -> bytes:
    """Add metadata to a TIFF file.

    Args:
        data: the file, little-endian and with one page.
        metadata: the metadata.
        width: of the picture, pixels.
        height: of the picture, pixels.

    Returns:
        The file with a new directory at its end. It is unchanged if there is no metadata, or if it is too large
        (4 GiB) for offsets of this form.
    """
    tags = directory_of(metadata, width, height)
    if metadata.xmp is not None:
        tags[XMP_TAG] = metadata.xmp
    if not tags or not data.startswith(_CLASSIC):
        return data
    data += bytes(len(data) % 2)
    added = serialized(tags, None, len(data))
    (old_place,) = struct.unpack_from("<I", data, 4)
    entries = {**_entries(data, old_place), **_entries(added, 0)}
    added += bytes(len(added) % 2)
    directory = _COUNT.pack(len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
    place = struct.pack("<I", len(data) + len(added))
    return data[:4] + place + data[8:] + added + directory


def _entries(data: bytes, place: int) -> dict[int, bytes]:
    (count,) = _COUNT.unpack_from(data, place)
    start = place + _COUNT.size
    found = (data[start + number * _ENTRY : start + (number + 1) * _ENTRY] for number in range(count))
    return {_COUNT.unpack_from(entry)[0]: entry for entry in found}
