"""Picture files made for tests, to the byte."""

import struct
import zlib

import numpy as np
import tifffile
from PIL import Image

from engine.images import Picture

HEIGHT, WIDTH = 7, 9


def noise(channels, bits, height=HEIGHT, width=WIDTH):
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(channels + bits).integers(0, 2**bits, shape, dtype=f"u{bits // 8}")


def levels(samples, bits):
    return np.rint(samples.astype(np.float64) * (2**bits - 1)).astype(int)


def make_tiff(path, samples, **options):
    options = {"photometric": "minisblack" if samples.ndim == 2 else "rgb", "metadata": None} | options
    tifffile.imwrite(path, samples, **options)
    return path


def save(image, path, **options):
    image.save(path, **options)
    return path


def opened(path):
    with Image.open(path) as image:
        image.load()
    return image


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def make_png(path, width, height, bits, color_type, rows, *extra):
    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, 0)
    parts = [png_chunk(b"IHDR", header), *extra, png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return path


def make_png16(path, samples, *extra):
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    color_type = {1: 0, 2: 4, 3: 2, 4: 6}[1 if samples.ndim == 2 else samples.shape[2]]
    return make_png(path, samples.shape[1], samples.shape[0], 16, color_type, rows, *extra)


def picture_of(samples, bits, **options):
    unit = samples.astype(np.float32) / np.float32(2**bits - 1)
    return Picture(np.repeat(unit[..., None], 3, axis=2) if unit.ndim == 2 else unit, bits=bits, **options)
