"""What synthesis makes of settings."""

import pytest
from wraps import SEAMLESS, WRAPS

from engine.synthesis import SynthesisSettings
from engine.synthesis.recipes import RECIPES
from engine.synthesis.settings import settings_for
from protocol import vocabulary
from protocol.vocabulary import QUALITIES

SIZE = (64, 96)


def test_there_is_a_recipe_for_every_name_of_one_with_every_quality():
    assert tuple(RECIPES) == vocabulary.RECIPES
    for recipe in RECIPES.values():
        assert tuple(recipe.qualities) == QUALITIES
        assert recipe.filling is None or tuple(recipe.filling.qualities) == QUALITIES


def test_every_setting_that_is_asked_for_reaches_synthesis():
    asked = vocabulary.Settings(recipe="gram", seed=7, seamless="y", layers=(("relu1_1", 1.0),), noise=0.5)
    found = settings_for(asked, SIZE, 2**30)
    assert (found.size, found.memory, found.wrap.x, found.wrap.y) == (SIZE, 2**30, False, True)
    for name in vocabulary.settings().keys() - {"memory"}:
        assert getattr(found, name) == getattr(asked, name)


def test_memory_that_is_asked_for_counts_more_than_what_is_there():
    assert settings_for(vocabulary.Settings(memory=2**28), SIZE, 2**30).memory == 2**28


# What follows from them.


@pytest.mark.parametrize("recipe", RECIPES)
def test_without_layers_the_recipe_is_the_named_one(recipe):
    assert SynthesisSettings(SIZE, recipe=recipe).effective_recipe() is RECIPES[recipe]


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
def test_for_filling_a_hole_the_recipe_photo_has_a_recipe_of_its_own(wrap):
    found = SynthesisSettings(SIZE, recipe="photo", seamless=SEAMLESS[wrap]).effective_recipe(filling=True)
    assert found is RECIPES["photo"].filling
    assert found is not None
    assert SynthesisSettings(SIZE, recipe="photo", seamless=SEAMLESS[wrap]).effective_recipe() is RECIPES["photo"]


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
@pytest.mark.parametrize("recipe", ["sliced", "gram", "patch"])
def test_other_recipes_fill_a_hole_as_they_make_a_texture(recipe, wrap):
    assert (
        SynthesisSettings(SIZE, recipe=recipe, seamless=SEAMLESS[wrap]).effective_recipe(filling=True)
        is RECIPES[recipe]
    )


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_hole_is_filled_without_critics_unless_steps_are_asked_for(quality):
    for steps, expected in ((None, ()), (7, (7,))):
        settings = SynthesisSettings(SIZE, quality=quality, steps=steps)
        assert settings.effective_steps(settings.effective_recipe(filling=True)) == expected


def test_layers_take_the_place_of_those_for_filling_a_hole_too():
    layers = (("relu1_1", 1.0), ("relu2_1", 0.5))
    found = SynthesisSettings(SIZE, layers=layers).effective_recipe(filling=True)
    assert [term.layers for term in found.terms] == [layers, layers, (("pixels", 1.0),)]


@pytest.mark.parametrize("quality", QUALITIES)
def test_for_filling_a_hole_the_steps_are_those_of_its_recipe(quality):
    settings = SynthesisSettings(SIZE, quality=quality)
    recipe = settings.effective_recipe(filling=True)
    assert settings.effective_steps(recipe) == RECIPES["photo"].filling.qualities[quality].steps


@pytest.mark.parametrize("recipe", RECIPES)
def test_layers_take_the_place_of_every_terms_own_and_change_nothing_else(recipe):
    layers = (("relu1_1", 1.0), ("relu2_1", 0.5))
    found, named = SynthesisSettings(SIZE, recipe=recipe, layers=layers).effective_recipe(), RECIPES[recipe]
    pixels = (("pixels", 1.0),)
    assert [term.layers for term in found.terms] == [
        pixels if term.layers == pixels else layers for term in named.terms
    ]
    assert [(term.critic, term.weight) for term in found.terms] == [
        (term.critic, term.weight) for term in named.terms
    ]
    assert (found.solver, found.start, found.qualities) == (named.solver, named.start, named.qualities)


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("recipe", RECIPES)
def test_without_steps_the_quality_decides(recipe, quality):
    found = SynthesisSettings(SIZE, recipe=recipe, quality=quality).effective_steps(RECIPES[recipe])
    assert found == RECIPES[recipe].qualities[quality].steps


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("recipe", RECIPES)
def test_steps_are_those_of_octave_0_and_the_others_keep_their_proportion(recipe, quality):
    planned = RECIPES[recipe].qualities[quality].steps
    found = SynthesisSettings(SIZE, recipe=recipe, quality=quality, steps=7 * planned[0]).effective_steps(
        RECIPES[recipe]
    )
    assert found == tuple(7 * number for number in planned)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_octave_has_a_step(recipe):
    found = SynthesisSettings(SIZE, recipe=recipe, steps=1).effective_steps(RECIPES[recipe])
    assert found[0] == 1
    assert min(found) >= 1


def test_chosen_layers_leave_the_term_on_the_pixels_as_it_is():
    terms = SynthesisSettings((64, 64), layers=(("relu3_1", 1.0),)).effective_recipe().terms
    assert [term.layers for term in terms] == [(("relu3_1", 1.0),), (("relu3_1", 1.0),), (("pixels", 1.0),)]
    assert len({term.name for term in terms}) == len(terms)
