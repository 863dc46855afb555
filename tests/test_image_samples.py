"""Samples of every type and depth, as they are read."""

from itertools import product

import imagecodecs
import numpy as np
import pytest
import tifffile

from engine.images import ImageError, Picture, read_picture, write_picture

SHAPE = (12, 16, 3)


def tiff(path, samples, **options):
    gray = samples.ndim == 2
    tifffile.imwrite(path, samples, **({"photometric": "minisblack" if gray else "rgb", "metadata": None} | options))
    return path


def integers(dtype, low, high, shape=SHAPE):
    return np.random.default_rng(0).integers(low, high, shape, dtype=dtype, endpoint=True)


def levels(picture, bits=16):
    return np.rint(picture.pixels.astype(np.float64) * (2**bits - 1)).astype(int)


@pytest.mark.parametrize(("low", "high"), [(0.0, 3.5), (-0.5, 1.0), (-2.0, 6.0), (0.0, 255.0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_floats_beyond_the_range_are_scaled_and_that_is_told(tmp_path, low, high, dtype):
    samples = np.random.default_rng(0).uniform(low, high, SHAPE).astype(dtype)
    samples[0, 0] = low, high, 0
    picture = read_picture(tiff(tmp_path / "a.tif", samples))
    expected = (samples.astype(np.float64) - low) / (high - low)
    np.testing.assert_allclose(picture.pixels, expected, atol=1e-6)
    assert len(picture.remarks) == 1
    assert f"{low:g} to {high:g}" in picture.remarks[0]
    assert picture.bits == 16


def test_floats_within_the_range_are_as_they_are(tmp_path):
    samples = np.random.default_rng(0).uniform(0.2, 0.9, SHAPE).astype(np.float32)
    picture = read_picture(tiff(tmp_path / "a.tif", samples))
    assert (picture.pixels == samples).all()
    assert ["16 bits" in remark for remark in picture.remarks] == [True]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_floats_that_are_no_numbers_are_refused(tmp_path, value):
    samples = np.full(SHAPE, 0.5, np.float32)
    samples[1, 1, 1] = value
    with pytest.raises(ImageError, match="infinite or NaN"):
        read_picture(tiff(tmp_path / "a.tif", samples))


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize(("dtype", "bits"), [(np.int8, 8), (np.int16, 16)])
def test_signed_samples_are_raised_exactly(tmp_path, dtype, bits, gray):
    half = 2 ** (bits - 1)
    samples = integers(dtype, -half, half - 1, SHAPE[:2] if gray else SHAPE)
    picture = read_picture(tiff(tmp_path / "a.tif", samples))
    assert (levels(picture, bits) == (samples[..., None] if gray else samples).astype(int) + half).all()
    assert (picture.bits, picture.gray, len(picture.remarks)) == (bits, gray, 1)
    assert str(half) in picture.remarks[0]


@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.uint64, np.int64])
def test_wide_integers_that_fit_into_16_bits_are_as_they_are(tmp_path, dtype):
    samples = integers(dtype, 0, 65535)
    picture = read_picture(tiff(tmp_path / "a.tif", samples))
    assert (levels(picture) == samples).all()
    assert (picture.bits, picture.remarks) == (16, ())


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [(np.uint32, 70_000, 90_000), (np.int32, -5, 900), (np.int32, 0, 2**30), (np.uint64, 0, 2**40)],
)
def test_other_wide_integers_are_scaled_and_that_is_told(tmp_path, dtype, low, high):
    samples = integers(dtype, low, high)
    samples[0, 0, :2] = low, high
    picture = read_picture(tiff(tmp_path / "a.tif", samples))
    np.testing.assert_allclose(picture.pixels, (samples.astype(np.float64) - low) / (high - low), atol=1e-6)
    assert len(picture.remarks) == 1


@pytest.mark.parametrize(
    ("dtype", "low", "high", "black", "white"),
    [
        (np.uint32, 2**30, 4 * 10**9, 0, 2**32 - 1),
        (np.int32, -(2**29), 2**31 - 5, -(2**31), 2**31 - 1),
        (np.int32, 2**20, 2**31 - 5, 0, 2**31 - 1),
        (np.uint64, 2**60, 2**64 - 1, 0, 2**64 - 1),
    ],
)
def test_wide_integers_that_use_most_of_their_range_keep_black_and_white(tmp_path, dtype, low, high, black, white):
    samples = integers(dtype, low, high)
    samples[0, 0, :2] = low, high
    picture = read_picture(tiff(tmp_path / "a.tif", samples))
    np.testing.assert_allclose(picture.pixels, (samples.astype(np.float64) - black) / (white - black), atol=1e-6)
    assert len(picture.remarks) == 1


