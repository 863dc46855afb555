"""Remarks about what a file format cannot keep of a picture."""

from pathlib import Path

from engine.images.metadata import COMMENT
from engine.images.picture import Picture
from engine.images.writing import (
    COMMENT_LIMIT,
    DEEP_SUFFIXES,
    EXIF_LIMIT,
    JPEG_SUFFIXES,
    XMP_LIMIT,
    block_of,
    is_lossy,
)

MOST_NAMED = 5
_NAMES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WebP", ".tif": "TIFF", ".tiff": "TIFF"}


def remarks_on_writing(path: Path, picture: Picture, *, quality: int | None = None) -> list[str]:
    """Return what is lost when a picture is written to a file.

    Args:
        path: the file.
        picture: the picture.
        quality: see `encoded`.

    Returns:
        A sentence for each loss.
    """
    suffix, remarks = path.suffix.lower(), []
    name = _NAMES[suffix]
    if picture.kept is not None and picture.kept.any() and is_lossy(picture, suffix, quality):
        remarks.append(f"{path}: the pixels that are kept are encoded again; .png or .tif keeps them exactly")
    if suffix in JPEG_SUFFIXES and picture.alpha is not None and (picture.alpha < 1).any():
        remarks.append(
            f"{path}: transparent parts become white, since JPEG has no alpha; .png, .webp or .tif keeps it"
        )
    if picture.few_colors:
        kind = "gray" if picture.gray else "RGB color"
        remarks.append(f"{path}: the {picture.few_colors} of the picture is not kept; it has 8-bit {kind}")
    if picture.bits > 8 and suffix not in DEEP_SUFFIXES:
        remarks.append(
            f"{path}: {picture.bits} bits are rounded to 8, since {name} has no more; .png or .tif keeps them"
        )
    if suffix in JPEG_SUFFIXES:
        too_long = {"EXIF": len(block_of(picture)) > EXIF_LIMIT, "XMP": len(picture.metadata.xmp or b"") > XMP_LIMIT}
        remarks += [
            f"{path}: {kind} data are left out, since JPEG holds no more than 64 kB of them; .png or .tif keeps them"
            for kind, is_too_long in too_long.items()
            if is_too_long
        ]
        comment = dict(picture.metadata.texts).get(COMMENT, "")
        if len(comment.encode()) > COMMENT_LIMIT:
            remarks.append(f"{path}: the comment is cut, since JPEG holds no more than 64 kB of it; .png keeps it")
    texts = [key for key in picture.metadata.texts_without_tag() if suffix not in JPEG_SUFFIXES or key != COMMENT]
    if texts and suffix != ".png":
        rest = f" and {len(texts) - MOST_NAMED} more" if len(texts) > MOST_NAMED else ""
        named = ", ".join(texts[:MOST_NAMED]) + rest
        remarks.append(f"{path}: the text of {named} is left out, since {name} has no place for it; .png keeps it")
    if quality is not None and suffix in DEEP_SUFFIXES:
        remarks.append(f"{path}: --jpeg-quality is ignored, since {name} is lossless")
    return remarks
