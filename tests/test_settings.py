"""What a user can set."""

import math

import pytest
from wraps import WRAPS

from engine.synthesis import QUALITIES, RECIPES, Settings, SettingsError

SIZE = (64, 96)

FAULTS = {
    "height too small": ({"size": (7, 96)}, "height 7 is out of range: give 8 to 16,384 pixels"),
    "height too large": ({"size": (16385, 96)}, "height 16385 is out of range: give 8 to 16,384 pixels"),
    "width too small": ({"size": (64, 0)}, "width 0 is out of range: give 8 to 16,384 pixels"),
    "width negative": ({"size": (64, -96)}, "width -96 is out of range: give 8 to 16,384 pixels"),
    "width too large": ({"size": (64, 10**9)}, "width 1000000000 is out of range: give 8 to 16,384 pixels"),
    "width no number": ({"size": (64, "96")}, "width '96' is not a whole number: give 8 to 16,384 pixels"),
    "width not finite": ({"size": (64, math.inf)}, "width inf is not a whole number: give 8 to 16,384 pixels"),
    "seed negative": ({"seed": -1}, "seed -1 is out of range: give 0 to 9,223,372,036,854,775,807"),
    "seed not whole": ({"seed": 1.5}, "seed 1.5 is not a whole number: give 0 to 9,223,372,036,854,775,807"),
    "seed too large": (
        {"seed": 2**63},
        "seed 9223372036854775808 is out of range: give 0 to 9,223,372,036,854,775,807",
    ),
    "octaves too few": ({"octaves": 0}, "octaves 0 is out of range: give 1 to 12"),
    "octaves too many": ({"octaves": 13}, "octaves 13 is out of range: give 1 to 12"),
    "octaves not whole": ({"octaves": 3.0}, "octaves 3.0 is not a whole number: give 1 to 12"),
    "octaves true": ({"octaves": True}, "octaves True is out of range: give 1 to 12"),
    "steps too few": ({"steps": 0}, "steps 0 is out of range: give 1 to 100,000"),
    "steps not whole": ({"steps": 2.5}, "steps 2.5 is not a whole number: give 1 to 100,000"),
    "steps too many": ({"steps": 100_001}, "steps 100001 is out of range: give 1 to 100,000"),
    "scale too small": ({"scales": (1.5, 0.2)}, "scale 0.2 is out of range: give 0.25 to 4"),
    "scale too large": ({"scales": (4.5,)}, "scale 4.5 is out of range: give 0.25 to 4"),
    "scale no number": ({"scales": (math.nan,)}, "scale nan is out of range: give 0.25 to 4"),
    "noise negative": ({"noise": -0.1}, "noise -0.1 is out of range: give 0 to 2"),
    "noise too large": ({"noise": 2.5}, "noise 2.5 is out of range: give 0 to 2"),
    "noise not a number": ({"noise": math.nan}, "noise nan is out of range: give 0 to 2"),
    "overuse negative": ({"overuse": -1}, "overuse -1 is out of range: give 0 to 1"),
    "overuse too large": ({"overuse": 1.01}, "overuse 1.01 is out of range: give 0 to 1"),
    "memory too small": (
        {"memory": 1000},
        "memory 1000 bytes is too little: give 64 MiB or more",
    ),
    "memory not whole": (
        {"memory": 1e9},
        "memory 1000000000.0 bytes is too little: give 64 MiB or more",
    ),
    "no layers": ({"layers": ()}, "no layers are given: name at least one, such as relu3_1"),
    "layer weight negative": (
        {"layers": (("relu1_1", 1.0), ("relu3_1", -2.0))},
        "weight of layer relu3_1 -2.0 is out of range: give 0 to 1,000,000",
    ),
    "layer weight infinite": (
        {"layers": (("relu1_1", math.inf),)},
        "weight of layer relu1_1 inf is out of range: give 0 to 1,000,000",
    ),
    "layer weight not a number": (
        {"layers": (("relu1_1", math.nan),)},
        "weight of layer relu1_1 nan is out of range: give 0 to 1,000,000",
    ),
    "layer weight too large": (
        {"layers": (("relu1_1", 1e7),)},
        "weight of layer relu1_1 10000000.0 is out of range: give 0 to 1,000,000",
    ),
    "layers without weight": (
        {"layers": (("relu1_1", 0.0), ("relu3_1", 0.0))},
        "all layers have the weight 0: give at least one a weight above 0",
    ),
    "layer twice": (
        {"layers": (("relu1_1", 1.0), ("relu3_1", 1.0), ("relu1_1", 2.0))},
        "layers relu1_1, relu3_1, relu1_1: name each layer once",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_value_out_of_its_range_is_named_with_the_range(fault):
    values, message = FAULTS[fault]
    with pytest.raises(SettingsError) as caught:
        Settings(**{"size": SIZE, **values})
    assert str(caught.value) == message


def test_an_unknown_recipe_is_named_with_those_there_are():
    with pytest.raises(SettingsError, match=r"^recipe 'foto' is not known; choose one of .*") as caught:
        Settings(SIZE, recipe="foto")
    assert all(name in str(caught.value) for name in RECIPES)


def test_an_unknown_quality_is_named_with_those_there_are():
    with pytest.raises(SettingsError, match=r"^quality 'good' is not known; choose one of draft, normal, best$"):
        Settings(SIZE, quality="good")


EDGES = {
    "smallest size": {"size": (8, 8)},
    "largest size": {"size": (16384, 16384)},
    "smallest seed": {"seed": 0},
    "largest seed": {"seed": 2**63 - 1},
    "fewest octaves": {"octaves": 1},
    "most octaves": {"octaves": 12},
    "fewest steps": {"steps": 1},
    "most steps": {"steps": 100_000},
    "scales": {"scales": (0.25, 4)},
    "no noise": {"noise": 0},
    "most noise": {"noise": 2},
    "no overuse": {"overuse": 0},
    "most overuse": {"overuse": 1},
    "the recipe's overuse": {"overuse": None},
    "least memory": {"memory": 64 * 2**20},
    "most memory": {"memory": 2**50},
    "a layer without weight": {"layers": (("relu1_1", 0.0), ("relu3_1", 1.0))},
}


@pytest.mark.parametrize("edge", EDGES)
def test_the_ends_of_a_range_belong_to_it(edge):
    settings = Settings(**{"size": SIZE, **EDGES[edge]})
    ((name, value),) = EDGES[edge].items()
    assert getattr(settings, name) == value


# What follows from them.


@pytest.mark.parametrize("recipe", RECIPES)
def test_without_layers_the_recipe_is_the_named_one(recipe):
    assert Settings(SIZE, recipe=recipe).effective_recipe() is RECIPES[recipe]


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
def test_for_filling_a_hole_the_recipe_photo_has_a_recipe_of_its_own(wrap):
    found = Settings(SIZE, recipe="photo", wrap=wrap).effective_recipe(filling=True)
    assert found is RECIPES["photo"].filling
    assert found is not None
    assert Settings(SIZE, recipe="photo", wrap=wrap).effective_recipe() is RECIPES["photo"]


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
@pytest.mark.parametrize("recipe", ["sliced", "gram", "patch"])
def test_other_recipes_fill_a_hole_as_they_make_a_texture(recipe, wrap):
    assert Settings(SIZE, recipe=recipe, wrap=wrap).effective_recipe(filling=True) is RECIPES[recipe]


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_hole_is_filled_without_critics_unless_steps_are_asked_for(quality):
    for steps, expected in ((None, ()), (7, (7,))):
        settings = Settings(SIZE, quality=quality, steps=steps)
        assert settings.effective_steps(settings.effective_recipe(filling=True)) == expected


def test_layers_take_the_place_of_those_for_filling_a_hole_too():
    layers = (("relu1_1", 1.0), ("relu2_1", 0.5))
    found = Settings(SIZE, layers=layers).effective_recipe(filling=True)
    assert [term.layers for term in found.terms] == [layers, layers, (("pixels", 1.0),)]


@pytest.mark.parametrize("quality", QUALITIES)
def test_for_filling_a_hole_the_steps_are_those_of_its_recipe(quality):
    settings = Settings(SIZE, quality=quality)
    recipe = settings.effective_recipe(filling=True)
    assert settings.effective_steps(recipe) == RECIPES["photo"].filling.qualities[quality].steps


@pytest.mark.parametrize("recipe", RECIPES)
def test_layers_take_the_place_of_every_terms_own_and_change_nothing_else(recipe):
    layers = (("relu1_1", 1.0), ("relu2_1", 0.5))
    found, named = Settings(SIZE, recipe=recipe, layers=layers).effective_recipe(), RECIPES[recipe]
    pixels = (("pixels", 1.0),)
    assert [term.layers for term in found.terms] == [
        pixels if term.layers == pixels else layers for term in named.terms
    ]
    assert [(term.critic, term.weight, term.patch) for term in found.terms] == [
        (term.critic, term.weight, term.patch) for term in named.terms
    ]
    assert (found.solver, found.start, found.qualities) == (named.solver, named.start, named.qualities)


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("recipe", RECIPES)
def test_without_steps_the_quality_decides(recipe, quality):
    found = Settings(SIZE, recipe=recipe, quality=quality).effective_steps(RECIPES[recipe])
    assert found == RECIPES[recipe].qualities[quality].steps


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("recipe", RECIPES)
def test_steps_are_those_of_octave_0_and_the_others_keep_their_proportion(recipe, quality):
    planned = RECIPES[recipe].qualities[quality].steps
    found = Settings(SIZE, recipe=recipe, quality=quality, steps=7 * planned[0]).effective_steps(RECIPES[recipe])
    assert found == tuple(7 * number for number in planned)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_octave_has_a_step(recipe):
    found = Settings(SIZE, recipe=recipe, steps=1).effective_steps(RECIPES[recipe])
    assert found[0] == 1
    assert min(found) >= 1


def test_chosen_layers_leave_the_term_on_the_pixels_as_it_is():
    terms = Settings((64, 64), layers=(("relu3_1", 1.0),)).effective_recipe().terms
    assert [term.layers for term in terms] == [(("relu3_1", 1.0),), (("relu3_1", 1.0),), (("pixels", 1.0),)]
    assert len({term.name for term in terms}) == len(terms)