def test_a_constant_picture_of_wide_integers_is_black(tmp_path):
    picture = read_picture(tiff(tmp_path / "a.tif", np.full(SHAPE, 100_000, np.uint32)))
    assert (picture.pixels == 0).all()


def test_samples_of_12_bits_fill_the_range(tmp_path):
    samples = integers(np.uint16, 0, 4095)
    samples[0, 0, 0] = 4095
    picture = read_picture(tiff(tmp_path / "a.tif", samples, bitspersample=12))
    assert (levels(picture, 12) == samples).all()
    assert picture.pixels[0, 0, 0] == 1


def test_complex_samples_are_refused(tmp_path):
    with pytest.raises(ImageError, match="integers or floats"):
        read_picture(tiff(tmp_path / "a.tif", np.zeros((9, 9), np.complex64)))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("extra", ["unassalpha", "assocalpha", "unspecified"])
def test_a_cmyk_tiff_with_a_fifth_channel_is_read(tmp_path, dtype, extra):
    top = np.iinfo(dtype).max
    samples = np.zeros((8, 8, 5), dtype)
    samples[..., 0], samples[..., 4] = top, top
    samples[:4, :, 4] = 0
    path = tiff(tmp_path / "a.tif", samples, photometric="separated", extrasamples=[extra], planarconfig="contig")
    picture = read_picture(path)
    assert picture.pixels[6, 6].tolist() == [0, 1, 1]
    assert (picture.alpha is None) == (extra == "unspecified")
    assert picture.alpha is None or (picture.alpha[:4].max(), picture.alpha[4:].min()) == (0, 1)
    assert picture.bits == 8 * np.dtype(dtype).itemsize
    assert any("CMYK" in remark for remark in picture.remarks)


# TIFF files of 8 bits and fewer that Pillow cannot read.


BIG = {"byteorder": ">", "bigtiff": True}


@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "zstd", "packbits", "png", "lerc"])
def test_an_8_bit_tiff_is_read_in_every_layout(tmp_path, subtests, compression):
    samples = integers(np.uint8, 0, 255, (40, 48, 3))
    planes = {"contig": samples, "separate": np.moveaxis(samples, 2, 0)}
    for byteorder, bigtiff, tile, planar in product("<>", (False, True), (None, (16, 16)), planes):
        layout = {"byteorder": byteorder, "bigtiff": bigtiff, "tile": tile, "planarconfig": planar}
        with subtests.test(**layout):
            path = tiff(tmp_path / "a.tif", planes[planar], photometric="rgb", compression=compression, **layout)
            picture = read_picture(path)
            assert (levels(picture, 8) == samples).all()
            assert (picture.bits, picture.gray, picture.alpha, picture.remarks) == (8, False, None, ())


@pytest.mark.parametrize("compression", ["jpeg", "webp", "jpegxl"])
def test_a_lossy_big_endian_bigtiff_is_read(tmp_path, compression):
    ramp = np.indices((48, 64)).sum(axis=0).astype(np.uint8)
    samples = np.dstack([ramp, 2 * ramp, 255 - ramp])
    picture = read_picture(tiff(tmp_path / "a.tif", samples, compression=compression, **BIG))
    assert abs(levels(picture, 8) - samples).max() <= 8


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("layout", [{}, BIG])
def test_gray_of_few_bits_fills_the_range(tmp_path, subtests, layout, photometric):
    for bits in range(1, 9):
        top = 2**bits - 1
        samples = integers(np.uint8, 0, top, (40, 48))
        stored = samples.astype(bool) if bits == 1 else samples
        path = tiff(tmp_path / "a.tif", stored, photometric=photometric, bitspersample=bits, **layout)
        with subtests.test(bits=bits):
            picture = read_picture(path)
            # Pillow rounds them to 8 bits.
            found = np.rint(picture.pixels[..., 0] * top)
            assert (found == (samples if photometric == "minisblack" else top - samples)).all()
            assert (picture.pixels.min(), picture.pixels.max(), picture.bits, picture.gray) == (0, 1, 8, True)


def test_4_bits_of_each_color_fill_the_range(tmp_path):
    samples = integers(np.uint8, 0, 15)
    assert (levels(read_picture(tiff(tmp_path / "a.tif", samples, bitspersample=4)), 4) == samples).all()


@pytest.mark.parametrize("layout", [{}, BIG])
def test_a_tiff_with_a_palette_has_its_colors(tmp_path, layout):
    samples, colors = integers(np.uint8, 0, 255, (40, 48)), integers(np.uint8, 0, 255, (3, 256))
    path = tiff(tmp_path / "a.tif", samples, photometric="palette", colormap=colors.astype(np.uint16) * 257, **layout)
    picture = read_picture(path)
    assert (levels(picture, 8) == colors.T[samples]).all()
    assert (picture.bits, picture.gray) == (8, False)


