"""What the sliced critic draws by chance."""

import pytest
import torch

from engine.synthesis.critics.draws import DrawsOnDevice, MovableGrid, SampleGrid, Wanted, draw

CPU = torch.device("cpu")
WANTED = {
    "pixels": Wanted(4, 3, (9, 11, 20), [(8, 8, 100)]),
    "relu2_1": Wanted(6, 5, (5, 7, 100), [(4, 4, 5), (6, 6, 9)]),
}


def draws(seed=0, patch=1):
    return DrawsOnDevice(WANTED, patch, torch.Generator().manual_seed(seed), CPU)


def everything(drawn):
    grids = ((each.here, *each.there) for each in drawn.values())
    return [
        [each.numbers.clone(), *(grid.of(places) for grid in listed)]
        for each, listed in zip(drawn.values(), grids, strict=True)
    ]


places = torch.arange(9 * 11).reshape(9, 11)


@pytest.mark.parametrize(("top", "left"), [(0, 0), (1, 2), (2, 1)])
def test_a_movable_lattice_is_that_of_its_corner(top, left):
    grid = MovableGrid(3, torch.tensor([top, left]), (3, 3))
    there = SampleGrid(3, top, left)
    assert torch.equal(grid.of(places), there.of(places)[:3, :3])
    maps = places[None, None].float()
    assert torch.equal(grid.shifted(maps), there.shifted(maps)[:, :, :7, :9])
    written, expected = torch.zeros(2, 9, 11)
    grid.put(written, torch.arange(9.0))
    there.put(expected[: top + 7, : left + 7], torch.arange(9.0))
    assert torch.equal(written, expected)


@pytest.mark.parametrize("patch", [1, 3])
def test_draws_stay_in_their_memory_and_have_as_many_positions_each_time(patch):
    chance = draws(patch=patch)
    chance.redraw()
    before = everything(chance.layers)
    memory = [each.numbers.data_ptr() for each in chance.layers.values()]
    chance.redraw()
    after = everything(chance.layers)
    assert memory == [each.numbers.data_ptr() for each in chance.layers.values()]
    assert [[each.shape for each in layer] for layer in before] == [[each.shape for each in layer] for layer in after]
    assert not torch.equal(before[0][0], after[0][0])


def test_the_same_seed_draws_the_same():
    first, again, other = draws(), draws(), draws(seed=1)
    for each in (first, again, other):
        each.redraw()
    assert all(map(torch.equal, everything(first.layers)[1], everything(again.layers)[1]))
    assert not torch.equal(everything(first.layers)[0][0], everything(other.layers)[0][0])


def test_every_position_is_looked_at_in_time():
    chance, seen = draws(), torch.zeros(9, 11, dtype=torch.bool)
    for _ in range(100):
        chance.redraw()
        seen.view(-1)[chance.layers["pixels"].here.of(places).flatten()] = True
    assert seen[:, :9].all()


def test_as_many_numbers_are_drawn_on_the_host_as_on_a_device():
    generator = torch.Generator().manual_seed(0)
    for name, wanted in WANTED.items():
        assert draw(wanted, 3, generator).numbers.shape == draws(patch=3).layers[name].numbers.shape
