"""Regular exemplars: their lattices, and the textures made from them."""

import numpy as np
import pytest
from pictures import tensor
from scipy import ndimage

from engine.encoders import load_encoder
from engine.synthesis import Exemplar, SettingsError, SynthesisSettings, synthesize
from engine.synthesis.structure import MosaicSource, lay_out, plan_texture
from engine.synthesis.structure.correlation import correlate
from engine.synthesis.structure.lattice import Lattice, find_lattice


def waving(rows, columns, size=(96, 112)):
    """A pattern with a bump at every multiple of two vectors, float32 RGB."""
    here = np.moveaxis(np.indices(size), 0, -1) @ np.linalg.inv(np.array([rows, columns], np.float64))
    bump = np.cos(2 * np.pi * here).sum(axis=-1)
    colors = np.stack([bump, bump**2, -bump], axis=-1)
    return ((colors - colors.min()) / np.ptp(colors)).astype(np.float32)


def everywhere(colors):
    return np.ones(colors.shape[:2], bool)


def is_offset(lattice, offset, tolerance=0.1):
    """Whether an offset is one of a lattice, to a share of its vectors."""
    times = np.array(offset) @ np.linalg.inv(lattice.basis)
    return np.abs(times - np.rint(times)).max() < tolerance


@pytest.mark.parametrize(
    ("rows", "columns"), [((12, 0), (0, 16)), ((12.4, 0), (0, 15.3)), ((11, 8), (-9, 13)), ((14, 7), (0, 14))]
)
def test_the_lattice_of_a_pattern_is_found_to_fractions_of_a_pixel(rows, columns):
    colors = waving(rows, columns)
    lattice = find_lattice(correlate(colors, everywhere(colors)))
    assert lattice is not None
    assert is_offset(lattice, rows)
    assert is_offset(lattice, columns)
    # Not a lattice that is finer than the pattern.
    assert abs(np.linalg.det(lattice.basis)) == pytest.approx(
        abs(np.linalg.det(np.array([rows, columns], float))), rel=0.05
    )


def test_a_pattern_with_a_hole_and_with_shade_is_regular_too():
    colors = waving((12, 0), (0, 16)) * np.linspace(0.3, 1, 112, dtype=np.float32)[:, None]
    valid = everywhere(colors)
    valid[30:60, 20:70] = False
    colors[~valid] = (1, 0, 1)
    lattice = find_lattice(correlate(colors, valid))
    assert lattice is not None
    assert is_offset(lattice, (12, 0))
    assert is_offset(lattice, (0, 16))


@pytest.mark.parametrize("sigma", [0, 2, 6])
def test_noise_has_no_lattice(sigma):
    noise = np.random.default_rng(0).random((96, 112, 3))
    colors = ndimage.gaussian_filter(noise, (sigma, sigma, 0)).astype(np.float32)
    assert find_lattice(correlate(colors, everywhere(colors))) is None


def test_a_flat_color_has_no_lattice():
    colors = np.full((64, 64, 3), 0.4, np.float32)
    assert find_lattice(correlate(colors, everywhere(colors))) is None


def test_places_are_moved_to_the_nearest_of_the_canvas_phase():
    lattice = Lattice(np.array([[8.0, 0], [0, 10]]))
    places = np.random.default_rng(0).integers(0, 60, (40, 50, 2)).astype(np.int32)
    found = lattice.snap(places, (60, 60), 3, (False, False))
    rows, columns = np.indices((40, 50))
    assert ((found[..., 0] - rows) % 8 == 0).all()
    assert ((found[..., 1] - columns) % 10 == 0).all()
    assert found.min() >= 3
    assert found.max() <= 56
    inner = ((places >= 8) & (places <= 51)).all(axis=-1)
    assert np.abs(found - places)[inner].max(axis=0).tolist() <= [4, 5]


def test_phases_meet_where_a_canvas_wraps_whatever_its_size():
    lattice = Lattice(np.array([[8.0, 0], [0, 10]]))
    places = np.full((43, 57, 2), 30, np.int32)
    found = lattice.snap(places, (60, 60), 3, (True, True))
    # Five rows of eight and six columns of ten are stretched to 43 and 57 pixels.
    wide = np.pad(found, [(0, 1), (0, 1), (0, 0)], mode="wrap")
    steps = np.diff(wide[..., 0], axis=0)[:, :-1] % 8, np.diff(wide[..., 1], axis=1)[:-1] % 10
    assert set(np.unique(steps[0]).tolist()) <= {0, 1, 2}
    assert set(np.unique(steps[1]).tolist()) <= {1, 2}


def test_a_pattern_goes_on_unbroken_in_a_new_texture():
    colors = waving((12, 0), (0, 16))
    plan = plan_texture([MosaicSource(colors, everywhere(colors))], (240, 256))
    found = [stage for stage in lay_out(plan, 0) if stage is not None][-1].colors
    scale = 240 // found.shape[0]
    down, across = 12 // scale, 16 // scale
    spread = found.std()
    assert np.sqrt(np.mean((found[down:] - found[:-down]) ** 2)) < 0.1 * spread
    assert np.sqrt(np.mean((found[:, across:] - found[:, :-across]) ** 2)) < 0.1 * spread


def test_a_regular_texture_that_cannot_fit_into_the_memory_is_refused_before_any_work():
    exemplar = Exemplar(tensor(waving((12, 0), (0, 16))))
    work = synthesize(exemplar, load_encoder("compact"), SynthesisSettings((8192, 8192), memory=2**30))
    with pytest.raises(SettingsError, match="choose a smaller size"):
        next(work)
