"""Files that hold more than is read: other pictures, colors, channels, profiles. What is left out is told."""

import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from engine.images import read_picture

GRAIN = np.random.default_rng(0).integers(0, 255, (3, 12, 16, 3), dtype=np.uint8, endpoint=True)


def frames(path, **options):
    first, *more = (Image.fromarray(each) for each in GRAIN)
    first.save(path, save_all=True, append_images=more, **options)
    return read_picture(path)


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_of_an_animation_the_first_frame_is_read_and_that_is_told(tmp_path, name):
    picture = frames(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
    assert len(picture.remarks) == 1
    assert "3 frames" in picture.remarks[0]
    if not name.endswith("gif"):
        assert np.array_equal(np.rint(picture.pixels * 255), GRAIN[0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_of_several_pages_the_first_is_read_and_that_is_told(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", GRAIN.astype(dtype), photometric="rgb", metadata=None)
    picture = read_picture(tmp_path / "a.tif")
    assert len(picture.remarks) == 1
    assert "3 pages" in picture.remarks[0]
    assert np.array_equal(np.rint(picture.pixels * np.iinfo(dtype).max), GRAIN[0])


def test_thumbnails_are_no_pages(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(GRAIN[0], photometric="rgb", metadata=None)
        file.write(GRAIN[1, ::2, ::2], photometric="rgb", metadata=None, subfiletype=1)
    assert read_picture(tmp_path / "a.tif").remarks == ()


def test_previews_of_a_camera_are_no_frames(tmp_path):
    picture = frames(tmp_path / "a.mpo")
    assert picture.remarks == ()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_channels_beside_color_and_alpha_are_left_out_and_that_is_told(tmp_path, dtype):
    samples = np.concatenate([GRAIN[0], GRAIN[1, ..., :2]], axis=2).astype(dtype)
    extra = {"photometric": "rgb", "planarconfig": "contig", "metadata": None}
    tifffile.imwrite(tmp_path / "a.tif", samples, extrasamples=["unassalpha", "unspecified"], **extra)
    picture = read_picture(tmp_path / "a.tif")
    top = np.iinfo(dtype).max
    assert np.array_equal(np.rint(picture.pixels * top), samples[..., :3])
    assert np.array_equal(np.rint(picture.alpha * top), samples[..., 3])
    assert len(picture.remarks) == 1
    assert "5 channels" in picture.remarks[0]
    tifffile.imwrite(tmp_path / "b.tif", samples, extrasamples=["unspecified", "unspecified"], **extra)
    picture = read_picture(tmp_path / "b.tif")
    assert picture.alpha is None
    assert np.array_equal(np.rint(picture.pixels * top), samples[..., :3])


def test_lab_is_converted_and_that_is_told(tmp_path):
    lab = np.zeros((12, 16, 3), np.uint8)
    lab[..., 0] = 128
    Image.fromarray(lab, "LAB").save(tmp_path / "a.tif")
    picture = read_picture(tmp_path / "a.tif")
    assert np.abs(picture.pixels * 255 - 119).max() < 2
    assert len(picture.remarks) == 1
    assert "Lab" in picture.remarks[0]


@pytest.mark.parametrize(("gamma", "told"), [(100_000, 1), (55_556, 1), (45_455, 0)])
def test_a_gamma_that_is_ignored_is_told(tmp_path, gamma, told):
    extra = PngImagePlugin.PngInfo()
    extra.add(b"gAMA", gamma.to_bytes(4, "big"))
    Image.fromarray(GRAIN[0]).save(tmp_path / "a.png", pnginfo=extra)
    assert ["gamma" in remark for remark in read_picture(tmp_path / "a.png").remarks] == [True] * told


def test_a_profile_that_cannot_be_used_is_told(tmp_path):
    Image.fromarray(GRAIN[0]).save(tmp_path / "a.png", icc_profile=b"x" * 200)
    assert ["profile" in remark for remark in read_picture(tmp_path / "a.png").remarks] == [True]
