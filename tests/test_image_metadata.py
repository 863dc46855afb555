"""What files tell about their pictures: read, tidied and written again."""

import struct
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from metadata_files import (
    ARTIST,
    COPYRIGHT,
    DATE,
    DESCRIPTION,
    EXPOSURE,
    HEIGHT,
    MAKER_NOTE,
    ORIENTATION,
    PHOTO,
    PLACE,
    SUFFIXES,
    TAKEN,
    WIDTH,
    exif,
    wall,
)
from PIL import Image

from engine.images import ImageError, Picture, read_picture, remarks_on_writing, write_picture
from engine.images.metadata import Metadata

XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    b'tiff:Orientation="6" exif:GPSLatitude="47,3.0N" dc:rights="Ann">'
    b"<xmp:Thumbnails><rdf:Alt><rdf:li>AAAA</rdf:li></rdf:Alt></xmp:Thumbnails>"
    b"<dc:creator>Ann</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def with_thumbnail(block):
    """Append a second directory, with a thumbnail, to a block of EXIF data."""
    start, body = block[:6], block[6:]
    little = "<" if body[:2] == b"II" else ">"
    (first,) = struct.unpack_from(little + "I", body, 4)
    (count,) = struct.unpack_from(little + "H", body, first)
    place = len(body)
    entries = [(0x0201, 4, 1, place + 30), (0x0202, 4, 1, 12)]
    second = struct.pack(little + "H", 2) + b"".join(struct.pack(little + "HHII", *entry) for entry in entries)
    second += bytes(4) + b"\xff\xd8THUMBNAIL\xd9"
    end = first + 2 + 12 * count
    return start + body[:end] + struct.pack(little + "I", place) + body[end + 4 :] + second


@pytest.fixture
def photo(tmp_path):
    """A photograph with all that a camera and a program put into a file."""
    path = tmp_path / "photo.jpg"
    wall().save(path, exif=with_thumbnail(exif()), xmp=XMP, dpi=(300, 240), quality=90)
    assert b"THUMBNAIL" in path.read_bytes()
    return path


def opened(path):
    with Image.open(path) as image:
        image.load()
        found = image.getexif()
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp", "").encode()
        return image.info, dict(found), found.get_ifd(PHOTO), found.get_ifd(PLACE), xmp


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_a_photograph_tells_is_kept_in_every_format(tmp_path, photo, suffix, bits):
    target = tmp_path / f"out{suffix}"
    write_picture(target, replace(read_picture(photo), bits=bits))
    info, image, taken, place, xmp = opened(target)
    assert (image[DESCRIPTION], image[DATE], image[ARTIST], image[COPYRIGHT]) == (
        "a wall",
        "2020:01:02 03:04:05",
        "Ann",
        "(c) Ann",
    )
    assert taken[TAKEN] == "2019:05:06 07:08:09"
    assert float(taken[EXPOSURE]) == pytest.approx(0.008)
    assert place[1] == "N"
    assert [float(one) for one in place[2]] == [47, 3, 4.5]
    assert b"<dc:creator>Ann</dc:creator>" in xmp
    assert b'dc:rights="Ann"' in xmp
    if suffix == ".webp":
        assert (float(image[0x011A]), float(image[0x011B]), image[0x0128]) == (300, 240, 2)
    else:
        assert info["dpi"] == pytest.approx((300, 240), abs=0.02)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_not_true_of_the_new_file_is_left_out(tmp_path, photo, suffix):
    target = tmp_path / f"out{suffix}"
    picture = read_picture(photo)
    assert picture.pixels.shape == (32, 24, 3)
    write_picture(target, picture)
    _, image, taken, _, xmp = opened(target)
    assert image.get(ORIENTATION, 1) == 1
    assert (taken[WIDTH], taken[HEIGHT]) == (24, 32)
    assert MAKER_NOTE not in taken
    for secret in (b"THUMBNAIL", b"SECRET", b"Thumbnails", b"Orientation"):
        assert secret not in target.read_bytes()
    assert b"Orientation" not in xmp
    assert read_picture(target).pixels.shape == (32, 24, 3)


@pytest.mark.parametrize("first", SUFFIXES)
@pytest.mark.parametrize("second", SUFFIXES)
def test_metadata_go_from_every_format_into_every_other(tmp_path, photo, first, second):
    write_picture(tmp_path / f"a{first}", read_picture(photo))
    write_picture(tmp_path / f"b{second}", read_picture(tmp_path / f"a{first}"))
    wanted, found = read_picture(photo).metadata, read_picture(tmp_path / f"b{second}").metadata
    assert found.image == wanted.image
    assert found.photo == wanted.photo
    assert found.place == wanted.place
    assert found.xmp == wanted.xmp
    assert found.dpi == pytest.approx(wanted.dpi, abs=0.02)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", ["© Jürgen", "写真", "Ænn\x00Editor"])
def test_names_that_are_not_ascii_keep_their_bytes(tmp_path, suffix, name):
    raw = name.encode()
    source = tmp_path / "a.tif"
    tags = [(COPYRIGHT, 2, len(raw) + 1, raw + b"\0", True)]
    tifffile.imwrite(source, np.zeros((9, 9, 3), np.uint8), photometric="rgb", extratags=tags, metadata=None)
    target = tmp_path / f"b{suffix}"
    write_picture(target, read_picture(source))
    assert raw in target.read_bytes()
    assert read_picture(target).metadata.image[COPYRIGHT].encode("latin-1") == raw


