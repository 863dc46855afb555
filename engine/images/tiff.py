"""TIFF files: decoding of what Pillow lacks, such as 16-bit, signed and floating-point samples, and encoding."""

import io
import logging
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from engine.images.exif import ORIENTATION_TAG, UPRIGHT
from engine.images.metadata import Metadata
from engine.images.picture import FloatArray, ImageError
from engine.images.pillow import decode_with_pillow
from engine.images.samples import unit_samples
from engine.images.stored import Stored, check_size, frame_notes
from engine.images.tiff_metadata import with_metadata

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_PROFILE_TAG = 34675
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCC = 0, 1, 2, 3, 5, 6
_COLOR_CHANNELS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _CMYK: 4}
# What tifffile converts to RGB as it decodes: the kinds of JPEG.
_JPEG_COMPRESSIONS = {6, 7, 33007, 34892}
_PREMULTIPLIED_ALPHA, _PLAIN_ALPHA = 1, 2
_DIVIDED = "has colors that are multiplied by alpha (associated alpha); the result has unassociated alpha"
# Pages that are a smaller version of another, or its mask.
_REDUCED, _MASK = 1, 4

# What tifffile says about a damaged file would reach the terminal beside the error that is raised for it.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def decode_tiff(data: bytes) -> Stored:
    """Decode the first page of a TIFF file, by Pillow where it gives the samples as they are.

    It does so where they are unsigned and have 8 bits or fewer, without alpha beside CMYK, more than one channel
    beside the colors, or colors multiplied by alpha, which Pillow divides without rounding.

    Args:
        data: the file.

    Returns:
        Its samples.

    Raises:
        ImageError: the file is empty, too large, cut short, or holds samples of another kind.
        MemoryError: it does not fit into memory.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page: Any = file.pages[0]
        check_size(page.imagewidth, page.imagelength)
        color_channels = _COLOR_CHANNELS.get(int(page.photometric))
        inked = page.photometric == _CMYK and page.samplesperpixel > _COLOR_CHANNELS[_CMYK]
        crowded = color_channels is not None and page.samplesperpixel > color_channels + 1
        multiplied = color_channels is not None and _first_extra(page) == _PREMULTIPLIED_ALPHA
        plain = _bits_of(page) <= 8 and page.sampleformat == _UNSIGNED
        if not plain or inked or crowded or multiplied:
            return _decoded(page, len(data))
        try:
            return decode_with_pillow(data)
        except (ImageError, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - decoders raise nearly anything
            # Pillow lacks big-endian BigTIFF, several compressions and odd numbers of bits.
            return _decoded(page, len(data))


def _decoded(page: Any, size: int) -> Stored:  # noqa: ANN401 - tifffile's pages have several types
    kind, photometric, bits = int(page.sampleformat), int(page.photometric), _bits_of(page)
    if kind not in {_UNSIGNED, _SIGNED, _FLOAT}:
        raise ImageError(
            f"has {bits}-bit samples of TIFF format {kind}, where integers or floats are read; "
            "convert it to one of these"
        )
    indexed = photometric == _PALETTE and bits <= 8 and page.colormap is not None
    converted = photometric == _YCC and int(page.compression) in _JPEG_COMPRESSIONS
    color_channels = 1 if indexed else 3 if converted else _COLOR_CHANNELS.get(photometric)
    if color_channels is None or page.samplesperpixel < color_channels or page.imagedepth != 1:
        raise ImageError(
            f"stores its colors as TIFF kind {photometric}, where gray, RGB or CMYK are read; "
            "convert it to one of these"
        )
    if any(start + count > size for start, count in zip(page.dataoffsets, page.databytecounts, strict=False)):
        # tifffile itself may fill what is missing with zeros.
        raise ImageError("is cut short (pixels are missing at its end); get or export the file again")
    samples = page.asarray()
    if page.axes.startswith("S"):
        samples = np.moveaxis(samples, 0, -1)
    samples = np.atleast_3d(samples)
    if samples.dtype == np.bool_:
        samples = samples.astype(np.uint8)
    extra = _first_extra(page)
    has_alpha = extra in {_PREMULTIPLIED_ALPHA, _PLAIN_ALPHA}
    # Channels that are neither color nor alpha say nothing of the range.
    found, notes = unit_samples(samples[..., : color_channels + has_alpha], bits)
    colors, alpha = found[..., :color_channels], found[..., color_channels] if has_alpha else None
    if indexed:
        # Of its 16 bits those that other readers take.
        colors, _ = unit_samples((np.asarray(page.colormap).T[samples[..., 0]] >> 8).astype(np.uint8))
    if photometric == _WHITE_IS_ZERO:
        colors = 1 - colors
    if extra == _PREMULTIPLIED_ALPHA and alpha is not None:
        colors = _divided(colors, alpha)
        notes = (*notes, _DIVIDED)
    return Stored(
        colors=colors,
        alpha=alpha,
        bits=8 if bits <= 8 else 16,
        profile=_tag(page, _PROFILE_TAG, None),
        orientation=int(_tag(page, ORIENTATION_TAG, UPRIGHT)),
        notes=(*notes, *_channel_notes(page.samplesperpixel, color_channels + has_alpha)),
    )


def _bits_of(page: Any) -> int:  # noqa: ANN401 - tifffile's pages have several types
    if not isinstance(page.bitspersample, int):
        depths = ", ".join(map(str, page.bitspersample))
        raise ImageError(f"has channels of {depths} bits, where all must have the same number; convert it")
    return page.bitspersample


def _first_extra(page: Any) -> int:  # noqa: ANN401 - tifffile's pages have several types
    return int(page.extrasamples[0]) if page.extrasamples else 0


def page_notes(data: bytes) -> tuple[str, ...]:
    """Say that a TIFF file has several pages, of which the first is read; thumbnails and masks are none."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        pages: Any = file.pages
        count = sum(not int(page.subfiletype) & (_REDUCED | _MASK) for page in pages)
    return frame_notes(count, "pages")


