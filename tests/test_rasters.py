"""Pixels of the wire to pictures and back."""

import numpy as np
import pytest

from engine.images import ImageError
from engine.service.rasters import array_raster, picture_of, raster_of
from protocol.raster import Raster

KINDS = {"u8": np.dtype("u1"), "u16": np.dtype("<u2"), "f32": np.dtype("<f4")}
CHANNELS = (1, 2, 3, 4)


def raster(samples, depth):
    """Write samples (height, width, channels) as they are."""
    height, width, channels = samples.shape
    return Raster(width, height, channels, depth, samples.astype(KINDS[depth]).tobytes())


def every_sample(depth, channels):
    """All values that a sample of this depth can have, in another order in each channel; of f32 a great many."""
    if depth == "f32":
        chance = np.random.default_rng(0).random((64, 64, channels), dtype=np.float32)
        return np.concatenate([chance, chance * np.float32(1e-30), np.ones_like(chance), np.zeros_like(chance)])
    side = {"u8": 16, "u16": 256}[depth]
    values = np.arange(side**2)
    return np.stack([np.roll(values, 77 * n).reshape(side, side) for n in range(channels)], axis=2)


@pytest.mark.parametrize("depth", KINDS)
@pytest.mark.parametrize("channels", CHANNELS)
def test_every_sample_comes_back_as_it_went(depth, channels):
    sent = raster(every_sample(depth, channels), depth)
    assert raster_of(picture_of(sent, "canvas"), depth) == sent


@pytest.mark.parametrize("depth", KINDS)
@pytest.mark.parametrize("channels", CHANNELS)
def test_a_picture_has_colors_and_alpha_in_their_places(depth, channels):
    samples = every_sample(depth, channels)
    found = picture_of(raster(samples, depth), "canvas")
    shares = samples.astype(np.float32) / np.float32({"u8": 255, "u16": 65535, "f32": 1}[depth])
    colors = shares[..., :3] if channels > 2 else shares[..., :1].repeat(3, axis=2)
    np.testing.assert_array_equal(found.pixels, colors)
    if channels in {2, 4}:
        np.testing.assert_array_equal(found.alpha, shares[..., -1])
    else:
        assert found.alpha is None


@pytest.mark.parametrize(("channels", "gray"), [(1, True), (2, True), (3, False), (4, False)])
def test_a_raster_of_one_light_is_a_gray_picture(channels, gray):
    assert picture_of(raster(every_sample("u8", channels), "u8"), "canvas").gray is gray


@pytest.mark.parametrize(("depth", "bits"), [("u8", 8), ("u16", 16), ("f32", 16)])
def test_a_picture_keeps_as_many_bits_as_its_samples_have(depth, bits):
    assert picture_of(raster(every_sample(depth, 3), depth), "canvas").bits == bits


@pytest.mark.parametrize("channels", CHANNELS)
def test_bytes_can_come_back_with_16_bits(channels):
    samples = every_sample("u8", channels)
    found = raster_of(picture_of(raster(samples, "u8"), "canvas"), "u16")
    assert found == raster(257 * samples, "u16")


def test_16_bits_are_rounded_to_the_nearest_byte():
    samples = every_sample("u16", 3)
    found = raster_of(picture_of(raster(samples, "u16"), "canvas"), "u8")
    assert found == raster(np.rint(samples / 257), "u8")


def test_16_bits_come_low_byte_first():
    found = picture_of(Raster(1, 1, 1, "u16", b"\x00\x80"), "canvas")
    assert found.pixels[0, 0, 0] == np.float32(0x8000) / np.float32(65535)


def test_colors_under_an_alpha_of_nothing_stay_as_they_are():
    clear = np.dstack([every_sample("u8", 3), np.zeros((16, 16), int)])
    assert picture_of(raster(clear, "u8"), "canvas").pixels.max() == 1


def test_what_lies_outside_the_range_of_integers_is_clipped():
    found = array_raster(np.array([[[-0.5], [0.5], [1.5]]], np.float32), "u8")
    assert bytes(found.data) == bytes([0, 128, 255])


def test_a_view_of_a_message_is_read_as_well():
    samples = every_sample("u8", 4)
    message = memoryview(b"xx" + samples.astype(np.uint8).tobytes())
    found = picture_of(Raster(16, 16, 4, "u8", message[2:]), "canvas")
    assert raster_of(found, "u8") == raster(samples, "u8")


WRONG = {"negative": -0.001, "too large": 1.001, "nan": np.nan, "infinite": np.inf}


@pytest.mark.parametrize("channel", [0, 3])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_sample_out_of_range_is_refused_and_the_raster_named(wrong, channel):
    samples = every_sample("f32", 4)
    samples[3, 5, channel] = WRONG[wrong]
    with pytest.raises(ImageError, match=r"^the mask has samples from \S+ to \S+: send them from 0 to 1$"):
        picture_of(raster(samples, "f32"), "mask")