def test_a_bigtiff_tells_the_same_as_a_tiff(tmp_path):
    found = exif()
    for name, big in (("small.tif", False), ("big.tif", True)):
        wall().save(tmp_path / name, exif=found, big_tiff=big, dpi=(300, 240))
    assert (tmp_path / "big.tif").read_bytes().startswith(b"II+\0")
    small, big = (read_picture(tmp_path / name) for name in ("small.tif", "big.tif"))
    for one in (small, big):
        assert (one.metadata.image[COPYRIGHT], one.metadata.photo[TAKEN]) == ("(c) Ann", "2019:05:06 07:08:09")
        assert ([float(part) for part in one.metadata.place[2]], one.metadata.dpi) == ([47, 3, 4.5], (300, 240))
        assert one.pixels.shape == (32, 24, 3)
    assert big.metadata.image == small.metadata.image


def test_a_big_endian_bigtiff_tells_of_its_picture(tmp_path):
    tags = [(COPYRIGHT, 2, 8, b"(c) Ann\0", True), (700, 1, len(XMP), XMP, True), (ORIENTATION, 3, 1, 6, True)]
    layout = {"byteorder": ">", "bigtiff": True, "resolution": (300, 240), "resolutionunit": "inch"}
    path, samples = tmp_path / "a.tif", np.zeros((9, 12, 3), np.uint8)
    tifffile.imwrite(path, samples, photometric="rgb", extratags=tags, metadata=None, **layout)
    picture = read_picture(path)
    assert (picture.metadata.image[COPYRIGHT], picture.metadata.dpi) == ("(c) Ann", (300, 240))
    assert b"<dc:creator>Ann</dc:creator>" in picture.metadata.xmp
    assert picture.pixels.shape == (12, 9, 3)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ImageError):
        read_picture(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_picture_without_metadata_gets_none(tmp_path, suffix):
    write_picture(tmp_path / f"a{suffix}", Picture(np.zeros((9, 9, 3), np.float32)))
    found = read_picture(tmp_path / f"a{suffix}").metadata
    assert (dict(found.image), dict(found.photo), dict(found.place), found.xmp, found.texts) == ({}, {}, {}, None, ())
    assert found.dpi is None


def test_a_16_bit_png_tells_the_same_as_one_of_8_bits(tmp_path, photo):
    picture = read_picture(photo)
    for bits in (8, 16):
        write_picture(tmp_path / f"{bits}.png", replace(picture, bits=bits))
    eight, sixteen = (read_picture(tmp_path / f"{bits}.png") for bits in (8, 16))
    assert (eight.bits, sixteen.bits) == (8, 16)
    assert eight.metadata.image == sixteen.metadata.image
    assert eight.metadata.xmp == sixteen.metadata.xmp


@pytest.mark.parametrize("unit", ["inch", "centimeter", "none"])
def test_a_resolution_is_read_in_its_unit(tmp_path, unit):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path,
        np.zeros((9, 9, 3), np.uint8),
        photometric="rgb",
        resolution=(100, 50),
        resolutionunit=unit,
        metadata=None,
    )
    found = read_picture(path).metadata.dpi
    assert found == {"inch": (100, 50), "centimeter": (254, 127), "none": None}[unit]


def test_a_jpeg_that_says_no_resolution_has_none(tmp_path):
    wall().save(tmp_path / "a.jpg")
    assert read_picture(tmp_path / "a.jpg").metadata.dpi is None


def test_how_samples_lie_in_a_tiff_is_not_told_of_another(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((9, 9, 3), np.uint16), photometric="rgb")
    assert b'{"shape"' in (tmp_path / "a.tif").read_bytes()
    write_picture(tmp_path / "b.tif", read_picture(tmp_path / "a.tif"))
    assert b'{"shape"' not in (tmp_path / "b.tif").read_bytes()


def test_a_written_tiff_is_sound_to_other_readers(tmp_path, photo):
    picture = replace(read_picture(photo), bits=16)
    write_picture(tmp_path / "a.tif", picture)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert len(file.pages) == 1
        assert file.pages[0].tags[COPYRIGHT].value == "(c) Ann"
        assert file.pages[0].tags[PHOTO].value["DateTimeOriginal"] == "2019:05:06 07:08:09"
        numbers = [tag.code for tag in file.pages[0].tags]
        assert numbers == sorted(set(numbers))
        assert (file.pages[0].asarray() == np.rint(picture.pixels * 65535)).all()


@pytest.mark.parametrize("block", [b"junk", b"II*\0\x08\0\0\0\xff\xff", b"MM\0*\xff\xff\xff\xff", b""])
def test_damaged_exif_is_left_out(tmp_path, block):
    wall().save(tmp_path / "a.jpg", exif=b"Exif\0\0" + block)
    write_picture(tmp_path / "b.png", read_picture(tmp_path / "a.jpg"))
    assert b"eXIf" not in (tmp_path / "b.png").read_bytes()


def test_data_that_jpeg_cannot_hold_are_left_out_and_that_is_told(tmp_path):
    long = Metadata(image={DESCRIPTION: "x" * 70_000}, xmp=b"<x>" + b" " * 70_000)
    picture = Picture(np.zeros((9, 9, 3), np.float32), metadata=long)
    write_picture(tmp_path / "a.jpg", picture)
    assert read_picture(tmp_path / "a.jpg").metadata.image == {}
    assert [remark.count("64 kB") for remark in remarks_on_writing(tmp_path / "a.jpg", picture)] == [1, 1]
    for suffix in (".png", ".webp", ".tif"):
        write_picture(tmp_path / f"a{suffix}", picture)
        assert len(read_picture(tmp_path / f"a{suffix}").metadata.image[DESCRIPTION]) == 70_000


def test_without_a_place_nothing_tells_where_it_was_taken(photo):
    found = read_picture(photo).metadata.without_place()
    assert dict(found.place) == {}
    assert b"GPS" not in found.xmp
    assert b"<dc:creator>Ann</dc:creator>" in found.xmp
    assert found.image[COPYRIGHT] == "(c) Ann"
