"""Filling a hole with shifted copies of the exemplar, and how that gets into the octaves."""

import pytest
import torch
from pictures import bricks, tensor

from engine.synthesis import Exemplar, Settings, Surroundings, synthesize
from engine.synthesis.alignment import Ground, covering_alignments, find_alignments, laid_over
from engine.synthesis.completion import PIECE, _depth, complete
from engine.synthesis.drafting import Draft
from engine.synthesis.encoders import load_encoder
from engine.synthesis.octaves import Octave

# As bricks() draws them.
COURSE, BRICK, JOINT = 10, 18, 2


def wall(height=120, width=144, seed=0):
    return tensor(bricks(height, width, seed=seed))


def hole(height, width, *, rows, columns):
    mask = torch.zeros(1, 1, height, width)
    mask[..., rows, columns] = 1
    return mask


MASK = hole(120, 144, rows=slice(43, 77), columns=slice(51, 93))


def spoilt(picture, mask):
    """Paint what is to be filled, so that none of it can be taken over."""
    return torch.where(mask > 0, torch.tensor([0.0, 1.0, 0.0]).reshape(1, 3, 1, 1), picture)


def around(picture, mask):
    """Exemplar and surroundings of a hole in a picture."""
    known = spoilt(picture, mask)
    return Exemplar(known, 1 - mask), Surroundings(known, mask)


def rounds(exemplar, surroundings, memory=2**33):
    return [found for found in complete(exemplar, surroundings, memory) if found is not None]


def last(pieces):
    *_, found = (piece for piece in pieces if piece is not None)
    return found


def ended(work):
    """What is returned after all pieces of some work."""
    found = []

    def watched():
        found.append((yield from work))

    list(watched())
    return found[0]


def joints_in(picture):
    """Mark the joints: they are gray, and bricks are red."""
    return picture[:, :1] - picture[:, 2:] < 0.2


def offset_of_lines(found, expected, mask, *, most=4):
    """Rows by which the courses in a hole lie apart from the true ones."""
    inside = mask[0, 0].any(1)
    lines, true = (joints_in(p)[..., mask[0, 0].any(0)].float().mean(3)[0, 0] for p in (found, expected))
    shifts = {n: float((lines.roll(n, 0)[inside] - true[inside]).abs().mean()) for n in range(-most, most + 1)}
    return min(shifts, key=shifts.get)


# Alignments.


def ground(picture, usable=None):
    return Ground(picture, torch.ones_like(picture[:, :1]) if usable is None else usable)


def test_the_best_alignment_lays_a_cut_out_where_it_came_from():
    picture = torch.rand((1, 3, 60, 70), generator=torch.Generator().manual_seed(0))
    gap = hole(30, 40, rows=slice(10, 20), columns=slice(10, 25))
    found = ended(find_alignments(ground(picture[..., 12:42, 21:61], 1 - gap), ground(picture), gap, most=3, each=1))
    assert found[0] == (12, 21)
    assert len(set(found)) == len(found)


def test_alignments_of_a_regular_texture_are_a_whole_number_of_courses_apart():
    exemplar, surroundings = around(wall(), MASK)
    found = ended(
        find_alignments(
            ground(surroundings.known, 1 - MASK), ground(exemplar.picture, 1 - MASK), MASK, most=8, each=0
        )
    )
    assert {rows % COURSE for rows, _ in found} == {0}


def test_alignments_bring_the_exemplar_to_where_something_is_missing():
    missing = hole(50, 60, rows=slice(5, 45), columns=slice(10, 50))
    usable = hole(24, 24, rows=slice(2, 22), columns=slice(4, 24))
    found = covering_alignments(usable, missing, most=99)
    covered = sum(laid_over(usable, offset, (50, 60)) for offset in found)
    assert (covered[missing > 0] > 0).all()
    assert len(found) < 30
    assert len(covering_alignments(usable, missing, most=2)) == 2
    assert covering_alignments(usable, torch.zeros_like(missing), most=9) == []


@pytest.mark.parametrize("offset", [(0, 0), (3, 5), (-4, 2), (7, -9), (40, 0), (0, -40)])
def test_a_picture_is_laid_over_a_canvas_at_an_offset(offset):
    picture = torch.rand((1, 2, 12, 15), generator=torch.Generator().manual_seed(0)) + 0.1
    found = laid_over(picture, offset, (10, 20))
    for row, column in ((0, 0), (9, 19), (4, 9), (5, 2)):
        y, x = row + offset[0], column + offset[1]
        inside = 0 <= y < 12 and 0 <= x < 15
        expected = picture[0, :, y, x] if inside else torch.zeros(2)
        assert torch.equal(found[0, :, row, column], expected)


