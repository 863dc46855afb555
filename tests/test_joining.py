"""Several sources in one: by compiled functions and by tensors."""

import numpy as np
from matching import TEXTURES, distances, field_for, noise, search, sought_in, source_of
from pictures import clouds

from engine.synthesis.matching import join
from engine.synthesis.structure.filling import ROUNDS
from engine.synthesis.structure.octave import RADIUS


def test_the_nearest_patch_is_found_in_whichever_source_has_it(matcher):
    tiles = [noise(30, 44), noise(26, 40, seed=1), noise(40, 20, seed=2)]
    whole, starts = join([source_of(tile) for tile in tiles])
    parts = [tile[:18, :18] for tile in tiles]
    canvas = np.hstack(parts)
    query = sought_in(np.ascontiguousarray(canvas))
    field = field_for(matcher, query, whole)
    for turn in range(ROUNDS[0]):
        search(matcher, field, query, whole, seed=turn)
    inner = slice(RADIUS, 18 - RADIUS)
    rows, columns = np.indices((18, 18))
    for number in range(3):
        part = field.places[:, 18 * number : 18 * (number + 1)][inner, inner]
        np.testing.assert_array_equal(part[..., 0] - starts[number], rows[inner, inner])
        np.testing.assert_array_equal(part[..., 1], columns[inner, inner])


def test_of_several_sources_as_near_patches_are_found_as_by_comparing_all(matcher):
    pictures = [TEXTURES["blots"](50, 64), TEXTURES["clouds"](36, 40), TEXTURES["bricks"](44, 30)]
    sources = [source_of(picture) for picture in pictures]
    whole, _ = join(sources)
    query = sought_in(
        np.ascontiguousarray(np.hstack([TEXTURES["blots"](96, 96)[60:, 60:], clouds(96, 96)[60:, 60:]]))
    )
    field = field_for(matcher, query, whole)
    for turn in range(ROUNDS[0]):
        search(matcher, field, query, whole, seed=turn)
    nearest = np.min([distances(query, each).min(axis=2) for each in sources], axis=0)
    ratio = np.sqrt(field.costs).mean() / np.sqrt(np.maximum(nearest, 0)).mean()
    print(f"{ratio:.3f} times the distance of the nearest ones")
    assert ratio <= 1.05


def test_no_source_is_sampled_where_its_mask_forbids_it(matcher):
    generator = np.random.default_rng(5)
    sources = [
        source_of(noise(*size, seed=number), generator.random(size) < 0.3)
        for number, size in enumerate([(30, 40), (50, 22), (20, 60)])
    ]
    whole, starts = join(sources)
    query = sought_in(noise(30, 40))
    field = field_for(matcher, query, whole)
    for turn in range(4):
        search(matcher, field, query, whole, seed=turn, proposals=np.array([[0, 0], [30, -5]]), tries=2)
    owners = np.searchsorted(starts, field.places[..., 0], side="right") - 1
    assert len(np.unique(owners)) == 3
    for number, source in enumerate(sources):
        found = field.places[owners == number] - [starts[number], 0]
        assert source.usable[found[:, 0], found[:, 1]].all()


def test_one_source_stays_itself():
    source = source_of(noise(20, 30))
    whole, starts = join([source])
    assert whole is source
    assert starts.tolist() == [0]
