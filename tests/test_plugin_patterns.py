"""Files of GIMP's patterns."""

import struct

import pytest

from gimp_plugin.patterns import pattern_bytes, without_alpha, write_pattern
from protocol.raster import Raster


def test_a_pattern_is_a_header_a_name_and_the_pixels():
    found = pattern_bytes(Raster(2, 1, 3, "u8", b"abcdef"), "Käse")
    assert struct.unpack(">5I4s", found[:24]) == (24 + 6, 1, 2, 1, 3, b"GPAT")
    assert found[24:30] == "Käse".encode() + b"\0"
    assert found[30:] == b"abcdef"


@pytest.mark.parametrize(("pixel", "colors"), [(b"\x07\xff", b"\x07"), (b"\x01\x02\x03\xff", b"\x01\x02\x03")])
def test_alpha_is_left_out_only_where_all_is_opaque(pixel, colors):
    opaque = Raster(2, 1, len(pixel), "u8", 2 * pixel)
    assert without_alpha(opaque) == Raster(2, 1, len(colors), "u8", 2 * colors)
    clear = Raster(2, 1, len(pixel), "u8", pixel + pixel[:-1] + b"\xfe")
    assert without_alpha(clear) == clear


def test_a_file_is_named_after_the_pattern_and_replaces_none(tmp_path):
    folder = tmp_path / "patterns"
    written = [write_pattern(folder, "old: wall/1", data).name for data in (b"one", b"two", b"three")]
    assert written == ["old- wall-1.pat", "old- wall-1-2.pat", "old- wall-1-3.pat"]
    assert [(folder / name).read_bytes() for name in written] == [b"one", b"two", b"three"]


@pytest.mark.parametrize(
    ("name", "file"), [("..", "pattern.pat"), (" . ", "pattern.pat"), (300 * "é", f"{100 * 'é'}.pat")]
)
def test_a_name_that_is_no_file_name_is_mended(tmp_path, name, file):
    assert write_pattern(tmp_path, name, b"").name == file


def test_a_folder_that_is_none_is_an_error_of_the_system(tmp_path):
    (tmp_path / "patterns").write_text("mine")
    with pytest.raises(OSError, match="patterns"):
        write_pattern(tmp_path / "patterns", "wall", b"")


def test_a_pattern_for_which_the_disk_has_no_room_leaves_no_file(tmp_path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            write_pattern(tmp_path, "mine", bytes(1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
