"""Reading a picture file of any kind."""

import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import UnidentifiedImageError

from engine.file_errors import reading_refusal
from engine.images import jpeg2000, png, tiff
from engine.images.color import is_gray, to_srgb
from engine.images.picture import ImageError, Picture
from engine.images.pillow import decode_with_pillow
from engine.images.stored import Stored, oriented
from engine.images.tiff_metadata import read_tiff_metadata

_CMYK_CHANNELS = 4


def read_picture(path: Path) -> Picture:
    """Read a picture upright and in sRGB.

    Args:
        path: a PNG, JPEG, WebP or TIFF file, or any other that Pillow opens; of several frames or pages the first.

    Returns:
        The picture; PNG, TIFF and JPEG 2000 of more than 8 bits keep up to 16, floating point TIFF counts as 16 bits,
        and a damaged ICC profile counts as sRGB. It says in `remarks` where values were scaled or colors converted,
        and what was left out.

    Raises:
        ImageError: the file is missing, may not be read, or is no picture, damaged, cut short, empty, too large or of
            an unknown kind.
    """
    try:
        mode = path.stat().st_mode
        # Never opened: a pipe would be waited for.
        data = path.read_bytes() if stat.S_ISREG(mode) else None
    except (OSError, ValueError) as error:
        raise ImageError(reading_refusal(path, error)) from error
    if data is None:
        kind = "a folder; name a picture file in it" if stat.S_ISDIR(mode) else "not an ordinary file; name a picture"
        raise ImageError(f"{path} is {kind}")
    return picture_from(data, str(path))


def picture_from(data: bytes, name: str) -> Picture:
    """Read a picture from the contents of a file.

    Args:
        data: the contents.
        name: what to call it in errors and remarks.

    Returns:
        The picture, as `read_picture` gives it.

    Raises:
        ImageError: it is no picture, damaged, cut short, empty, too large or of an unknown kind.
    """
    try:
        stored = _decoded(data)
    except ImageError as error:
        raise ImageError(f"{name} {error}") from error
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{name} is not a readable picture, or its beginning is damaged; use PNG, JPEG, WebP or TIFF"
        ) from error
    except MemoryError as error:
        raise ImageError(f"{name} does not fit into memory; scale it down") from error
    except Exception as error:
        # Decoders raise nearly anything on damaged files, and none of it means that the program is at fault.
        raise ImageError(f"{name} is damaged or cut short ({error}); get or export the file again") from error
    pixels, profile = to_srgb(stored.colors, stored.profile)
    alpha, channels = stored.alpha, stored.colors.shape[2]
    profiled = profile is not None and channels != _CMYK_CHANNELS
    remarks = [f"{name} {note}" for note in stored.notes]
    if stored.profile is not None and profile is None:
        remarks.append(f"{name} has a color profile that is damaged or made for other samples; sRGB is assumed")
    kept = stored.colors
    gray = is_gray(kept, profile)
    if channels == 1 and not gray:
        remarks.append(f"{name} is gray, with a color profile for RGB; it is read as RGB")
        kept = np.repeat(kept, 3, axis=2)
    if channels == _CMYK_CHANNELS:
        remarks.append(f"{name} holds CMYK, which is converted to RGB")
    return Picture(
        pixels=np.ascontiguousarray(oriented(pixels, stored.orientation)),
        alpha=None if alpha is None else np.ascontiguousarray(oriented(alpha, stored.orientation)),
        bits=stored.bits,
        gray=gray,
        profile=profile,
        stored=np.ascontiguousarray(oriented(kept, stored.orientation)) if profiled else None,
        metadata=stored.metadata,
        compression=stored.compression,
        few_colors=stored.few_colors,
        remarks=tuple(remarks),
    )


def _decoded(data: bytes) -> Stored:
    if data.startswith(png.SIGNATURE):
        bits = png.check_png(data)
        found = png.decode_png16(data) if bits == 16 else decode_with_pillow(png.without_texts(data))
        metadata, notes = png.read_png_metadata(data)
        return replace(found, metadata=metadata, notes=(*found.notes, *png.gamma_notes(data), *notes))
    if data.startswith(tiff.SIGNATURES):
        found = tiff.decode_tiff(data)
        notes = (*found.notes, *tiff.page_notes(data))
        return replace(found, metadata=read_tiff_metadata(data), notes=notes)
    deep = jpeg2000.decode_deep_jpeg2000(data) if data.startswith(jpeg2000.SIGNATURES) else None
    return deep or decode_with_pillow(data)
