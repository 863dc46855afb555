"""The vocabulary: every setting with its type, range and default."""

import math
import subprocess
import sys
from dataclasses import fields

import pytest

from protocol.vocabulary import (
    AXES,
    ENCODERS,
    LARGEST_SEED,
    LAYERS,
    LEAST_MEMORY,
    PIXELS,
    QUALITIES,
    RECIPES,
    Settings,
    VocabularyError,
    checked,
    settings,
)

WRONG = {
    "an unknown recipe": ("recipe", "foto"),
    "a recipe that is none": ("recipe", None),
    "an unknown quality": ("quality", "good"),
    "an unknown encoder": ("encoder", "vgg13"),
    "an unknown axis": ("seamless", "z"),
    "a seed below 0": ("seed", -1),
    "half a seed": ("seed", 1.5),
    "a seed of 64 bits": ("seed", LARGEST_SEED + 1),
    "no octaves": ("octaves", 0),
    "too many octaves": ("octaves", 13),
    "octaves that are no whole number": ("octaves", 3.0),
    "octaves that are a yes": ("octaves", True),
    "no steps": ("steps", 0),
    "too many steps": ("steps", 100_001),
    "a scale too small": ("scales", (1.5, 0.2)),
    "a scale too large": ("scales", (4.5,)),
    "a scale that is no number": ("scales", (math.nan,)),
    "scales that are no list": ("scales", 0.8),
    "noise below 0": ("noise", -0.1),
    "too much noise": ("noise", 2.5),
    "noise that is no number": ("noise", math.nan),
    "a penalty below 0": ("repetition_penalty", -0.5),
    "a penalty too large": ("repetition_penalty", 1.01),
    "too little memory": ("memory", LEAST_MEMORY - 1),
    "memory that is no whole number": ("memory", 1e9),
    "a number for yes or no": ("flips", 1),
    "no layers": ("layers", ()),
    "an unknown layer": ("layers", (("relu6_1", 1.0),)),
    "a layer without a weight": ("layers", (("relu1_1",),)),
    "a layer of negative weight": ("layers", (("relu1_1", 1.0), ("relu3_1", -2.0))),
    "a layer of infinite weight": ("layers", (("relu1_1", math.inf),)),
    "a layer that weighs too much": ("layers", (("relu1_1", 1e7),)),
    "layers that weigh nothing": ("layers", (("relu1_1", 0.0), ("relu3_1", 0.0))),
    "a layer twice": ("layers", (("relu1_1", 1.0), ("relu1_1", 2.0))),
}
RIGHT = {
    "recipe": RECIPES,
    "quality": QUALITIES,
    "encoder": ENCODERS,
    "seamless": tuple(AXES),
    "seed": (0, LARGEST_SEED),
    "octaves": (1, 12),
    "steps": (1, 100_000, None),
    "scales": ((), (0.25, 4), (1.0,)),
    "noise": (0, 2, 0.5),
    "repetition_penalty": (0, 1, None),
    "memory": (LEAST_MEMORY, 2**50, None),
    "layers": ((("relu1_1", 0.0), ("relu3_1", 1.0)), ((PIXELS, 1),), None),
    "weights": (None, "vgg.pth"),
    "flips": (True, False),
}


def test_a_value_out_of_its_range_is_refused_with_what_to_give_instead(subtests):
    for case, (name, value) in WRONG.items():
        with subtests.test(case=case):
            with pytest.raises(VocabularyError) as refused:
                checked({name: value})
            assert refused.value.name == name
            assert refused.value.remedy


@pytest.mark.parametrize("name", RIGHT)
def test_the_ends_of_a_range_belong_to_it(name):
    for value in RIGHT[name]:
        assert getattr(checked({name: value}), name) == value


def test_every_default_is_in_its_range_and_every_setting_has_a_line_of_help(subtests):
    for name, setting in settings().items():
        with subtests.test(name=name):
            setting.check(setting.default)
            assert setting.default == getattr(Settings(), name)
            assert setting.help.endswith(".")
            assert "\n" not in setting.help


def test_a_remedy_names_the_range_or_the_choices():
    for name, value, remedy in (
        ("octaves", 13, "a whole number of 1 to 12"),
        ("octaves", "5", "a whole number of 1 to 12"),
        ("noise", 3.0, "a number of 0 to 2"),
        ("noise", float("nan"), "a number of 0 to 2"),
        ("quality", "good", "one of draft, normal, best"),
    ):
        with pytest.raises(VocabularyError) as refused:
            checked({name: value})
        assert refused.value.remedy == remedy


def test_every_field_is_listed_once():
    assert list(settings()) == [field.name for field in fields(Settings)]


def test_layers_are_pixels_and_those_of_a_vgg_with_their_strides():
    assert (LAYERS[PIXELS], LAYERS["relu1_2"], LAYERS["relu3_4"], LAYERS["relu5_1"]) == (1, 1, 4, 16)
    assert len(LAYERS) == 1 + 2 + 2 + 4 + 4 + 4


def test_the_vocabulary_takes_the_standard_library_alone():
    code = "import sys, protocol.vocabulary; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"zmq", "msgpack", "numpy", "torch", "engine"} & set(loaded.split())