# Completion.


@pytest.mark.parametrize("memory", [2**33, 2**26], ids=["at once", "begun on a smaller scale"])
def test_courses_go_on_straight_through_the_hole(memory):
    found, missing = last(complete(*around(wall(), MASK), memory))
    assert not missing.any()
    assert offset_of_lines(found, wall(), MASK) == 0
    agreed = (joints_in(found) == joints_in(wall()))[MASK > 0]
    assert float(agreed.float().mean()) > 0.9


def test_what_is_kept_stays_and_what_was_hidden_never_shows():
    exemplar, surroundings = around(wall(), MASK)
    found, _ = last(complete(exemplar, surroundings))
    kept = (MASK == 0).expand_as(found)
    assert torch.equal(found[kept], surroundings.known[kept])
    assert float((found[:, 1] - found[:, 0]).max()) < 0.2


def test_every_round_gives_a_canvas():
    found = rounds(*around(wall(), MASK))
    assert len(found) > 5
    assert all(torch.isfinite(canvas).all() and canvas.shape == (1, 3, 120, 144) for canvas, _ in found)


def test_the_work_is_done_in_pieces_that_do_not_grow_with_the_hole(monkeypatch):
    laid = []

    def counting(picture, offset, size):
        laid[-1] += size[0] * size[1]
        return laid_over(picture, offset, size)

    monkeypatch.setattr("engine.synthesis.completion.laid_over", counting)
    mask = hole(300, 300, rows=slice(50, 250), columns=slice(50, 250))
    laid.append(0)
    laid.extend(0 for _ in complete(*around(wall(300, 300), mask)))
    # Every alignment is laid over the canvas a few times in a row.
    assert max(laid) < 5 * PIECE
    assert sum(laid) > 50 * PIECE


def test_a_large_hole_is_filled_on_a_smaller_scale_and_at_full_size_once():
    mask = hole(640, 700, rows=slice(60, 580), columns=slice(80, 620))
    exemplar, surroundings = around(wall(640, 700), mask)
    *earlier, (found, missing) = rounds(exemplar, surroundings)
    assert not missing.any()
    kept = (mask == 0).expand_as(found)
    assert torch.equal(found[kept], surroundings.known[kept])
    # Shown meanwhile is what is seen on the smaller scale: fours of the same pixel.
    seen = earlier[-1][0][..., 100:500, 100:500]
    assert torch.equal(seen[..., ::2, ::2], seen[..., 1::2, 1::2])
    assert not torch.equal(found[..., 100:500:2, 100:500:2], found[..., 101:500:2, 101:500:2])
    # Course by course, as the lines of joints are too far from the border to be all in place.
    lines = joints_in(found)[..., 80:620].float().mean(3)[0, 0, 60:580]
    assert float((lines > 0.7).float().mean()) == pytest.approx(JOINT / COURSE, abs=0.1)


@pytest.mark.parametrize(
    ("rows", "columns"), [(slice(20, 61), slice(30, 50)), (slice(0, 7), slice(0, 40)), (slice(9, 10), slice(5, 6))]
)
def test_the_depth_of_a_hole_is_how_often_a_pixel_can_be_taken_off_all_around(rows, columns):
    free = hole(64, 70, rows=rows, columns=columns)
    left, count = free, 0
    while bool(left.any()):
        left, count = 1 - torch.nn.functional.max_pool2d(1 - left, 3, 1, 1), count + 1
    assert _depth(free) == count


def test_the_same_hole_is_filled_with_the_same_bytes():
    one, other = (last(complete(*around(wall(), MASK)))[0] for _ in range(2))
    assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(slice(60, 61), slice(70, 71)), (slice(0, 120), slice(70, 73)), (slice(0, 30), slice(0, 30))],
    ids=["a pixel", "a scratch from end to end", "a corner"],
)
def test_holes_of_any_shape_are_filled(rows, columns):
    mask = hole(120, 144, rows=rows, columns=columns)
    found, missing = last(complete(*around(wall(), mask)))
    assert not missing.any()
    assert torch.isfinite(found).all()


def test_an_exemplar_from_elsewhere_is_laid_on_the_courses_too():
    _, surroundings = around(wall(), MASK)
    found, missing = last(complete(Exemplar(wall(100, 100, seed=1)[..., 7:, 4:].contiguous()), surroundings))
    assert not missing.any()
    assert abs(offset_of_lines(found, wall(), MASK)) <= 1


