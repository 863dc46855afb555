"""What writing loses of a picture, and what it keeps exactly."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from engine.images import Picture, read_picture, remarks_on_writing, write_picture
from engine.images.metadata import Metadata


def samples(channels=3, height=48, width=64):
    return np.random.default_rng(channels).integers(0, 256, (height, width, channels), dtype=np.uint8)


def webp(path, *, lossless, channels=3, **options):
    Image.fromarray(samples(channels)).save(path, lossless=lossless, exact=True, **options)
    return path


def stored(path):
    with Image.open(path) as image:
        return np.asarray(image)


def jpeg(path):
    with Image.open(path) as image:
        return image.quantization, JpegImagePlugin.get_sampling(image)


def with_kept(picture):
    return replace(picture, kept=np.ones(picture.pixels.shape[:2], bool))


@pytest.mark.parametrize("channels", [3, 4])
def test_a_lossless_webp_stays_lossless(tmp_path, channels):
    picture = read_picture(webp(tmp_path / "a.webp", lossless=True, channels=channels))
    write_picture(tmp_path / "b.webp", picture)
    assert (stored(tmp_path / "b.webp") == samples(channels)).all()
    assert remarks_on_writing(tmp_path / "b.webp", with_kept(picture)) == []


def test_a_lossless_webp_in_an_animation_or_with_metadata_is_known_as_one(tmp_path):
    webp(tmp_path / "a.webp", lossless=True, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", xmp=b"<x/>")
    frames = [Image.fromarray(samples(seed)) for seed in (3, 4)]
    frames[0].save(tmp_path / "b.webp", save_all=True, append_images=frames[1:], lossless=True)
    for name in ("a", "b"):
        assert not read_picture(tmp_path / f"{name}.webp").compression.lossy


@pytest.mark.parametrize("channels", [3, 4])
def test_a_lossy_webp_is_known_as_one_and_written_as_one(tmp_path, channels):
    picture = read_picture(webp(tmp_path / "a.webp", lossless=False, channels=channels))
    assert picture.compression.lossy
    write_picture(tmp_path / "b.webp", picture)
    assert read_picture(tmp_path / "b.webp").compression.lossy
    assert len(remarks_on_writing(tmp_path / "b.webp", with_kept(picture))) == 1


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".gif"])
def test_a_webp_of_a_picture_without_loss_is_without_loss(tmp_path, suffix):
    Image.fromarray(samples()).save(tmp_path / f"a{suffix}")
    write_picture(tmp_path / "b.webp", read_picture(tmp_path / f"a{suffix}"))
    assert not read_picture(tmp_path / "b.webp").compression.lossy


def test_a_quality_makes_webp_lossy(tmp_path):
    picture = read_picture(webp(tmp_path / "a.webp", lossless=True))
    write_picture(tmp_path / "b.webp", picture, quality=50)
    assert read_picture(tmp_path / "b.webp").compression.lossy
    assert len(remarks_on_writing(tmp_path / "b.webp", with_kept(picture), quality=50)) == 1


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("quality", [30, 83, 97])
def test_a_jpeg_keeps_the_quality_and_subsampling_of_the_one_it_is_made_from(tmp_path, quality, subsampling):
    Image.fromarray(samples()).save(tmp_path / "a.jpg", quality=quality, subsampling=subsampling)
    write_picture(tmp_path / "b.jpg", read_picture(tmp_path / "a.jpg"))
    assert jpeg(tmp_path / "b.jpg") == jpeg(tmp_path / "a.jpg")


def test_unusual_quantization_tables_are_kept(tmp_path):
    tables = [[1 + n // 4 for n in range(64)], [2 + n // 2 for n in range(64)]]
    Image.fromarray(samples()).save(tmp_path / "a.jpg", qtables=tables)
    write_picture(tmp_path / "b.jpg", read_picture(tmp_path / "a.jpg"))
    assert jpeg(tmp_path / "b.jpg")[0] == dict(enumerate(tables))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_jpegs_give_their_quality_too(tmp_path, mode):
    Image.fromarray(samples()).convert(mode).save(tmp_path / "a.jpg", quality=60)
    write_picture(tmp_path / "b.jpg", read_picture(tmp_path / "a.jpg"))
    assert jpeg(tmp_path / "b.jpg")[0][0] == jpeg(tmp_path / "a.jpg")[0][0]


def test_a_quality_that_is_asked_for_counts_before_the_own_one(tmp_path):
    Image.fromarray(samples()).save(tmp_path / "a.jpg", quality=30, subsampling=2)
    Image.fromarray(samples()).save(tmp_path / "c.jpg", quality=90, subsampling=2)
    write_picture(tmp_path / "b.jpg", read_picture(tmp_path / "a.jpg"), quality=90)
    assert jpeg(tmp_path / "b.jpg") == jpeg(tmp_path / "c.jpg")


def test_a_jpeg_that_is_written_again_changes_little(tmp_path):
    grain = np.random.default_rng(0).normal(128, 20, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    Image.fromarray(grain).save(tmp_path / "a.jpg", quality=60, subsampling=0)
    before = stored(tmp_path / "a.jpg").astype(int)
    write_picture(tmp_path / "b.jpg", read_picture(tmp_path / "a.jpg"))
    assert np.abs(stored(tmp_path / "b.jpg") - before).mean() < 1


REMARKS = {
    "alpha": ({"alpha": np.full((9, 9), 0.5, np.float32)}, {".jpg": "become white", ".jpeg": "become white"}),
    "opaque alpha": ({"alpha": np.ones((9, 9), np.float32)}, {}),
    "16 bits": ({"bits": 16}, {".jpg": "rounded to 8", ".jpeg": "rounded to 8", ".webp": "rounded to 8"}),
    "a title": (
        {"metadata": Metadata(texts=(("Title", "wall"), ("Author", "Ann")))},
        dict.fromkeys((".jpg", ".jpeg", ".webp", ".tif"), "text of Title"),
    ),
    "a comment": (
        {"metadata": Metadata(texts=(("Comment", "old"),))},
        dict.fromkeys((".webp", ".tif"), "text of Comment"),
    ),
    "a palette": (
        {"few_colors": "palette"},
        dict.fromkeys((".png", ".jpg", ".jpeg", ".webp", ".tif", ".PNG"), "palette"),
    ),
    "nothing kept": ({"kept": np.zeros((9, 9), bool)}, {}),
    "kept": ({"kept": np.ones((9, 9), bool)}, {".jpg": "encoded again", ".jpeg": "encoded again"}),
}


@pytest.mark.parametrize("case", REMARKS)
def test_each_loss_is_told_once(subtests, case):
    options, told = REMARKS[case]
    for suffix in (".png", ".jpg", ".jpeg", ".webp", ".tif", ".PNG"):
        with subtests.test(suffix=suffix):
            remarks = remarks_on_writing(Path(f"out{suffix}"), Picture(np.zeros((9, 9, 3), np.float32), **options))
            assert len(remarks) == (suffix in told)
            assert all(told[suffix] in remark and f"out{suffix}" in remark for remark in remarks)


@pytest.mark.parametrize("name", ["few.png", "few.tif"])
@pytest.mark.parametrize(("mode", "found"), [("P", "palette"), ("1", "single bit per sample"), ("L", "")])
def test_what_limits_the_colors_of_a_file_is_noticed(tmp_path, name, mode, found):
    Image.linear_gradient("L").convert(mode).save(tmp_path / name)
    assert read_picture(tmp_path / name).few_colors == found


@pytest.mark.parametrize(("suffix", "told"), [(".png", 1), (".tif", 1), (".jpg", 0), (".webp", 0)])
def test_a_quality_of_what_has_no_losses_is_told(suffix, told):
    remarks = remarks_on_writing(Path(f"out{suffix}"), Picture(np.zeros((9, 9, 3), np.float32)), quality=80)
    assert [remark.count("jpeg-quality") for remark in remarks] == [1] * told
