"""Layers with non-destructive filters: what is seen is what is sampled, in a real GIMP."""

import numpy as np
import pytest
from filter_cases import CODE, FILLS, FINE, OTHERS
from filtered import ALLOWED, INNER, SIDE
from pictures import bricks, save
from plugged import array_of

# Off the selection by the widest filter.
HOLE = (slice(36, 60), slice(36, 60))


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("filters")
    picture = bricks(SIDE, SIDE)
    save(folder / "wall.png", picture)
    alpha = np.zeros((SIDE, SIDE, 1))
    alpha[10:80, 10:50] = 1
    save(folder / "holed.png", np.concatenate([picture, alpha], axis=2))
    paths = {name: str(folder / f"{name}.png") for name in ("wall", "holed")}
    return plugged.cases(CODE, folder / "run", starts=False, allowed=ALLOWED, **paths)


def color(picture, part):
    return array_of(picture)[part][..., :3].reshape(-1, 3).mean(axis=0) / 257


@pytest.mark.parametrize("case", [*FILLS, *OTHERS])
def test_the_texture_is_that_of_the_same_picture_without_filters(cases, case):
    texture, expected = (array_of(cases[case][what]).astype(int) for what in ("texture", "expected"))
    if case in FINE:
        # The copy is rounded to the image's samples, and such a trifle may choose another patch.
        assert np.abs(texture - expected).mean() < 64
    else:
        assert np.array_equal(texture, expected)
    assert cases[case]["filters"] == 0


@pytest.mark.parametrize("case", FILLS)
def test_what_is_seen_inside_the_hole_agrees_with_what_is_seen_around_it(cases, case):
    before, after = (array_of(cases[case][when]).copy() for when in ("before", "after"))
    assert np.allclose(color(cases[case]["before"], INNER), color(cases[case]["after"], INNER), atol=14)
    before[HOLE] = after[HOLE] = 0
    assert np.array_equal(before, after)


@pytest.mark.parametrize("case", ["inverted", "turned", "stacked", "group_selected", "with_opacity"])
def test_the_filters_of_these_tests_can_be_seen(cases, case):
    assert np.abs(color(cases[case]["before"], INNER) - color(cases["hidden"]["before"], INNER)).max() > 30


@pytest.mark.parametrize("case", [*FILLS, *OTHERS])
def test_nothing_of_the_image_is_changed_and_no_other_image_is_left(cases, case):
    # A layer that does not cover is in a group then.
    if case != "with_opacity":
        assert cases[case]["rest"]
    assert cases[case]["images"] == 2 + (case in {"new", "new_from_inside_a_group"})


@pytest.mark.parametrize("case", ["exemplar_elsewhere", "exemplar_in_a_group"])
def test_an_exemplar_is_sampled_as_it_is_seen(cases, case):
    texture, expected = (array_of(picture) for picture in cases[case])
    assert np.array_equal(texture, expected)


def test_an_exemplar_mask_is_read_as_it_is_seen(cases):
    assert cases["exemplar_mask"]["black"].startswith("The exemplar mask has no white pixel")
    assert (array_of(cases["exemplar_mask"]["texture"])[..., 3] == 255).all()


def test_gimp_has_no_filters_for_masks_and_channels(cases):
    assert cases["not_on_masks_and_channels"] == [0, 0, 0]


def test_a_layer_that_was_only_read_is_as_clean_as_before(cases):
    found = cases["refused_and_clean"]
    assert found["said"].startswith("Too little is left to sample")
    assert found["dirty"] is False
    assert found["images"] == 0
