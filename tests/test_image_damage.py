"""What is no picture, is damaged or too large is refused when it is read."""

import os
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from image_files import make_png, make_png16, make_tiff, noise, save
from PIL import Image

from engine.images import ImageError, Picture, read_picture, write_picture
from engine.images.picture import PIXEL_LIMIT


def test_a_16_bit_tiff_of_lab_colors_is_refused(tmp_path):
    with pytest.raises(ImageError, match="gray, RGB or CMYK"):
        read_picture(make_tiff(tmp_path / "a.tif", noise(3, 16), photometric="cielab"))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ImageError, match=r"none\.png does not exist"):
        read_picture(tmp_path / "none.png")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ImageError, match="is a folder"):
        read_picture(tmp_path)


def test_a_device_is_refused():
    with pytest.raises(ImageError, match="not an ordinary file"):
        read_picture(Path(os.devnull))


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that not even the superuser can read")
def test_an_unreadable_file_is_refused():
    with pytest.raises(ImageError, match="cannot be read"):
        read_picture(Path("/proc/self/mem"))


@pytest.mark.parametrize("content", [b"", b"hello", bytes(1000)])
def test_a_file_that_is_no_picture_is_refused(tmp_path, content):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match="not a readable picture"):
        read_picture(path)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.97])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".gif", ".bmp"])
def test_a_truncated_8_bit_file_is_refused(tmp_path, suffix, kept):
    whole = save(Image.fromarray(noise(3, 8, 64, 64)), tmp_path / f"a{suffix}").read_bytes()
    path = tmp_path / f"b{suffix}"
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(ImageError, match=r"damaged|cut short"):
        read_picture(path)


@pytest.mark.parametrize("kept", [0.01, 0.3, 0.6, 0.999])
@pytest.mark.parametrize("kind", ["png", "tif", "compressed.tif"])
def test_a_truncated_16_bit_file_is_refused_without_a_word_on_the_terminal(tmp_path, kind, kept, capfd):
    path = tmp_path / f"a.{kind}"
    if kind == "png":
        make_png16(path, noise(3, 16, 64, 64))
    else:
        make_tiff(path, noise(3, 16, 64, 64), compression="zlib" if kind == "compressed.tif" else None)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(ImageError, match=r"damaged|cut short"):
        read_picture(path)
    assert capfd.readouterr() == ("", "")


def test_a_png_without_its_last_chunk_is_refused(tmp_path):
    path = save(Image.fromarray(noise(3, 8)), tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(ImageError, match="cut short"):
        read_picture(path)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_png_with_damaged_pixels_is_refused(tmp_path, bits):
    path = tmp_path / "a.png"
    write_picture(path, Picture(noise(3, 8).astype(np.float32) / 255, bits=bits))
    content = bytearray(path.read_bytes())
    content[60] ^= 255
    path.write_bytes(content)
    with pytest.raises(ImageError, match="damaged"):
        read_picture(path)


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 5), (5, 0)])
def test_a_picture_without_pixels_is_refused(tmp_path, width, height):
    with pytest.raises(ImageError, match=f"no pixels .{width} × {height}"):
        read_picture(make_png(tmp_path / "a.png", width, height, 8, 2, b""))


@pytest.mark.parametrize("bits", [8, 16])
def test_a_png_bomb_is_refused_from_its_header(tmp_path, bits):
    with pytest.raises(ImageError, match=str(PIXEL_LIMIT)):
        read_picture(make_png(tmp_path / "a.png", 20000, 20000, bits, 2, b""))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tiff_bomb_is_refused_from_its_header(tmp_path, dtype):
    path = make_tiff(tmp_path / "a.tif", np.zeros((5, 7), dtype), byteorder="<")
    content = path.read_bytes()
    for tag, side in ((256, 7), (257, 5)):
        for kind in (3, 4):
            entry = struct.pack("<HHI", tag, kind, 1)
            content = content.replace(
                entry + struct.pack("<I", side), struct.pack("<HHI", tag, 4, 1) + struct.pack("<I", 30000)
            )
    path.write_bytes(content)
    with pytest.raises(ImageError, match=str(PIXEL_LIMIT)):
        read_picture(path)


def test_a_gif_bomb_is_refused_from_its_header(tmp_path):
    path = save(Image.new("L", (4, 4)), tmp_path / "a.gif")
    content = bytearray(path.read_bytes())
    content[6:10] = struct.pack("<HH", 60000, 60000)
    path.write_bytes(content)
    with pytest.raises(ImageError, match=str(PIXEL_LIMIT)):
        read_picture(path)


def test_a_large_picture_below_the_limit_is_not_called_a_bomb(tmp_path):
    # Enough pixels for a warning from Pillow; the rows are missing, so that nothing large is decoded.
    path = make_png(tmp_path / "a.png", 13000, 13000, 1, 0, b"\0")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(ImageError, match="cut short"):
            read_picture(path)
    assert not caught


def test_reading_leaves_the_limits_of_pillow_as_they_were(tmp_path):
    before = Image.MAX_IMAGE_PIXELS
    read_picture(save(Image.new("L", (4, 4)), tmp_path / "a.gif"))
    assert before == Image.MAX_IMAGE_PIXELS
