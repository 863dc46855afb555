"""The Triton kernel that makes a canvas of overlapping patches, as `voting` does: each program has a block of places.

Places are numbered row by row in the part of the canvas that is made. Sums have a fixed order.
"""

import triton
import triton.language as tl


@triton.jit(do_not_specialize=["count", "height", "length", "wide"])
def vote(
    at,
    count,
    wanted,
    places,
    weights,
    source,
    colors,
    covered,
    height: tl.int64,
    length: tl.int64,
    wide: tl.int64,
    WRAP_ROWS: tl.constexpr,
    WRAP_COLUMNS: tl.constexpr,
    AVERAGE: tl.constexpr,
    RADIUS: tl.constexpr,
    CHANNELS: tl.constexpr,
    LANES: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Average the patches that overlap at each place, or take the color of the one whose weight is the least."""
    lane = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    alive = lane < count
    place = tl.load(at + lane, mask=alive, other=0).to(tl.int64)
    row, column = place // length, place % length
    channel = tl.arange(0, LANES)
    inside = (channel < CHANNELS)[None, :]
    side: tl.constexpr = 2 * RADIUS + 1
    total = tl.zeros((BLOCK, LANES), tl.float32)
    weight = tl.zeros((BLOCK,), tl.float32)
    least = tl.full((BLOCK,), 1e30, tl.float32)
    chosen = tl.zeros((BLOCK,), tl.int64)
    for turn in range(side * side):
        down, across = turn // side - RADIUS, turn % side - RADIUS
        other_row, other_column = row + down, column + across
        if WRAP_ROWS:
            other_row = (other_row + RADIUS * height) % height
        if WRAP_COLUMNS:
            other_column = (other_column + RADIUS * length) % length
        valid = alive & (other_row >= 0) & (other_row < height) & (other_column >= 0) & (other_column < length)
        other = other_row * length + other_column
        valid &= tl.load(wanted + other, mask=valid, other=0) != 0
        flat = (tl.load(places + 2 * other, mask=valid, other=0).to(tl.int64) - down) * wide
        flat += tl.load(places + 2 * other + 1, mask=valid, other=0) - across
        counts = tl.load(weights + other, mask=valid, other=0.0)
        if AVERAGE:
            loaded = valid[:, None] & inside
            there = tl.load(source + (flat * CHANNELS)[:, None] + channel[None, :], mask=loaded, other=0.0)
            total += counts[:, None] * there
            weight += counts
        else:
            better = valid & (counts < least)
            least = tl.where(better, counts, least)
            chosen = tl.where(better, flat, chosen)
    if AVERAGE:
        known = alive & (weight > 0)
        total /= tl.where(known, weight, 1.0)[:, None]
    else:
        known = alive & (least < 1e30)
        loaded = known[:, None] & inside
        total = tl.load(source + (chosen * CHANNELS)[:, None] + channel[None, :], mask=loaded, other=0.0)
    tl.store(colors + (place * CHANNELS)[:, None] + channel[None, :], total, mask=known[:, None] & inside)
    tl.store(covered + place, known.to(tl.uint8), mask=alive)