@pytest.mark.parametrize("kept", [0.01, 0.3, 0.6, 0.999])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits"])
def test_a_big_endian_bigtiff_that_is_cut_short_is_refused(tmp_path, compression, kept, capfd):
    path = tiff(tmp_path / "a.tif", integers(np.uint8, 0, 255, (64, 64, 3)), compression=compression, **BIG)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(ImageError, match=r"damaged|cut short"):
        read_picture(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("layout", [{}, BIG])
@pytest.mark.parametrize("colors", [1, 3])
def test_alpha_multiplied_into_an_8_bit_tiff_is_divided_out_and_that_is_told(tmp_path, colors, layout):
    samples = np.zeros((4, 4, colors + 1), np.uint8)
    samples[0] = [*[61] * colors, 128]
    samples[1] = [*[255] * colors, 255]
    options = {"photometric": "rgb" if colors == 3 else "minisblack", "planarconfig": "contig"}
    path = tiff(tmp_path / "a.tif", samples, extrasamples=["assocalpha"], **options, **layout)
    picture = read_picture(path)
    # 61 · 255 / 128 = 121.52
    assert levels(picture, 8)[:, 0, 0].tolist() == [122, 255, 0, 0]
    assert np.rint(picture.alpha[:, 0] * 255).tolist() == [128, 255, 0, 0]
    assert ["unassociated" in remark for remark in picture.remarks] == [True]
    write_picture(tmp_path / "b.tif", picture)
    again = read_picture(tmp_path / "b.tif")
    assert (levels(again, 8)[:, 0, 0].tolist(), again.remarks) == ([122, 255, 0, 0], ())


# JPEG 2000.


def jpeg2000(path, samples, **options):
    path.write_bytes(imagecodecs.jpeg2k_encode(samples, level=0, reversible=True, **options))
    return path


@pytest.mark.parametrize("suffix", ["jp2", "j2k"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_16_bit_jpeg_2000_keeps_every_bit(tmp_path, suffix, channels):
    samples = integers(np.uint16, 0, 65535, (40, 48, channels))
    source = jpeg2000(tmp_path / f"a.{suffix}", samples[..., 0] if channels == 1 else samples, codecformat=suffix)
    picture = read_picture(source)
    colors = 1 if channels <= 2 else 3
    assert (levels(picture) == samples[..., :colors]).all()
    assert (picture.bits, picture.gray) == (16, colors == 1)
    assert (picture.alpha is not None) == (channels in {2, 4})
    assert picture.alpha is None or (np.rint(picture.alpha * 65535) == samples[..., -1]).all()


def test_a_12_bit_jpeg_2000_fills_the_range(tmp_path):
    samples = integers(np.uint16, 0, 4095, (40, 48, 3))
    picture = read_picture(jpeg2000(tmp_path / "a.jp2", samples, bitspersample=12))
    assert (levels(picture, 12) == samples).all()


def test_a_signed_jpeg_2000_is_raised(tmp_path):
    samples = integers(np.int16, -(2**15), 2**15 - 1, (40, 48))
    picture = read_picture(jpeg2000(tmp_path / "a.jp2", samples))
    assert (levels(picture)[..., 0] == samples.astype(int) + 2**15).all()
    assert len(picture.remarks) == 1


def test_an_8_bit_jpeg_2000_stays_one(tmp_path):
    samples = integers(np.uint8, 0, 255, (40, 48, 3))
    picture = read_picture(jpeg2000(tmp_path / "a.jp2", samples))
    assert (levels(picture, 8) == samples).all()
    assert picture.bits == 8


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.9])
def test_a_16_bit_jpeg_2000_that_is_cut_short_is_refused(tmp_path, kept, capfd):
    path = jpeg2000(tmp_path / "a.jp2", integers(np.uint16, 0, 65535, (64, 64, 3)))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(ImageError, match=r"damaged|no picture"):
        read_picture(path)
    assert capfd.readouterr() == ("", "")


def test_what_was_raised_is_written_as_it_was_but_raised(tmp_path):
    samples = integers(np.int16, -(2**15), 2**15 - 1)
    write_picture(tmp_path / "b.tif", read_picture(tiff(tmp_path / "a.tif", samples)))
    assert (tifffile.imread(tmp_path / "b.tif").astype(int) == samples.astype(int) + 2**15).all()


def test_remarks_do_not_travel_into_a_file(tmp_path):
    write_picture(tmp_path / "a.png", Picture(np.zeros(SHAPE, np.float32), remarks=("something",)))
    assert read_picture(tmp_path / "a.png").remarks == ()
