import io
import itertools
import os
import stat
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from engine.images import PIXEL_LIMIT, ImageError, Picture, check_writable, read_picture, write_picture

HEIGHT, WIDTH = 7, 9
ADOBE_RGB = bytes(imagecodecs.cms_profile("adobergb"))
GRAY_GAMMA = bytes(imagecodecs.cms_profile("gray", gamma=1.4))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


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


def input_only_profile(space, lightness):
    """Give a profile with a table from ink or light to Lab and none back; lightness maps corners to 0..1."""
    channels = len(space.strip())
    table = bytes(
        value
        for corner in itertools.product((0, 1), repeat=channels)
        for value in (round(255 * lightness(corner)), 128, 128)
    )
    identity, matrix = bytes(range(256)), struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut = b"mft1\0\0\0\0" + bytes((channels, 3, 2, 0)) + matrix + identity * channels + table + identity * 3
    white = struct.pack(">3i", 63190, 65536, 54061)
    name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)
    tags = {b"desc": name, b"cprt": b"text\0\0\0\0none", b"wtpt": b"XYZ \0\0\0\0" + white, b"A2B0": lut}
    index, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        index += tag + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"lcms", 0x02100000, b"scnr", space, b"Lab ")
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + white
    return head.ljust(128, b"\0") + index + body


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


def test_a_16_bit_tiff_of_lab_colors_is_refused(tmp_path):
    with pytest.raises(ImageError, match="gray, RGB or CMYK"):
        read_picture(make_tiff(tmp_path / "a.tif", noise(3, 16), photometric="cielab"))


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


def test_an_adobe_rgb_picture_is_converted_to_srgb(tmp_path):
    picture = read_picture(save(Image.new("RGB", (2, 2), (100, 150, 100)), tmp_path / "a.png", icc_profile=ADOBE_RGB))
    red, green, blue = levels(picture.pixels, 8)[0, 0]
    assert red < 75
    assert abs(green - 151) <= 1
    assert 90 < blue < 100
    assert picture.profile == ADOBE_RGB


def test_a_16_bit_png_with_a_profile_is_converted_in_full_precision(tmp_path):
    samples = noise(3, 16)
    chunk = png_chunk(b"iCCP", b"name\0\0" + zlib.compress(ADOBE_RGB))
    picture = read_picture(make_png16(tmp_path / "a.png", samples, chunk))
    assert picture.profile == ADOBE_RGB
    write_picture(tmp_path / "b.png", picture)
    again = read_picture(tmp_path / "b.png")
    inside = ((picture.pixels > 0) & (picture.pixels < 1)).all(axis=2)
    assert inside.any()
    assert abs(again.pixels - picture.pixels)[inside].max() < 3e-4


def test_a_16_bit_tiff_with_a_profile_is_converted(tmp_path):
    samples = np.full((2, 2, 3), (100 * 257, 150 * 257, 100 * 257), np.uint16)
    picture = read_picture(make_tiff(tmp_path / "a.tif", samples, iccprofile=ADOBE_RGB))
    assert levels(picture.pixels, 8)[0, 0, 0] < 75
    assert picture.profile == ADOBE_RGB


def test_an_embedded_srgb_profile_changes_no_value(tmp_path):
    samples = noise(3, 8)
    picture = read_picture(save(Image.fromarray(samples), tmp_path / "a.png", icc_profile=SRGB))
    assert (levels(picture.pixels, 8) == samples).all()
    assert picture.profile == SRGB


def test_a_gray_profile_is_applied_to_a_gray_picture(tmp_path):
    picture = read_picture(save(Image.new("L", (2, 2), 128), tmp_path / "a.png", icc_profile=GRAY_GAMMA))
    assert levels(picture.pixels, 8).min() > 160
    assert np.ptp(picture.pixels) < 1e-4
    assert picture.gray
    assert picture.profile == GRAY_GAMMA


def test_an_rgb_profile_is_applied_to_a_gray_picture(tmp_path):
    picture = read_picture(save(Image.new("L", (2, 2), 128), tmp_path / "a.jpg", icc_profile=ADOBE_RGB))
    assert picture.gray
    assert abs(levels(picture.pixels, 8) - 128).max() <= 2
    assert picture.profile == ADOBE_RGB


def test_a_cmyk_profile_is_applied(tmp_path):
    profile = input_only_profile(b"CMYK", lambda ink: (1 - ink[3]) * (1 - sum(ink[:3]) / 3))
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    picture = read_picture(save(image, tmp_path / "a.jpg", quality=100, icc_profile=profile))
    # The made-up profile knows only grays, where plain arithmetic would give cyan.
    assert np.ptp(picture.pixels) < 0.01
    assert abs(picture.pixels.mean() - 0.636) < 0.01
    assert picture.profile == profile


