"""Values on the command line."""

import math

import pytest

from engine.options.parsing import (
    LARGEST_CONTEXT,
    ParsingError,
    complete_options,
    parse_context,
    parse_layers,
    parse_memory,
    parse_scales,
    parse_shares,
    parse_size,
)
from engine.options.setting_options import checked_size

SIZES = {
    "512x384": (384, 512),
    "512X384": (384, 512),
    "512×384": (384, 512),
    "512,384": (384, 512),
    "512*384": (384, 512),
    "512 x 384": (384, 512),
    "512 × 384": (384, 512),
    " 512x384 ": (384, 512),
    "512": (512, 512),
    "512px": (512, 512),
    "512px x 384px": (384, 512),
    # Out of range, which the settings tell with the range.
    "0x7": (7, 0),
    "-5x20": (20, -5),
}


SEAMLESS = {
    "--seamless": "--seamless both",
    "a.png --seamless -o b.png": "a.png --seamless both -o b.png",
    "--seamless a.png": "--seamless both a.png",
    "--seamless x a.png": "--seamless x a.png",
    "--seamless none": "--seamless none",
    "--seamless=y a.png": "--seamless=y a.png",
    "a.png -o b.png": "a.png -o b.png",
    "": "",
}


@pytest.mark.parametrize("words", SEAMLESS)
def test_seamless_without_an_axis_means_both(words):
    assert complete_options(words.split()) == SEAMLESS[words].split()


RAY = {
    "--ray": "--ray auto",
    "list.jsonl --ray -o new": "list.jsonl --ray auto -o new",
    "--ray list.jsonl": "--ray auto list.jsonl",
    "--ray textures": "--ray auto textures",
    "--ray 10.0.0.1:6379 list.jsonl": "--ray 10.0.0.1:6379 list.jsonl",
    "--ray ray://head:10001": "--ray ray://head:10001",
    "--ray local a.png": "--ray local a.png",
    "--ray=head:6379 a.png": "--ray=head:6379 a.png",
}


@pytest.mark.parametrize("words", RAY)
def test_ray_without_an_address_means_the_cluster_that_is_there(words):
    assert complete_options(words.split()) == RAY[words].split()


@pytest.mark.parametrize(
    ("text", "pixels"),
    [("1", 1), (" 50 ", 50), ("16384", 16384), ("whole", LARGEST_CONTEXT), ("Whole", LARGEST_CONTEXT)],
)
def test_a_context_is_a_number_of_pixels_or_the_whole_picture(text, pixels):
    assert parse_context(text) == pixels


@pytest.mark.parametrize("text", ["", "0", "1048577", "-5", "50.5", "wide", "5 0", "9" * 5000])
def test_another_context_is_refused_with_its_range(text):
    with pytest.raises(ParsingError, match=r"--context is .*: give 1 to 1,048,576 pixels, or whole"):
        parse_context(text)


@pytest.mark.parametrize("text", SIZES)
def test_a_size_is_read_width_first(text):
    assert parse_size(text) == SIZES[text]


@pytest.mark.parametrize(
    "text", ["", "x", "512x", "x384", "512x384x3", "512 384", "512.5x384", "1e3", "big", "9" * 10, "1" * 5000]
)
def test_what_is_no_size_is_named_with_an_example(text):
    with pytest.raises(ParsingError, match=r": give width and height such as 512x384") as caught:
        parse_size(text)
    assert str(caught.value).startswith(f"--size is {text!r}: ")


AMOUNTS = {
    "8GiB": 8 * 2**30,
    "8gib": 8 * 2**30,
    "8 GiB": 8 * 2**30,
    "8Gi": 8 * 2**30,
    "8GB": 8 * 10**9,
    "8g": 8 * 10**9,
    "500MB": 500 * 10**6,
    "500MiB": 500 * 2**20,
    "70000kb": 70_000_000,
    "65536KiB": 2**26,
    "1.5GiB": 3 * 2**29,
    "100000000": 10**8,
    "100000000b": 10**8,
    " 9g ": 9 * 10**9,
}


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_of_memory_is_read_in_decimal_and_binary_units(text):
    assert parse_memory(text) == AMOUNTS[text]


@pytest.mark.parametrize("text", ["", "GiB", "-8GiB", "8TiB", "8GiBs", "1e9", ".5GiB", "1,5GiB", "much", "9" * 400])
def test_what_is_no_amount_of_memory_is_named_with_an_example(text):
    with pytest.raises(ParsingError, match=r": give an amount such as 8GiB or 500MB") as caught:
        parse_memory(text)
    assert str(caught.value).startswith(f"--memory is {text!r}: ")


LAYERS = {
    "relu1_1:1,relu3_1:0.5": (("relu1_1", 1.0), ("relu3_1", 0.5)),
    "relu1_1": (("relu1_1", 1.0),),
    "relu1_1:": (("relu1_1", 1.0),),
    "relu3_1:2, relu1_1": (("relu3_1", 2.0), ("relu1_1", 1.0)),
    "pixels:0": (("pixels", 0.0),),
    "relu1_1:-1": (("relu1_1", -1.0),),
}


@pytest.mark.parametrize("text", LAYERS)
def test_layers_are_read_in_order_with_their_weights(text):
    assert parse_layers(text) == LAYERS[text]


@pytest.mark.parametrize("text", ["relu1_1:x", "relu1_1:1:2", "relu2_1,relu1_1:1 2"])
def test_a_layer_with_a_weight_that_is_no_number_is_named_with_an_example(text):
    with pytest.raises(ParsingError, match=r": give a name and a weight such as relu3_1:0.5") as caught:
        parse_layers(text)
    assert str(caught.value).startswith(f"--layers has {text.split(',')[-1]!r}: ")


@pytest.mark.parametrize("text", ["", ",", "relu1_1,", ":2", "relu1_1,,relu2_1"])
def test_layers_without_a_name_are_told_with_an_example(text):
    with pytest.raises(ParsingError, match=r": give names and weights such as") as caught:
        parse_layers(text)
    assert str(caught.value).startswith(f"--layers is {text!r}: ")


def test_scales_are_read_in_order():
    assert parse_scales("0.8,1.25, 2") == (0.8, 1.25, 2.0)


def test_a_single_scale_is_read():
    assert parse_scales("0.5") == (0.5,)


def test_a_scale_that_is_not_finite_is_left_for_the_settings_to_refuse():
    assert math.isinf(parse_scales("inf")[0])


@pytest.mark.parametrize("text", ["", "0.8,", "0.8;1.25", "half", "1/2"])
def test_what_is_no_list_of_scales_is_named_with_an_example(text):
    with pytest.raises(ParsingError, match=r": give numbers such as 0.8,1.25") as caught:
        parse_scales(text)
    assert str(caught.value).startswith(f"--scales is {text!r}: ")


@pytest.mark.parametrize("text", ["0x5", "5x0", "-5x10", "7", "512x20000"])
def test_a_size_out_of_range_is_named_as_it_was_typed(text):
    with pytest.raises(ParsingError) as caught:
        checked_size(text)
    assert str(caught.value).startswith(f"--size is {text}: give sides of 8 to 16,384 pixels")


@pytest.mark.parametrize("count", [0, 1])
def test_shares_of_less_than_two_exemplars_are_refused_without_an_example(count):
    with pytest.raises(ParsingError) as caught:
        parse_shares("2,1", count)
    assert "such as" not in str(caught.value)
