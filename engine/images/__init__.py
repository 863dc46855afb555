"""Read and write picture files, and convert their colors, without PyTorch."""

from engine.images.picture import ImageError, Picture
from engine.images.reading import picture_from, read_picture
from engine.images.remarks import remarks_on_writing
from engine.images.replacing import check_target, check_unprotected, replacing
from engine.images.writing import SUFFIXES, check_writable, encoded, write_picture

__all__ = [
    "SUFFIXES",
    "ImageError",
    "Picture",
    "check_target",
    "check_unprotected",
    "check_writable",
    "encoded",
    "picture_from",
    "read_picture",
    "remarks_on_writing",
    "replacing",
    "write_picture",
]