@pytest.mark.parametrize(
    "profile",
    [b"junk", ADOBE_RGB[:200], ADOBE_RGB[:128] + bytes(len(ADOBE_RGB) - 128), bytes(500), GRAY_GAMMA],
    ids=["junk", "cut", "emptied", "zeros", "gray"],
)
def test_a_useless_profile_counts_as_srgb_and_is_dropped(tmp_path, profile):
    samples = noise(3, 8)
    picture = read_picture(save(Image.fromarray(samples), tmp_path / "a.png", icc_profile=profile))
    assert (levels(picture.pixels, 8) == samples).all()
    assert picture.profile is None


def test_an_undecodable_profile_in_a_16_bit_png_is_dropped(tmp_path):
    samples = noise(3, 16)
    picture = read_picture(make_png16(tmp_path / "a.png", samples, png_chunk(b"iCCP", b"name\0\0junk")))
    assert (levels(picture.pixels, 16) == samples).all()
    assert picture.profile is None


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


def picture_of(samples, bits, **options):
    unit = samples.astype(np.float32) / np.float32(2**bits - 1)
    return Picture(np.repeat(unit[..., None], 3, axis=2) if unit.ndim == 2 else unit, bits=bits, **options)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff", ".PNG"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_png_and_tiff_come_back_exactly(tmp_path, suffix, bits, gray, with_alpha):
    alpha = noise(1, bits)[::-1].astype(np.float32) / np.float32(2**bits - 1) if with_alpha else None
    picture = picture_of(noise(1 if gray else 3, bits), bits, gray=gray, alpha=alpha)
    write_picture(tmp_path / f"a{suffix}", picture)
    again = read_picture(tmp_path / f"a{suffix}")
    assert (again.pixels == picture.pixels).all()
    assert (again.alpha is not None) == with_alpha
    assert not with_alpha or (again.alpha == alpha).all()
    assert (again.bits, again.gray, again.profile) == (bits, gray, None)


