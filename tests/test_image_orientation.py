"""Pictures stand upright, whatever way round their files have them."""

import numpy as np
import pytest
from image_files import levels, make_png16, make_tiff, noise, png_chunk, save
from PIL import Image

from engine.images import read_picture


def stored_for(upright, orientation):
    """Give the rows and columns that a camera stores so that the orientation restores the upright picture."""
    undo = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }
    return np.ascontiguousarray(undo[orientation](upright))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_exif_orientation_is_applied_to_8_bits(tmp_path, suffix, orientation):
    upright = noise(3, 8)
    image = Image.fromarray(stored_for(upright, orientation))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(image, tmp_path / f"a{suffix}", exif=exif, **({"lossless": True} if suffix == ".webp" else {}))
    assert (levels(read_picture(path).pixels, 8) == upright).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_to_a_16_bit_png(tmp_path, orientation):
    upright = noise(4, 16)
    exif = Image.Exif()
    exif[0x0112] = orientation
    chunk = png_chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    picture = read_picture(make_png16(tmp_path / "a.png", stored_for(upright, orientation), chunk))
    assert (levels(picture.pixels, 16) == upright[..., :3]).all()
    assert (levels(picture.alpha, 16) == upright[..., 3]).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_to_a_16_bit_tiff(tmp_path, orientation):
    upright = noise(3, 16)
    tag = (0x0112, 3, 1, orientation, True)
    path = make_tiff(tmp_path / "a.tif", stored_for(upright, orientation), extratags=[tag])
    assert (levels(read_picture(path).pixels, 16) == upright).all()


def test_a_jpeg_taken_sideways_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read_picture(save(Image.new("RGB", (30, 20)), tmp_path / "a.jpg", exif=exif))
    assert picture.pixels.shape == (30, 20, 3)


@pytest.mark.parametrize("exif", [b"", b"junk", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0"])
def test_damaged_exif_does_not_stop_reading(tmp_path, exif):
    samples = noise(3, 16)
    path = make_png16(tmp_path / "a.png", samples, png_chunk(b"eXIf", exif))
    assert (levels(read_picture(path).pixels, 16) == samples).all()
    jpeg = save(Image.new("RGB", (30, 20)), tmp_path / "a.jpg", exif=b"Exif\0\0" + exif)
    assert read_picture(jpeg).pixels.shape == (20, 30, 3)