def test_of_a_soft_mask_what_is_free_by_half_is_filled():
    soft = MASK.clone()
    soft[..., 43:47, 51:93], soft[..., 47:51, 51:93] = 0.3, 0.7
    found, _ = last(complete(Exemplar(wall(seed=1)), Surroundings(wall(), soft)))
    changed = (found != wall()).any(1, keepdim=True)
    assert not changed[soft < 0.5].any()
    assert float(changed[soft >= 0.5].float().mean()) > 0.9


def test_an_exemplar_that_is_too_small_for_the_hole_is_left_alone():
    mask = hole(400, 400, rows=slice(20, 380), columns=slice(20, 380))
    assert rounds(Exemplar(wall(16, 16)), Surroundings(wall(400, 400), mask)) == []


def test_without_anything_to_keep_there_is_nothing_to_fit_to():
    assert rounds(Exemplar(wall(64, 64)), Surroundings(wall(64, 64), torch.ones(1, 1, 64, 64))) == []


# The draft.


def octave(index, side):
    return Octave(index, (side, side), (side, side))


def worked(draft, place):
    """The draft, worked out for an octave."""
    list(draft.work(place))
    return draft


def test_coarse_octaves_take_no_notice_of_the_draft():
    draft = Draft(*around(wall(64, 64), hole(64, 64, rows=slice(20, 40), columns=slice(20, 40))), 2**30)
    free = torch.rand((1, 3, 16, 16), generator=torch.Generator().manual_seed(0))
    assert torch.equal(worked(draft, octave(2, 16)).enter(octave(2, 16), free, free), free)
    assert not draft.shown


def test_an_octave_starts_from_the_draft_and_the_next_has_its_details_too():
    mask = hole(64, 64, rows=slice(20, 40), columns=slice(20, 40))
    exemplar, surroundings = around(wall(64, 64), mask)
    expected, _ = last(complete(exemplar, surroundings))
    draft = Draft(exemplar, surroundings, 2**33)
    first = worked(draft, octave(1, 32)).enter(octave(1, 32), torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 32, 32))
    assert draft.shown
    free = torch.nn.functional.interpolate(first, (64, 64), mode="bicubic", antialias=True)
    second = draft.enter(octave(0, 64), first, free)
    inside = slice(24, 36)
    torch.testing.assert_close(second[..., inside, inside], expected[..., inside, inside], atol=0.02, rtol=0)


def test_without_surroundings_there_is_no_draft():
    draft = Draft(Exemplar(wall(64, 64)), None, 2**30)
    free = torch.zeros(1, 3, 64, 64)
    assert list(draft.work(octave(0, 64))) == []
    assert draft.enter(octave(0, 64), free, free) is free


def test_a_draft_that_finds_no_memory_is_done_without(monkeypatch):
    def fail(*_):
        yield from ()
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr("engine.synthesis.drafting.complete", fail)
    draft = Draft(*around(wall(64, 64), hole(64, 64, rows=slice(20, 40), columns=slice(20, 40))), 2**30)
    free = torch.zeros(1, 3, 64, 64)
    assert list(draft.work(octave(0, 64))) == []
    assert draft.enter(octave(0, 64), free, free) is free


# All of it.


@pytest.fixture(scope="module")
def filled_wall():
    exemplar, surroundings = around(wall(), MASK)
    settings = Settings((120, 144), quality="draft", memory=2**33)
    return list(synthesize(exemplar, load_encoder("compact"), settings, surroundings=surroundings))


def test_while_the_draft_is_worked_out_snapshots_of_the_same_step_show_it(filled_wall):
    drafting = [s for s in filled_wall if s.step and not s.losses]
    stepping = [s for s in filled_wall if s.losses or not s.step]
    assert len(drafting) > 20
    assert {(s.octave, s.step) for s in drafting} == {(1, drafting[0].step)}
    assert len({id(s.picture) for s in drafting}) > 5
    assert not torch.equal(drafting[0].picture, drafting[-1].picture)
    assert [s.step for s in stepping] == list(range(filled_wall[-1].steps + 1))


def test_a_canvas_that_wraps_around_has_no_draft():
    exemplar, surroundings = around(wall(), MASK)
    settings = Settings((120, 144), quality="draft", steps=2, seamless=True)
    snapshots = synthesize(exemplar, load_encoder("compact"), settings, surroundings=surroundings)
    assert all(s.losses for s in snapshots if s.step)


def test_a_filled_wall_has_its_courses_where_they_were(filled_wall):
    snapshot = filled_wall[-1]
    assert offset_of_lines(snapshot.picture, wall(), MASK) == 0
    agreed = (joints_in(snapshot.picture) == joints_in(wall()))[MASK > 0]
    assert float(agreed.float().mean()) > 0.85
