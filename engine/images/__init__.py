"""Pictures on disk: reading, writing and the colours between, without PyTorch."""

from engine.images.picture import PIXEL_LIMIT, ImageError, Picture
from engine.images.reading import read_picture
from engine.images.replacing import check_target, replacing
from engine.images.writing import SUFFIXES, check_writable, write_picture

__all__ = [
    "PIXEL_LIMIT",
    "SUFFIXES",
    "ImageError",
    "Picture",
    "check_target",
    "check_writable",
    "read_picture",
    "replacing",
    "write_picture",
]