def encode_tiff(
    samples: NDArray[np.uint8] | NDArray[np.uint16], profile: bytes | None, metadata: Metadata | None = None
) -> bytes:
    """Encode samples as TIFF, compressed without loss.

    Args:
        samples: uint8 or uint16 (height, width, channels); gray, gray and alpha, RGB, or RGB and alpha.
        profile: the ICC profile of the samples, or None.
        metadata: what the file is to tell about the picture, or None.

    Returns:
        The file.
    """
    file = io.BytesIO()
    height, width, channels = samples.shape
    tifffile.imwrite(
        file,
        samples[..., 0] if channels == 1 else samples,
        photometric="rgb" if channels >= 3 else "minisblack",
        planarconfig=None if channels == 1 else "contig",
        extrasamples=["unassalpha"] if channels in {2, 4} else None,
        compression="zlib",
        predictor=True,
        iccprofile=profile,
        metadata=None,
        software=False,
        byteorder="<",
    )
    return file.getvalue() if metadata is None else with_metadata(file.getvalue(), metadata, width, height)


def _channel_notes(count: int, read: int) -> tuple[str, ...]:
    names = {1: "gray is", 2: "gray and alpha are", 3: "RGB is", 4: "RGB and alpha are"}
    return (
        (f"holds {count} channels, of which {names.get(read, f'the first {read} are')} read",) if count > read else ()
    )


def _tag(page: Any, number: int, default: Any) -> Any:  # noqa: ANN401 - a tag holds whatever the file says
    tag = page.tags.get(number)
    return default if tag is None else tag.value


def _divided(colors: FloatArray, alpha: FloatArray) -> FloatArray:
    by = alpha[..., None]
    return np.divide(colors, by, out=np.zeros_like(colors), where=by > 0).clip(0, 1)
