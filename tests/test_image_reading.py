"""What is read of picture files: values, alpha, bits and colors."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from image_files import HEIGHT, WIDTH, levels, make_png16, make_tiff, noise, png_chunk, save
from PIL import Image

from engine.images import read_picture


def test_images_are_read_without_loading_torch():
    code = "import sys, engine.images; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1]).returncode == 0


def test_an_8_bit_rgb_png_keeps_every_value(tmp_path):
    samples = noise(3, 8)
    picture = read_picture(save(Image.fromarray(samples), tmp_path / "a.png"))
    assert (levels(picture.pixels, 8) == samples).all()
    assert picture.pixels.dtype == np.float32
    assert (picture.alpha, picture.bits, picture.gray, picture.profile) == (None, 8, False, None)


def test_a_16_bit_rgb_png_keeps_every_bit(tmp_path):
    samples = noise(3, 16)
    picture = read_picture(make_png16(tmp_path / "a.png", samples))
    assert (levels(picture.pixels, 16) == samples).all()
    assert (picture.bits, picture.gray, picture.alpha) == (16, False, None)


def test_a_16_bit_rgb_png_with_alpha_keeps_every_bit(tmp_path):
    samples = noise(4, 16)
    picture = read_picture(make_png16(tmp_path / "a.png", samples))
    assert (levels(picture.pixels, 16) == samples[..., :3]).all()
    assert (levels(picture.alpha, 16) == samples[..., 3]).all()


def test_a_16_bit_gray_png_keeps_every_bit_in_three_equal_channels(tmp_path):
    samples = noise(1, 16)
    picture = read_picture(make_png16(tmp_path / "a.png", samples))
    assert (levels(picture.pixels, 16) == samples[..., None]).all()
    assert picture.gray
    assert picture.bits == 16


def test_a_16_bit_gray_png_with_alpha_keeps_every_bit(tmp_path):
    samples = noise(2, 16)
    picture = read_picture(make_png16(tmp_path / "a.png", samples))
    assert (levels(picture.pixels, 16) == samples[..., :1]).all()
    assert (levels(picture.alpha, 16) == samples[..., 1]).all()
    assert picture.gray


def test_the_transparent_color_of_a_16_bit_png_becomes_alpha(tmp_path):
    samples = noise(3, 16)
    key = png_chunk(b"tRNS", samples[2, 3].astype(">u2").tobytes())
    picture = read_picture(make_png16(tmp_path / "a.png", samples, key))
    assert picture.alpha[2, 3] == 0
    assert picture.alpha.sum() == HEIGHT * WIDTH - 1


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
def test_a_16_bit_rgb_tiff_keeps_every_bit(tmp_path, compression):
    samples = noise(3, 16)
    picture = read_picture(make_tiff(tmp_path / "a.tif", samples, compression=compression))
    assert (levels(picture.pixels, 16) == samples).all()
    assert (picture.bits, picture.gray, picture.alpha) == (16, False, None)


def test_a_big_endian_16_bit_tiff_keeps_every_bit(tmp_path):
    samples = noise(3, 16)
    assert (levels(read_picture(make_tiff(tmp_path / "a.tif", samples, byteorder=">")).pixels, 16) == samples).all()


def test_a_16_bit_tiff_of_separate_planes_keeps_every_bit(tmp_path):
    samples = noise(3, 16)
    path = make_tiff(tmp_path / "a.tif", np.moveaxis(samples, 2, 0), planarconfig="separate")
    assert (levels(read_picture(path).pixels, 16) == samples).all()


def test_a_16_bit_rgb_tiff_with_alpha_keeps_every_bit(tmp_path):
    samples = noise(4, 16)
    picture = read_picture(make_tiff(tmp_path / "a.tif", samples, extrasamples=["unassalpha"]))
    assert (levels(picture.pixels, 16) == samples[..., :3]).all()
    assert (levels(picture.alpha, 16) == samples[..., 3]).all()


def test_alpha_multiplied_into_a_16_bit_tiff_is_divided_out(tmp_path):
    samples = np.zeros((1, 2, 4), np.uint16)
    samples[0, 0] = [20000, 10000, 0, 40000]
    picture = read_picture(make_tiff(tmp_path / "a.tif", samples, extrasamples=["assocalpha"]))
    np.testing.assert_allclose(picture.pixels[0], [[0.5, 0.25, 0], [0, 0, 0]], atol=1e-6)


def test_a_16_bit_gray_tiff_keeps_every_bit(tmp_path):
    samples = noise(1, 16)
    picture = read_picture(make_tiff(tmp_path / "a.tif", samples))
    assert (levels(picture.pixels, 16) == samples[..., None]).all()
    assert (picture.bits, picture.gray) == (16, True)


def test_a_16_bit_gray_tiff_with_alpha_keeps_every_bit(tmp_path):
    samples = noise(2, 16)
    options = {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": ["unassalpha"]}
    picture = read_picture(make_tiff(tmp_path / "a.tif", samples, **options))
    assert (levels(picture.pixels, 16) == samples[..., :1]).all()
    assert (levels(picture.alpha, 16) == samples[..., 1]).all()


def test_a_16_bit_tiff_whose_zero_is_white_is_inverted(tmp_path):
    samples = noise(1, 16)
    picture = read_picture(make_tiff(tmp_path / "a.tif", samples, photometric="miniswhite"))
    assert (levels(picture.pixels, 16)[..., 0] == 65535 - samples).all()


def test_a_16_bit_cmyk_tiff_becomes_rgb(tmp_path):
    samples = np.array([[[0, 0, 0, 0], [65535, 0, 0, 0], [0, 0, 0, 65535]]], np.uint16)
    picture = read_picture(make_tiff(tmp_path / "a.tif", samples, photometric="separated"))
    assert picture.pixels.tolist() == [[[1, 1, 1], [0, 1, 1], [0, 0, 0]]]


def test_a_float_tiff_counts_as_16_bits(tmp_path):
    samples = np.random.default_rng(0).random((HEIGHT, WIDTH, 3), dtype=np.float32)
    picture = read_picture(make_tiff(tmp_path / "a.tif", samples))
    assert (picture.pixels == samples).all()
    assert picture.bits == 16


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_8_bit_png_and_tiff_of_every_mode_keep_every_value(tmp_path, mode, suffix):
    samples = noise(len(mode), 8)
    picture = read_picture(save(Image.fromarray(samples), tmp_path / f"a{suffix}"))
    samples = np.atleast_3d(samples)
    alpha = mode.endswith("A")
    assert (levels(picture.pixels, 8) == (samples[..., :-1] if alpha else samples)).all()
    assert (picture.alpha is not None) == alpha
    assert not alpha or (levels(picture.alpha, 8) == samples[..., -1]).all()
    assert (picture.gray, picture.bits) == (mode in {"L", "LA"}, 8)


def test_a_1_bit_picture_is_gray_in_black_and_white(tmp_path):
    picture = read_picture(save(Image.fromarray(noise(1, 8) > 127), tmp_path / "a.png"))
    assert (picture.pixels[..., 0] == (noise(1, 8) > 127)).all()
    assert picture.gray


def test_a_palette_picture_takes_its_colors(tmp_path):
    indexed = Image.fromarray(noise(3, 8)).quantize(16)
    picture = read_picture(save(indexed, tmp_path / "a.png"))
    assert (levels(picture.pixels, 8) == np.asarray(indexed.convert("RGB"))).all()
    assert not picture.gray
    assert picture.alpha is None


def test_a_palette_with_transparency_gives_alpha(tmp_path):
    indexed = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "L").convert("P")
    indexed.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture = read_picture(save(indexed, tmp_path / "a.png", transparency=bytes([0, 128, 255])))
    assert levels(picture.alpha, 8).tolist() == [[0, 128, 255]]
    assert picture.pixels.tolist() == [[[1, 0, 0], [0, 1, 0], [0, 0, 1]]]


def test_the_transparent_gray_of_an_8_bit_png_becomes_alpha(tmp_path):
    image = Image.fromarray(np.array([[10, 20]], np.uint8))
    picture = read_picture(save(image, tmp_path / "a.png", transparency=20))
    assert picture.alpha.tolist() == [[1, 0]]
    assert picture.gray


def test_a_gray_jpeg_is_gray(tmp_path):
    picture = read_picture(save(Image.new("L", (9, 7), 100), tmp_path / "a.jpg"))
    assert picture.gray
    assert abs(levels(picture.pixels, 8) - 100).max() <= 1


def test_a_cmyk_jpeg_becomes_rgb(tmp_path):
    picture = read_picture(save(Image.new("CMYK", (16, 16), (255, 0, 0, 0)), tmp_path / "a.jpg", quality=100))
    assert picture.pixels.shape == (16, 16, 3)
    np.testing.assert_allclose(picture.pixels, np.broadcast_to([0, 1, 1], (16, 16, 3)), atol=0.02)


def test_a_webp_with_alpha_is_read(tmp_path):
    samples = noise(4, 8)
    picture = read_picture(save(Image.fromarray(samples), tmp_path / "a.webp", lossless=True, exact=True))
    assert (levels(picture.pixels, 8) == samples[..., :3]).all()
    assert (levels(picture.alpha, 8) == samples[..., 3]).all()


def test_a_bmp_is_read(tmp_path):
    samples = noise(3, 8)
    assert (levels(read_picture(save(Image.fromarray(samples), tmp_path / "a.bmp")).pixels, 8) == samples).all()


def test_an_animated_gif_gives_its_first_frame(tmp_path):
    red, blue = Image.new("RGB", (4, 4), "red"), Image.new("RGB", (4, 4), "blue")
    picture = read_picture(save(red, tmp_path / "a.gif", save_all=True, append_images=[blue]))
    assert (picture.pixels == [1, 0, 0]).all()


def test_a_16_bit_gray_pgm_keeps_every_bit(tmp_path):
    samples = noise(1, 16)
    path = tmp_path / "a.pgm"
    path.write_bytes(b"P5 %d %d 65535\n" % (WIDTH, HEIGHT) + samples.astype(">u2").tobytes())
    picture = read_picture(path)
    assert (levels(picture.pixels[..., 0], 16) == samples).all()
    assert picture.bits == 16


def test_an_interlaced_16_bit_png_keeps_every_bit(tmp_path):
    samples = noise(3, 16, 11, 13)
    rows = b""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    for left, top, right, down in passes:
        rows += b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples[top::down, left::right])
    file = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    file.seek(0, io.SEEK_END)
    file.write(png_chunk(b"IHDR", struct.pack(">IIBBBBB", 13, 11, 16, 2, 0, 0, 1)))
    file.write(png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b""))
    (tmp_path / "a.png").write_bytes(file.getvalue())
    assert (levels(read_picture(tmp_path / "a.png").pixels, 16) == samples).all()