@pytest.mark.parametrize("bits", [8, 16])
def test_every_level_comes_back_exactly(tmp_path, bits):
    samples = np.arange(2**bits, dtype=f"u{bits // 8}").reshape(2 ** (bits // 2), -1)
    for gray in (False, True):
        write_picture(tmp_path / "a.png", picture_of(samples, bits, gray=gray))
        assert (levels(read_picture(tmp_path / "a.png").pixels[..., 1], bits) == samples).all()


def test_values_between_levels_are_rounded_and_values_outside_clipped(tmp_path):
    pixels = np.array([[[100.4, 100.6, -50], [300, 0, 255]]], np.float32) / 255
    write_picture(tmp_path / "a.png", Picture(pixels))
    assert np.asarray(opened(tmp_path / "a.png")).tolist() == [[[100, 101, 0], [255, 0, 255]]]


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_jpeg_and_webp_fall_back_to_8_bits(tmp_path, suffix):
    picture = Picture(np.full((16, 16, 3), (0.2, 0.5, 0.8), np.float32), bits=16)
    write_picture(tmp_path / f"a{suffix}", picture)
    again = read_picture(tmp_path / f"a{suffix}")
    assert again.bits == 8
    np.testing.assert_allclose(again.pixels, picture.pixels, atol=0.02)


def test_a_gray_jpeg_stays_gray(tmp_path):
    write_picture(tmp_path / "a.jpg", picture_of(noise(1, 8), 8, gray=True))
    assert opened(tmp_path / "a.jpg").mode == "L"


def test_a_gray_picture_with_a_gray_profile_becomes_a_plain_webp(tmp_path):
    picture = Picture(np.full((16, 16, 3), 0.6, np.float32), gray=True, profile=GRAY_GAMMA)
    write_picture(tmp_path / "a.webp", picture)
    again = read_picture(tmp_path / "a.webp")
    assert again.profile is None
    np.testing.assert_allclose(again.pixels, picture.pixels, atol=0.01)


def test_a_gray_file_of_colored_pixels_gets_their_luma(tmp_path):
    write_picture(tmp_path / "a.png", Picture(np.full((2, 2, 3), (0, 1, 0), np.float32), gray=True))
    assert (np.asarray(opened(tmp_path / "a.png")) == round(0.7152 * 255)).all()


def test_what_is_transparent_is_white_in_a_jpeg(tmp_path):
    alpha = np.repeat(np.float32([0, 0.5, 1]), 16)[None].repeat(16, axis=0)
    write_picture(tmp_path / "a.jpg", Picture(np.full((16, 48, 3), 0.2, np.float32), alpha=alpha))
    again = read_picture(tmp_path / "a.jpg")
    assert again.alpha is None
    for columns, level in ((4, 1), (24, 0.6), (44, 0.2)):
        np.testing.assert_allclose(again.pixels[:, columns], level, atol=0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes there")
def test_a_file_that_is_replaced_keeps_who_may_read_it(tmp_path):
    path = tmp_path / "a.png"
    path.touch()
    path.chmod(0o640)
    write_picture(path, Picture(np.zeros((4, 4, 3), np.float32)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_webp_keeps_alpha(tmp_path):
    alpha = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    write_picture(tmp_path / "a.webp", Picture(np.full((16, 16, 3), 0.8, np.float32), alpha=alpha))
    np.testing.assert_allclose(read_picture(tmp_path / "a.webp").alpha, alpha, atol=0.01)


def test_a_lower_quality_gives_a_smaller_file(tmp_path):
    picture = picture_of(noise(3, 8, 64, 64), 8)
    for suffix in (".jpg", ".webp"):
        write_picture(tmp_path / f"low{suffix}", picture, quality=20)
        write_picture(tmp_path / f"high{suffix}", picture)
        assert (tmp_path / f"low{suffix}").stat().st_size < (tmp_path / f"high{suffix}").stat().st_size / 2


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
@pytest.mark.parametrize("bits", [8, 16])
def test_an_adobe_rgb_picture_gives_an_adobe_rgb_file(tmp_path, suffix, bits):
    color = (100, 150, 110)
    source = save(Image.new("RGB", (16, 16), color), tmp_path / "source.png", icc_profile=ADOBE_RGB)
    picture = read_picture(source)
    write_picture(tmp_path / f"a{suffix}", Picture(picture.pixels, bits=bits, profile=picture.profile))
    stored = opened(tmp_path / f"a{suffix}")
    assert stored.info["icc_profile"] == ADOBE_RGB
    assert abs(np.asarray(stored).astype(int) - color).max() <= (0 if suffix in {".png", ".tif"} else 3)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_gray_profile_is_kept_for_a_gray_picture(tmp_path, suffix, bits):
    picture = read_picture(save(Image.new("L", (16, 16), 128), tmp_path / "source.png", icc_profile=GRAY_GAMMA))
    write_picture(tmp_path / f"a{suffix}", Picture(picture.pixels, bits=bits, gray=True, profile=picture.profile))
    again = read_picture(tmp_path / f"a{suffix}")
    assert again.profile == GRAY_GAMMA
    np.testing.assert_allclose(again.pixels, picture.pixels, atol=0.005)


@pytest.mark.parametrize(
    "profile",
    [
        input_only_profile(b"RGB ", lambda light: sum(light) / 3),
        input_only_profile(b"CMYK", lambda ink: 1 - ink[3]),
        GRAY_GAMMA,
        b"junk",
    ],
    ids=["input only", "cmyk", "gray", "junk"],
)
def test_a_profile_that_cannot_be_an_output_gives_plain_srgb(tmp_path, profile):
    samples = noise(3, 8)
    write_picture(tmp_path / "a.png", picture_of(samples, 8, profile=profile))
    stored = opened(tmp_path / "a.png")
    assert (np.asarray(stored) == samples).all()
    assert "icc_profile" not in stored.info


def test_a_gray_picture_with_an_rgb_profile_gives_plain_srgb(tmp_path):
    samples = noise(1, 8)
    write_picture(tmp_path / "a.png", picture_of(samples, 8, gray=True, profile=ADOBE_RGB))
    stored = opened(tmp_path / "a.png")
    assert (np.asarray(stored) == samples).all()
    assert "icc_profile" not in stored.info


def test_a_written_png_with_a_profile_is_sound_to_other_readers(tmp_path):
    picture = picture_of(noise(3, 16), 16, profile=SRGB)
    write_picture(tmp_path / "a.png", picture)
    opened(tmp_path / "a.png")
    decoded = imagecodecs.png_decode((tmp_path / "a.png").read_bytes())
    assert abs(decoded.astype(int) - levels(picture.pixels, 16)).max() <= 1


def plain():
    return Picture(np.zeros((4, 5, 3), np.float32))


def test_an_existing_file_is_replaced(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    write_picture(path, plain())
    assert read_picture(path).pixels.shape == (4, 5, 3)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permission bits")
def test_a_written_file_has_the_ordinary_permissions(tmp_path):
    before = os.umask(0o027)
    try:
        write_picture(tmp_path / "a.png", plain())
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_keeps_pointing_at_the_written_file(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.png").symlink_to(tmp_path / "folder" / "b.png")
    write_picture(tmp_path / "a.png", plain())
    assert (tmp_path / "a.png").is_symlink()
    assert read_picture(tmp_path / "folder" / "b.png").pixels.shape == (4, 5, 3)


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(ImageError, match="is a folder"):
        write_picture(tmp_path / "a.png", plain())
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path):
    code = (
        "import resource, signal, sys; from pathlib import Path; import numpy as np\n"
        "from engine.images import ImageError, Picture, write_picture\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "pixels = np.random.default_rng(0).random((50, 50, 3), dtype=np.float32)\n"
        "try: write_picture(Path(sys.argv[1]), Picture(pixels))\n"
        "except ImageError as error: sys.exit('cannot be written' not in str(error))\n"
        "sys.exit(2)\n"
    )
    pytest.importorskip("resource")
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    root = Path(__file__).parents[1]
    assert subprocess.run([sys.executable, "-B", "-c", code, str(path)], cwd=root).returncode == 0
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("refuse", [check_writable, lambda path: write_picture(path, plain())])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.bmp", r"choose one of \.png, \.jpg, \.jpeg, \.webp, \.tif, \.tiff"),
        ("a", "does not end in the suffix of a format"),
        ("none/a.png", "does not exist"),
        ("folder.png", "is a folder"),
        ("file/a.png", "is a file, not a folder"),
        ("/proc/a.png", "cannot be written"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused(tmp_path, refuse, name, message):
    if name.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("needs a folder that not even the superuser can write to")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ImageError, match=message):
        refuse(tmp_path / name)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder.png"]


def test_checking_a_path_neither_makes_nor_changes_a_file(tmp_path):
    check_writable(tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
    (tmp_path / "a.png").write_bytes(b"old")
    check_writable(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"old"


@pytest.mark.parametrize("quality", [0, 101])
def test_a_quality_outside_the_range_is_refused(tmp_path, quality):
    with pytest.raises(ImageError, match="give 1 to 100"):
        write_picture(tmp_path / "a.jpg", plain(), quality=quality)


@pytest.mark.parametrize("suffix", [".webp", ".jpg"])
def test_a_side_too_long_for_the_format_is_refused(tmp_path, suffix):
    with pytest.raises(ImageError, match=r"choose \.tif"):
        write_picture(tmp_path / f"a{suffix}", Picture(np.zeros((1, 65501, 3), np.float32)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_numbers_are_refused(tmp_path, value):
    with pytest.raises(ImageError, match="not finite"):
        write_picture(tmp_path / "a.png", Picture(np.full((2, 2, 3), value, np.float32)))
    alpha = np.full((2, 2), value, np.float32)
    with pytest.raises(ImageError, match="not finite"):
        write_picture(tmp_path / "a.png", Picture(np.zeros((2, 2, 3), np.float32), alpha=alpha))


@pytest.mark.parametrize(
    ("pixels", "options", "message"),
    [
        (np.zeros((2, 2), np.float32), {}, "the pixels are"),
        (np.zeros((0, 2, 3), np.float32), {}, "the pixels are"),
        (np.zeros((2, 2, 3)), {}, "the pixels are float64"),
        (np.zeros((2, 2, 3), np.float32), {"alpha": np.zeros((2, 3), np.float32)}, "the alpha is"),
        (np.zeros((2, 2, 3), np.float32), {"bits": 12}, "12 bits"),
    ],
)
def test_a_picture_of_wrong_arrays_is_refused(pixels, options, message):
    with pytest.raises(ImageError, match=message):
        Picture(pixels, **options)


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


def test_the_profile_of_lab_colors_is_that_of_the_file_and_not_of_what_they_are_converted_to(tmp_path):
    profiles = [ImageCms.createProfile(name) for name in ("sRGB", "LAB")]
    red = Image.new("RGB", (16, 16), (200, 30, 40))
    lab = ImageCms.profileToProfile(red, *profiles, outputMode="LAB")
    profile = ImageCms.ImageCmsProfile(profiles[1]).tobytes()
    picture = read_picture(save(lab, tmp_path / "a.tif", icc_profile=profile))
    assert np.abs(picture.pixels[0, 0] * 255 - (200, 30, 40)).max() < 6
    assert picture.profile is None
    (remark,) = picture.remarks
    assert "Lab" in remark
