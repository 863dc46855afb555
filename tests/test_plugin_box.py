"""Rectangles of the plug-in, beside sets of pixels."""

from hypothesis import given
from hypothesis import strategies as st

from gimp_plugin.box import Box

places = st.integers(-12, 12)
sides = st.integers(0, 12)
boxes = st.builds(Box, places, places, sides, sides)


def pixels(box):
    return {(x, y) for x in range(box.x, box.x + box.width) for y in range(box.y, box.y + box.height)}


@given(boxes)
def test_a_box_is_true_where_it_has_pixels(box):
    assert bool(box) == bool(pixels(box))


@given(boxes, boxes)
def test_what_two_boxes_have_in_common_is_the_pixels_of_both(first, second):
    common = first.common(second)
    assert pixels(common) == pixels(first) & pixels(second)
    assert min(common.width, common.height) >= 0


@given(boxes, boxes)
def test_two_boxes_united_are_the_smallest_box_that_holds_both(first, second):
    united = first.united(second)
    both = pixels(first) | pixels(second)
    assert both <= pixels(united)
    if both:
        across, down = zip(*both, strict=True)
        corner, end = (min(across), min(down)), (max(across) + 1, max(down) + 1)
        assert (united.corner, (united.x + united.width, united.y + united.height)) == (corner, end)


@given(boxes, st.integers(0, 5))
def test_a_grown_box_holds_all_pixels_that_are_so_near(box, margin):
    reach = range(-margin, margin + 1)
    near = {(x + right, y + down) for x, y in pixels(box) for right in reach for down in reach}
    if box:
        assert pixels(box.grown(margin)) == near


@given(boxes, places, places)
def test_a_moved_box_has_its_pixels_elsewhere(box, right, down):
    assert pixels(box.moved(right, down)) == {(x + right, y + down) for x, y in pixels(box)}
    assert box.moved(right, down).corner == (box.x + right, box.y + down)


@given(boxes, st.integers(1, 12))
def test_the_middle_of_a_box_is_as_large_as_may_be_and_lies_in_the_middle(box, longest):
    middle, *others = box.parts(longest)
    assert all(pixels(other) <= pixels(box) for other in others)
    assert pixels(middle) <= pixels(box)
    assert (middle.width, middle.height) == (min(box.width, longest), min(box.height, longest))
    before = middle.x - box.x, middle.y - box.y
    behind = box.x + box.width - middle.x - middle.width, box.y + box.height - middle.y - middle.height
    assert all(after - first in {0, 1} for first, after in zip(before, behind, strict=True))
