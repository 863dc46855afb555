"""Reading a picture file of any kind."""

from pathlib import Path

import numpy as np
from PIL import UnidentifiedImageError

from engine.images import png, tiff
from engine.images.color import to_srgb
from engine.images.picture import ImageError, Picture
from engine.images.pillow import decode_with_pillow
from engine.images.stored import Stored, oriented


def read_picture(path: Path) -> Picture:
    """Read a picture upright and in sRGB.

    Args:
        path: a PNG, JPEG, WebP or TIFF file, or any other that Pillow opens; of an animation the first frame.

    Returns:
        The picture; 16-bit PNG and TIFF keep all 16 bits, floating point TIFF counts as 16 bits, and a damaged ICC
        profile counts as sRGB.

    Raises:
        ImageError: the file is missing, no picture, damaged, cut short, empty, too large or of an unknown kind.
    """
    try:
        stored = _decoded(_contents(path))
    except ImageError as error:
        raise ImageError(f"{path} {error}") from error
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{path} is no picture that can be read, or its beginning is damaged; use PNG, JPEG, WebP or TIFF"
        ) from error
    except Exception as error:
        # Decoders raise nearly anything on damaged files, and none of it means that the program is at fault.
        raise ImageError(f"{path} is damaged or cut short ({error}); get the file again or export it anew") from error
    pixels, profile = to_srgb(stored.colors, stored.profile)
    alpha = stored.alpha
    profiled = profile is not None and stored.colors.shape[2] in {1, 3}
    return Picture(
        pixels=np.ascontiguousarray(oriented(pixels, stored.orientation)),
        alpha=None if alpha is None else np.ascontiguousarray(oriented(alpha, stored.orientation)),
        bits=stored.bits,
        gray=stored.colors.shape[2] == 1,
        profile=profile,
        stored=np.ascontiguousarray(oriented(stored.colors, stored.orientation)) if profiled else None,
    )


def _contents(path: Path) -> bytes:
    if path.is_dir():
        raise ImageError("is a folder; name a picture file in it")
    if not path.exists():
        raise ImageError("does not exist; check the name")
    if not path.is_file():
        raise ImageError("is not an ordinary file; name a picture file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"cannot be read ({error.strerror}); check its permissions") from error


def _decoded(data: bytes) -> Stored:
    if data.startswith(png.SIGNATURE) and png.check_png(data) == 16:
        return png.decode_png16(data)
    deep = tiff.decode_deep_tiff(data) if data.startswith(tiff.SIGNATURES) else None
    return decode_with_pillow(data) if deep is None else deep
