"""Every format that Pillow opens, decoded without its warnings."""

import contextlib
import io
import threading
import warnings
from collections.abc import Iterator

import numpy as np
from PIL import Image, PngImagePlugin

from engine.images.picture import PIXEL_LIMIT
from engine.images.stored import UPRIGHT, Stored, check_size, orientation_of, unit_samples

_GRAY_MODES = {"1", "L", "LA", "La"}
# Profiles of printers outgrow Pillow's limit of one mebibyte.
_PNG_CHUNK_LIMIT = 2**26
_settings = threading.RLock()


def decode_with_pillow(data: bytes) -> Stored:
    """Decode the first frame of a file that Pillow opens.

    Args:
        data: the file.

    Returns:
        Its samples: 16 bits for gray files that have more than 8, else 8 bits.
    """
    with _own_settings(None):
        # Sizes are checked here instead of by Pillow: its own limits are lower, and partly only warnings.
        image = Image.open(io.BytesIO(data))
        check_size(*image.size)
        # Formats that wrap other files check those while loading.
        with _own_settings(PIXEL_LIMIT):
            image.load()
        # Asked after loading, because Pillow turns TIFF by itself and then forgets the tag.
        orientation = UPRIGHT
        # A damaged EXIF block is no reason to refuse sound pixels, and its parser raises nearly anything.
        with contextlib.suppress(Exception):
            orientation = orientation_of(image.getexif())
        profile = image.info.get("icc_profile")
        if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
            samples, has_alpha, bits = np.asarray(image)[..., None], False, 16
        else:
            has_alpha, bits = image.has_transparency_data, 8
            samples = np.asarray(image.convert(_plain_mode(image.mode, has_alpha=has_alpha)))
    colors = unit_samples(np.atleast_3d(samples))
    return Stored(
        colors=colors[..., :-1] if has_alpha else colors,
        alpha=colors[..., -1] if has_alpha else None,
        bits=bits,
        profile=profile if isinstance(profile, bytes) and profile else None,
        orientation=orientation,
    )


def _plain_mode(mode: str, *, has_alpha: bool) -> str:
    if mode == "CMYK":
        return mode
    return ("L" if mode in _GRAY_MODES else "RGB") + ("A" if has_alpha else "")


@contextlib.contextmanager
def _own_settings(pixel_limit: int | None) -> Iterator[None]:
    # Pillow's limits belong to the process and so do warning filters: borrowed under a lock and given back.
    with _settings, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        before = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
        Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = pixel_limit, _PNG_CHUNK_LIMIT
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = before
