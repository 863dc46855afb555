"""What is written to picture files, and what is refused before anything is."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from image_files import levels, noise, opened, picture_of

from engine.images import ImageError, Picture, check_writable, read_picture, write_picture


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
