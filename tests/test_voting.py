"""The picture that overlapping patches make, by compiled functions and by tensors."""

import numpy as np
import pytest
from matching import WRAPS, field_for, noise, sought_in, source_of

from engine.synthesis.structure.octave import RADIUS


def voted(field, source, wanted, free, weights, radius, wrap):
    """Vote as the paper says, in plain Python."""
    height, width = wanted.shape
    found = np.zeros((height, width, source.channels.shape[2]))
    for row, column in np.argwhere(free):
        listed = []
        for down in range(-radius, radius + 1):
            for across in range(-radius, radius + 1):
                other = [row + down, column + across]
                for axis, side in enumerate((height, width)):
                    if wrap[axis]:
                        other[axis] %= side
                here = tuple(other)
                if not (0 <= here[0] < height and 0 <= here[1] < width and wanted[here]):
                    continue
                place = field.places[here] - [down, across]
                listed.append((here, source.channels[tuple(place)]))
        if weights is None:
            found[row, column] = min(listed, key=lambda one: field.costs[one[0]])[1]
        else:
            counts = np.array([weights[here] for here, _ in listed])
            found[row, column] = counts @ np.array([color for _, color in listed]) / counts.sum()
    return found


@pytest.mark.parametrize("average", [True, False], ids=["average", "nearest"])
@pytest.mark.parametrize("wrap", WRAPS, ids=str)
def test_a_pixel_is_what_the_patches_that_cover_it_say(matcher, wrap, average):
    source = source_of(noise(20, 22))
    wanted = np.random.default_rng(3).random((11, 13)) < 0.7
    free = np.zeros((11, 13), bool)
    free[:2], free[5:8, 4:], free[:, -1] = True, True, True
    wanted |= free
    query = sought_in(noise(11, 13, seed=1), wanted)
    field = field_for(matcher, query, source)
    weights = noise(11, 13, seed=2, channels=1)[..., 0] if average else None
    found = np.full((11 + 4, 13 + 4, 3), 7, np.float32)
    matcher.vote(field, source, wanted, free, weights, found, radius=RADIUS, padding=2, wrap=wrap)
    expected = voted(field, source, wanted, free, weights, RADIUS, wrap)
    np.testing.assert_allclose(found[2:-2, 2:-2][free], expected[free], rtol=1e-5)
    found[2:-2, 2:-2][free] = 7
    assert (found == 7).all()
