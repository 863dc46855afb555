"""Picture files made for tests, with metadata."""

import numpy as np
from PIL import Image

SUFFIXES = [".png", ".jpg", ".webp", ".tif"]
DESCRIPTION, DATE, ARTIST, COPYRIGHT, ORIENTATION = 0x010E, 0x0132, 0x013B, 0x8298, 0x0112
PHOTO, PLACE = 0x8769, 0x8825
TAKEN, EXPOSURE, WIDTH, HEIGHT, MAKER_NOTE = 0x9003, 0x829A, 0xA002, 0xA003, 0x927C


def exif():
    found = Image.Exif()
    found[DESCRIPTION], found[DATE], found[ARTIST] = "a wall", "2020:01:02 03:04:05", "Ann"
    found[COPYRIGHT], found[ORIENTATION] = "(c) Ann", 6
    found[PHOTO] = {TAKEN: "2019:05:06 07:08:09", EXPOSURE: 0.008, WIDTH: 999, HEIGHT: 998, MAKER_NOTE: b"SECRET" * 9}
    found[PLACE] = {1: "N", 2: (47.0, 3.0, 4.5), 3: "E", 4: (8.0, 1.0, 2.0)}
    return found.tobytes()


def wall(height=24, width=32):
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))
