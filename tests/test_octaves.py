"""The octave plan."""

from hypothesis import given
from hypothesis import strategies as st

from engine.synthesis.octaves import SMALLEST_SIDE, Octave, plan_octaves, scaled, usable_layers

SIZES = st.tuples(st.integers(1, 5000), st.integers(1, 5000))
COUNTS = st.integers(1, 8)
LAYERS = ("pixels", "relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


@given(SIZES, SIZES, COUNTS)
def test_indices_fall_by_one_down_to_zero(exemplar, canvas, count):
    plan = plan_octaves(exemplar, canvas, count=count)
    assert [octave.index for octave in plan] == list(range(len(plan) - 1, -1, -1))


@given(SIZES, SIZES, COUNTS)
def test_the_last_octave_is_full_size(exemplar, canvas, count):
    assert plan_octaves(exemplar, canvas, count=count)[-1] == Octave(0, exemplar, canvas)


@given(SIZES, SIZES, COUNTS)
def test_there_is_at_least_one_octave_and_never_more_than_asked_for(exemplar, canvas, count):
    assert 1 <= len(plan_octaves(exemplar, canvas, count=count)) <= count


@given(SIZES, SIZES, COUNTS)
def test_the_coarsest_octave_keeps_the_smallest_side_unless_it_is_the_only_one(exemplar, canvas, count):
    plan = plan_octaves(exemplar, canvas, count=count)
    assert len(plan) == 1 or min(*plan[0].exemplar, *plan[0].canvas) >= SMALLEST_SIDE


@given(SIZES, SIZES, COUNTS)
def test_an_octave_is_only_left_out_where_it_would_be_too_small(exemplar, canvas, count):
    plan = plan_octaves(exemplar, canvas, count=count)
    assert len(plan) == count or min(*exemplar, *canvas) / 2 ** len(plan) < SMALLEST_SIDE


@given(SIZES, SIZES, COUNTS)
def test_every_octave_is_half_as_large_as_the_next_to_within_a_pixel(exemplar, canvas, count):
    for octave in plan_octaves(exemplar, canvas, count=count):
        for full, here in zip((*exemplar, *canvas), (*octave.exemplar, *octave.canvas), strict=True):
            assert abs(here - full / 2**octave.index) <= 0.5 or here == 1


def sizes(side, count=5):
    return [octave.canvas[0] for octave in plan_octaves((side, side), (side, side), count=count)]


def test_a_side_of_89_has_three_octaves():
    assert sizes(89) == [22, 44, 89]


def test_a_side_of_32_has_two_octaves():
    assert sizes(32) == [16, 32]


def test_a_side_of_31_has_one_octave():
    assert sizes(31) == [31]


def test_a_side_of_90_has_three_octaves():
    assert sizes(90) == [22, 45, 90]


def test_a_side_of_180_has_four_octaves():
    assert sizes(180) == [22, 45, 90, 180]


def test_a_side_of_512_starts_at_one_sixteenth_by_default():
    assert sizes(512) == [32, 64, 128, 256, 512]
    assert sizes(512, count=8) == [16, 32, 64, 128, 256, 512]


def test_a_canvas_smaller_than_the_exemplar_decides_how_many_octaves_there_are():
    plan = plan_octaves((400, 300), (40, 64))
    assert plan == (Octave(1, (200, 150), (20, 32)), Octave(0, (400, 300), (40, 64)))


def test_an_exemplar_smaller_than_the_canvas_decides_too():
    plan = plan_octaves((40, 64), (400, 300))
    assert plan == (Octave(1, (20, 32), (200, 150)), Octave(0, (40, 64), (400, 300)))


def test_a_side_is_never_halved_below_one_pixel():
    assert scaled((1, 3), 4) == (1, 1)


def test_layers_with_too_few_positions_are_left_out_in_the_given_order():
    octave = Octave(0, (48, 40), (33, 500))
    assert usable_layers(LAYERS, octave, positions=2) == LAYERS
    assert usable_layers(LAYERS[::-1], octave, positions=3) == LAYERS[-2::-1]
    assert usable_layers(LAYERS, octave, positions=5) == LAYERS[:4]
    assert usable_layers(LAYERS, octave, positions=34) == ()


@given(SIZES, SIZES, st.integers(1, 9))
def test_a_usable_layer_has_its_positions_on_every_side_and_an_unusable_one_has_not(exemplar, canvas, positions):
    usable = usable_layers(LAYERS, Octave(0, exemplar, canvas), positions=positions)
    for number, layer in enumerate(LAYERS):
        enough = all(side // 2 ** max(0, number - 1) >= positions for side in (*exemplar, *canvas))
        assert (layer in usable) == enough
