"""What files tell about their pictures: read, tidied and written again."""

import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from engine.images import ImageError, Metadata, Picture, read_picture, remarks_on_writing, write_picture

SUFFIXES = [".png", ".jpg", ".webp", ".tif"]
DESCRIPTION, DATE, ARTIST, COPYRIGHT, ORIENTATION = 0x010E, 0x0132, 0x013B, 0x8298, 0x0112
PHOTO, PLACE = 0x8769, 0x8825
TAKEN, EXPOSURE, WIDTH, HEIGHT, MAKER_NOTE = 0x9003, 0x829A, 0xA002, 0xA003, 0x927C
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    b'tiff:Orientation="6" exif:GPSLatitude="47,3.0N" dc:rights="Ann">'
    b"<xmp:Thumbnails><rdf:Alt><rdf:li>AAAA</rdf:li></rdf:Alt></xmp:Thumbnails>"
    b"<dc:creator>Ann</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def exif():
    found = Image.Exif()
    found[DESCRIPTION], found[DATE], found[ARTIST] = "a wall", "2020:01:02 03:04:05", "Ann"
    found[COPYRIGHT], found[ORIENTATION] = "(c) Ann", 6
    found[PHOTO] = {TAKEN: "2019:05:06 07:08:09", EXPOSURE: 0.008, WIDTH: 999, HEIGHT: 998, MAKER_NOTE: b"SECRET" * 9}
    found[PLACE] = {1: "N", 2: (47.0, 3.0, 4.5), 3: "E", 4: (8.0, 1.0, 2.0)}
    return found.tobytes()


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


def wall(height=24, width=32):
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


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


def test_texts_of_a_png_are_kept_and_others_become_exif(tmp_path):
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Ann")
    texts.add_itxt("Copyright", "© Ann")
    texts.add_text("Creation Time", "2020", zip=True)
    wall().save(tmp_path / "a.png", pnginfo=texts, dpi=(72, 72))
    picture = read_picture(tmp_path / "a.png")
    write_picture(tmp_path / "b.png", picture)
    with Image.open(tmp_path / "b.png") as image:
        assert image.text == {"Author": "Ann", "Copyright": "© Ann", "Creation Time": "2020"}
    write_picture(tmp_path / "b.jpg", picture)
    assert read_picture(tmp_path / "b.jpg").metadata.image == {
        ARTIST: "Ann",
        COPYRIGHT: "© Ann".encode().decode("latin-1"),
    }


OWN_TEXTS = {
    "parameters": "a wall\nSteps: 20, Seed: 1",
    "Project": "Müller",
    "写真".encode().decode("latin-1", "ignore")[0] + "bjekt": "写真 🙂",
    "workflow": "{}" * 40_000,
    "empty": "",
}
OF_THE_FILE = (
    "Software",
    "date:modify",
    "exif:PixelXDimension",
    "icc:description",
    "Thumb::URI",
    "Raw profile type iptc",
)


def png_with(path, *chunks, bits=8):
    """Save a PNG with chunks of any content behind its header."""
    write_picture(path, Picture(np.zeros((9, 9, 3), np.float32), bits=bits))
    data = path.read_bytes()
    made = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in chunks]
    path.write_bytes(data[:33] + b"".join(made) + data[33:])
    return path


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("form", ["plain", "packed", "international", "international and packed"])
def test_texts_with_keywords_of_ones_own_are_kept_from_png_to_png(tmp_path, form, bits):
    chunks, kept = [], {}
    for keyword, text in OWN_TEXTS.items():
        head, packed = keyword.encode("latin-1") + b"\0", "packed" in form
        if "international" in form:
            said = text.encode()
            head += b"\1\0en\0word\0" if packed else b"\0\0en\0word\0"
        else:
            said = text.encode("latin-1", "replace")
            head += b"\0" if packed else b""
        kind = {"plain": b"tEXt", "packed": b"zTXt"}.get(form, b"iTXt")
        chunks.append(kind + head + (zlib.compress(said) if packed else said))
        kept[keyword] = said.decode("utf-8" if kind == b"iTXt" else "latin-1")
    picture = read_picture(png_with(tmp_path / "a.png", *chunks, bits=bits))
    assert (dict(picture.metadata.without_place().texts), picture.remarks) == (kept, ())
    write_picture(tmp_path / "b.png", picture)
    with Image.open(tmp_path / "b.png") as image:
        assert image.text == kept
    assert read_picture(tmp_path / "b.png").metadata.texts == picture.metadata.texts


def test_several_texts_of_one_keyword_are_kept_and_bytes_stay_as_they_are(tmp_path):
    chunks = (b"tEXtnote\0one", b"tEXtnote\0two", b"tEXtnote\0one", "tEXtutf-8\0写真".encode())
    write_picture(tmp_path / "b.png", read_picture(png_with(tmp_path / "a.png", *chunks)))
    assert [text for _, text in read_picture(tmp_path / "b.png").metadata.texts][:2] == ["one", "two"]
    assert chunks[3] in (tmp_path / "b.png").read_bytes()


