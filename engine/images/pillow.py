"""Decode formats that Pillow opens, without its warnings."""

import contextlib
import io
import threading
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image, JpegImagePlugin, PngImagePlugin

from engine.images.compression import compression_of
from engine.images.exif import ORIENTATION_TAG, UPRIGHT, exif_metadata, sound_dpi
from engine.images.metadata import COMMENT, Dpi, Metadata
from engine.images.picture import PIXEL_LIMIT
from engine.images.samples import unit_samples
from engine.images.stored import Stored, check_size, frame_notes

_GRAY_MODES = {"1", "L", "LA", "La"}
# Profiles of printers can exceed Pillow's limit of one MiB.
_PNG_CHUNK_LIMIT = 2**26
_XMP_START = b"http://ns.adobe.com/xap/1.0/\0"
# Other formats count previews and layers, too; pages of TIFF are counted in its own module.
_ANIMATIONS = {"GIF", "WEBP", "PNG", "AVIF", "FLI", "DCX"}
_LAB = "holds Lab colors, which are converted to sRGB; the result is sRGB"
# What files have that none is written with.
_FEW_COLORS = {"P": "palette", "PA": "palette", "1": "single bit per sample"}
_settings = threading.RLock()


def decode_with_pillow(data: bytes) -> Stored:
    """Decode the first frame of a file that Pillow opens.

    Args:
        data: the file.

    Returns:
        Its samples: 16 bits for gray files that have more than 8, else 8 bits.
    """
    with _own_settings(None):
        # Sizes are checked here, as the limits of Pillow are lower, and partly only warnings.
        image = Image.open(io.BytesIO(data))
        check_size(*image.size)
        # Formats that wrap other files check those while loading.
        with _own_settings(PIXEL_LIMIT):
            image.load()
        # After loading, because Pillow rotates TIFF by itself and then drops the tag.
        orientation = UPRIGHT
        # The pixels may be sound even if the EXIF block is damaged, for which its parser raises nearly any error.
        with contextlib.suppress(Exception):
            value = image.getexif().get(ORIENTATION_TAG, UPRIGHT)
            orientation = value if isinstance(value, int) and 1 <= value <= 8 else UPRIGHT
        # That of Lab colors says nothing of what they are converted to.
        profile = None if image.mode == "LAB" else image.info.get("icc_profile")
        more = [*frame_notes(_frames(image), "frames"), *([_LAB] if image.mode == "LAB" else [])]
        few_colors = _FEW_COLORS.get(image.mode, "")
        metadata, compression = _metadata_of(image), compression_of(image, data)
        if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
            samples, has_alpha, bits = np.asarray(image)[..., None], False, 16
        else:
            has_alpha, bits = image.has_transparency_data, 8
            samples = np.asarray(image.convert(_plain_mode(image.mode, has_alpha=has_alpha)))
    colors, notes = unit_samples(np.atleast_3d(samples))
    return Stored(
        colors=colors[..., :-1] if has_alpha else colors,
        alpha=colors[..., -1] if has_alpha else None,
        bits=bits,
        profile=profile if isinstance(profile, bytes) and profile else None,
        orientation=orientation,
        metadata=metadata,
        compression=compression,
        few_colors=few_colors,
        notes=(*notes, *more),
    )


def _frames(image: Image.Image) -> int:
    return getattr(image, "n_frames", 1) if image.format in _ANIMATIONS else 1


def _metadata_of(image: Image.Image) -> Metadata:
    """Read the metadata of JPEG and WebP; that of PNG and TIFF is read in their own modules."""
    exif, xmp, dpi = image.info.get("exif"), image.info.get("xmp"), None
    texts: tuple[tuple[str, str], ...] = ()
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        dpi = _density(image)
        packets = (part for kind, part in image.applist if kind == "APP1" and part.startswith(_XMP_START))
        xmp = next(packets, b"").removeprefix(_XMP_START)
        comments = (part.rstrip(b"\0").decode(errors="replace") for kind, part in image.applist if kind == "COM")
        texts = tuple((COMMENT, comment) for comment in comments if comment)[:1]
    elif isinstance(comment := image.info.get("comment"), bytes) and image.format == "GIF" and comment:
        texts = ((COMMENT, comment.decode(errors="replace")),)
    found = exif_metadata(
        exif if isinstance(exif, bytes) else b"", xmp=xmp if isinstance(xmp, bytes) and xmp else None, dpi=dpi
    )
    return replace(found, texts=texts)


def _density(image: Image.Image) -> Dpi | None:
    # Not Pillow's `dpi`, which is 72 if the file has none.
    scale = {1: 1.0, 2: 2.54}.get(image.info.get("jfif_unit", 0))
    x, y = image.info.get("jfif_density", (0, 0))
    return None if scale is None else sound_dpi((scale * x, scale * y))


def _plain_mode(mode: str, *, has_alpha: bool) -> str:
    if mode == "CMYK":
        return mode
    return ("L" if mode in _GRAY_MODES else "RGB") + ("A" if has_alpha else "")


@contextlib.contextmanager
def _own_settings(pixel_limit: int | None) -> Iterator[None]:
    # Pillow's limits and the warning filters are global, so they are changed under a lock and restored.
    with _settings, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        before = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
        Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = pixel_limit, _PNG_CHUNK_LIMIT
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = before
