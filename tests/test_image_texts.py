"""Texts and comments in picture files: kept, become others, or are left out, which is told."""

import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from metadata_files import ARTIST, COPYRIGHT, SUFFIXES, exif, wall
from PIL import Image, PngImagePlugin

from engine.images import Picture, read_picture, remarks_on_writing, write_picture
from engine.images.metadata import Metadata


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


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif"])
def test_a_text_whose_place_is_taken_by_another_one_is_named(tmp_path, suffix):
    texts = (("Author", "Eve"), ("Copyright", "first"), ("Copyright", "Ann"))
    picture = Picture(np.zeros((8, 8, 3), np.float32), metadata=Metadata(image={ARTIST: "Ann"}, texts=texts))
    (remark,) = remarks_on_writing(tmp_path / f"b{suffix}", picture)
    assert "the text of Author, Copyright is left out" in remark
    write_picture(tmp_path / f"b{suffix}", picture)
    assert read_picture(tmp_path / f"b{suffix}").metadata.image == {ARTIST: "Ann", COPYRIGHT: "Ann"}
    assert not remarks_on_writing(tmp_path / "b.png", picture)


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


def test_damaged_texts_are_left_out(tmp_path):
    wall().save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    parts = [b"zTXtAuthor\0\0junk", b"iTXtCopyright", b"tEXt", b"iTXtComment\0\1\0\0\0junk"]
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts]
    (tmp_path / "a.png").write_bytes(data[:33] + b"".join(chunks) + data[33:])
    found = read_picture(tmp_path / "a.png").metadata
    assert "Author" not in dict(found.texts)
    assert found.dpi is None


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
