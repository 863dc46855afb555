"""Color profiles of picture files: colors become those of sRGB, and the file gets its profile back."""

import itertools
import struct
import zlib
from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from image_files import levels, make_png16, make_tiff, noise, opened, picture_of, png_chunk, save
from PIL import Image, ImageCms

from engine.images import Picture, read_picture, write_picture

ADOBE_RGB = bytes(imagecodecs.cms_profile("adobergb"))
GRAY_GAMMA = bytes(imagecodecs.cms_profile("gray", gamma=1.4))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


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
    assert np.ptp(picture.pixels) < 1e-4
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


def test_a_gray_picture_with_a_gray_profile_becomes_a_plain_webp(tmp_path):
    picture = Picture(np.full((16, 16, 3), 0.6, np.float32), gray=True, profile=GRAY_GAMMA)
    write_picture(tmp_path / "a.webp", picture)
    again = read_picture(tmp_path / "a.webp")
    assert again.profile is None
    np.testing.assert_allclose(again.pixels, picture.pixels, atol=0.01)


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


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_a_gray_picture_with_a_profile_for_rgb_becomes_rgb_and_keeps_both(tmp_path, suffix):
    samples = np.random.default_rng(0).integers(0, 256, (16, 16)).astype(np.uint8)
    picture = read_picture(save(Image.fromarray(samples), tmp_path / f"a{suffix}", icc_profile=ADOBE_RGB))
    assert (picture.gray, picture.profile) == (False, ADOBE_RGB)
    assert len(picture.remarks) == 1
    kept = replace(picture, kept=np.ones((16, 16), bool))
    write_picture(tmp_path / "b.png", kept)
    again = Image.open(tmp_path / "b.png")
    assert (again.mode, again.info["icc_profile"]) == ("RGB", ADOBE_RGB)
    np.testing.assert_array_equal(np.asarray(again)[..., 0], np.asarray(Image.open(tmp_path / f"a{suffix}")))
