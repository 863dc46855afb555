"""TIFF files: decoding of 16-bit and floating point samples, which Pillow lacks, and encoding."""

import io
import logging
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from engine.images.picture import FloatArray, ImageError
from engine.images.stored import ORIENTATION_TAG, UPRIGHT, Stored, check_size, unit_samples

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_PROFILE_TAG = 34675
_UNSIGNED, _FLOAT = 1, 3
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _CMYK = 0, 1, 2, 5
_COLOR_CHANNELS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _CMYK: 4}
_PREMULTIPLIED_ALPHA, _PLAIN_ALPHA = 1, 2

# What tifffile says about a damaged file would reach the terminal beside the error that is raised for it.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def decode_deep_tiff(data: bytes) -> Stored | None:
    """Decode the first page of a TIFF file of 16-bit or floating point samples.

    Args:
        data: the file.

    Returns:
        Its samples, or None where they have 8 bits or fewer.

    Raises:
        ImageError: the file is empty, too large, or holds samples of another kind.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page: Any = file.pages[0]
        check_size(page.imagewidth, page.imagelength)
        kind, bits = int(page.sampleformat), int(page.bitspersample)
        if bits <= 8:
            return None
        color_channels = _COLOR_CHANNELS.get(int(page.photometric))
        if (kind, bits) != (_UNSIGNED, 16) and kind != _FLOAT:
            raise ImageError(
                f"has {bits}-bit samples of TIFF format {kind}, where unsigned 8 or 16 bits, or floats, are read; "
                "convert it to one of these"
            )
        if color_channels is None or page.samplesperpixel < color_channels or page.imagedepth != 1:
            raise ImageError(
                f"stores its colours as TIFF kind {int(page.photometric)}, where gray, RGB or CMYK are read; "
                "convert it to one of these"
            )
        samples = page.asarray()
        if page.axes.startswith("S"):
            samples = np.moveaxis(samples, 0, -1)
        samples = unit_samples(np.atleast_3d(samples))
        colors, alpha = samples[..., :color_channels], None
        extra = int(page.extrasamples[0]) if page.extrasamples else 0
        if extra in {_PREMULTIPLIED_ALPHA, _PLAIN_ALPHA}:
            alpha = samples[..., color_channels]
        if page.photometric == _WHITE_IS_ZERO:
            colors = 1 - colors
        if extra == _PREMULTIPLIED_ALPHA and alpha is not None:
            colors = _divided(colors, alpha)
        return Stored(
            colors=colors,
            alpha=alpha,
            bits=16,
            profile=_tag(page, _PROFILE_TAG, None),
            orientation=int(_tag(page, ORIENTATION_TAG, UPRIGHT)),
        )


def encode_tiff(samples: NDArray[np.uint8] | NDArray[np.uint16], profile: bytes | None) -> bytes:
    """Encode samples as TIFF, compressed without loss.

    Args:
        samples: uint8 or uint16 (height, width, channels); gray, gray and alpha, RGB, or RGB and alpha.
        profile: the ICC profile of the samples, or None.

    Returns:
        The file.
    """
    file = io.BytesIO()
    channels = samples.shape[2]
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
    )
    return file.getvalue()


def _tag(page: Any, number: int, default: Any) -> Any:  # noqa: ANN401 - a tag holds whatever the file says
    tag = page.tags.get(number)
    return default if tag is None else tag.value


def _divided(colors: FloatArray, alpha: FloatArray) -> FloatArray:
    by = alpha[..., None]
    return np.divide(colors, by, out=np.zeros_like(colors), where=by > 0).clip(0, 1)