def test_a_text_keeps_its_language_and_keyword_in_it(tmp_path):
    chunks = (b"iTXtTitle\0\0\0de\0Titel\0Mauer", b"iTXtTitle\0\0\0en\0\0wall")
    picture = read_picture(png_with(tmp_path / "a.png", *chunks))
    write_picture(tmp_path / "b.png", replace(picture, metadata=picture.metadata.without_place()))
    assert all(chunk in (tmp_path / "b.png").read_bytes() for chunk in chunks)
    assert picture.metadata.texts == (("Title", "Mauer"), ("Title", "wall"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_texts_about_a_file_and_its_program_are_not_told_of_another(tmp_path, suffix):
    chunks = [b"tEXt" + keyword.encode() + b"\0SECRET" for keyword in OF_THE_FILE]
    picture = read_picture(png_with(tmp_path / "a.png", *chunks))
    assert picture.remarks == ()
    write_picture(tmp_path / f"b{suffix}", picture)
    assert b"SECRET" not in (tmp_path / f"b{suffix}").read_bytes()
    assert remarks_on_writing(tmp_path / f"b{suffix}", picture) == []


def test_exif_in_a_text_of_other_programs_is_read(tmp_path):
    block = exif()
    said = f"\nexif\n{len(block):8}\n{block.hex()}\n".encode()
    picture = read_picture(png_with(tmp_path / "a.png", b"zTXtRaw profile type exif\0\0" + zlib.compress(said)))
    assert (picture.metadata.image[ARTIST], picture.metadata.texts) == ("Ann", ())


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif"])
def test_texts_that_a_format_cannot_hold_are_named(tmp_path, suffix):
    picture = read_picture(png_with(tmp_path / "a.png", b"tEXtparameters\0a wall", b"tEXtAuthor\0Ann"))
    (remark,) = remarks_on_writing(tmp_path / f"b{suffix}", picture)
    assert "the text of parameters is left out" in remark
    many = png_with(tmp_path / "c.png", *(b"tEXt%d\0" % number for number in range(300)))
    (remark,) = remarks_on_writing(tmp_path / f"b{suffix}", read_picture(many))
    assert "the text of 0, 1, 2, 3, 4 and 295 more is left out" in remark


def test_a_text_about_the_place_is_not_told_of_a_new_texture(tmp_path):
    chunks = (b"tEXtGPSLatitude\x0047,3.0N", b"tEXtCity\0Bern", b"tEXtparameters\0a wall")
    found = read_picture(png_with(tmp_path / "a.png", *chunks)).metadata
    assert len(found.texts) == 3
    assert found.without_place().texts == (("parameters", "a wall"),)


HOSTILE_TEXTS = {
    "a bomb": (b"zTXtbomb\0\0" + zlib.compress(bytes(2**25)),),
    "an international bomb": (b"iTXtbomb\0\1\0\0\0" + zlib.compress(bytes(2**25)),),
    "bombs": tuple(b"zTXt%d\0\0" % n + zlib.compress(bytes(2**23)) for n in range(4)),
    "a long text": (b"tEXtlong\0" + bytes(2**24 + 1),),
    "many texts": tuple(b"tEXt%d\0" % n for n in range(1001)),
    "half a text": (b"zTXthalf\0\0" + zlib.compress(b"x" * 999)[:-9],),
    "no text": (b"zTXtnone\0\0junk",),
    "no keyword": (b"tEXt\0text",),
    "a long keyword": (b"tEXt" + b"x" * 80 + b"\0text",),
    "commands to a terminal": (b"tEXt\x1b[2J\0text",),
}


@pytest.mark.parametrize("case", HOSTILE_TEXTS)
@pytest.mark.parametrize("bits", [8, 16])
def test_hostile_texts_are_left_out_and_that_is_told(tmp_path, case, bits):
    chunks = (b"tEXtgood\0text", *HOSTILE_TEXTS[case])
    picture = read_picture(png_with(tmp_path / "a.png", *chunks, bits=bits))
    assert picture.metadata.texts[0] == ("good", "text")
    assert sum(len(text) for _, text in picture.metadata.texts) <= 2**24
    assert len(picture.metadata.texts) <= 1000
    assert ["left out" in remark for remark in picture.remarks] == [True]


def test_a_text_with_a_wrong_checksum_is_left_out(tmp_path):
    path = png_with(tmp_path / "a.png", b"tEXtgood\0text")
    path.write_bytes(path.read_bytes().replace(b"good\0text", b"good\0next"))
    picture = read_picture(path)
    assert (picture.metadata.texts, len(picture.remarks)) == ((), 1)


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


def test_damaged_texts_are_left_out(tmp_path):
    wall().save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    parts = [b"zTXtAuthor\0\0junk", b"iTXtCopyright", b"tEXt", b"iTXtComment\0\1\0\0\0junk"]
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts]
    (tmp_path / "a.png").write_bytes(data[:33] + b"".join(chunks) + data[33:])
    found = read_picture(tmp_path / "a.png").metadata
    assert "Author" not in dict(found.texts)
    assert found.dpi is None


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


def test_comments_of_jpeg_are_kept_by_jpeg_and_png(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.jpg", comment="Müller".encode())
    for name in ("b.jpg", "b.png"):
        write_picture(tmp_path / name, read_picture(tmp_path / "a.jpg"))
        assert read_picture(tmp_path / name).metadata.texts == (("Comment", "Müller"),)
    with Image.open(tmp_path / "b.jpg") as image:
        assert image.info["comment"] == "Müller".encode()


def test_a_comment_of_gif_is_kept(tmp_path):
    Image.new("P", (9, 9)).save(tmp_path / "a.gif", comment="Müller".encode())
    write_picture(tmp_path / "b.png", read_picture(tmp_path / "a.gif"))
    assert read_picture(tmp_path / "b.png").metadata.texts == (("Comment", "Müller"),)


def test_a_comment_that_is_too_long_for_jpeg_is_cut_between_characters_and_that_is_told(tmp_path):
    picture = Picture(np.zeros((9, 9, 3), np.float32), metadata=Metadata(texts=(("Comment", "ü" * 40_000),)))
    write_picture(tmp_path / "a.jpg", picture)
    assert read_picture(tmp_path / "a.jpg").metadata.texts == (("Comment", "ü" * 32_766),)
    assert ["comment is cut" in remark for remark in remarks_on_writing(tmp_path / "a.jpg", picture)] == [True]
