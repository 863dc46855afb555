"""Triton kernels that search for nearest patches: each program has a block of places.

After Barnes et al. 2009 ("PatchMatch") and Rong & Tan 2006 ("Jump Flooding in GPU"). Places are numbered row by row
in the part of the canvas that is searched. All indices are int64; sums have a fixed order; chance belongs to places.
"""

import triton
import triton.language as tl


@triton.jit
def _chance(seed, row, column, turn):
    """Mix four numbers to 64 random bits, as `search` does (splitmix64; Steele et al. 2014)."""
    x = seed.to(tl.uint64) + row.to(tl.uint64) * 0x9E3779B97F4A7C15
    x ^= column.to(tl.uint64) * 0xC2B2AE3D27D4EB4F
    x += turn.to(tl.uint64) * 0x165667B19E3779F9
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB
    return x ^ (x >> 31)


@triton.jit
def _halves(bits):
    """Split 64 bits into the low and the high 32."""
    return (bits & 0xFFFFFFFF).to(tl.uint32), (bits >> 32).to(tl.uint32)


@triton.jit
def _drawn(bits, low, high):
    """Draw a number between two others, both included."""
    return low + (bits % (high - low + 1).to(tl.uint32)).to(tl.int32)


@triton.jit
def _distance(
    canvas,
    source,
    trust,
    width,
    wide,
    here,
    other,
    alive,
    most,
    RADIUS: tl.constexpr,
    CHANNELS: tl.constexpr,
    TRUSTED: tl.constexpr,
    CHUNK: tl.constexpr,
):
    """Sum squared differences of patches, a chunk of values at a time, and load no more of what is above `most`."""
    length: tl.constexpr = (2 * RADIUS + 1) * CHANNELS
    values: tl.constexpr = (2 * RADIUS + 1) * length
    first, other_first = (here * CHANNELS)[:, None], (other * CHANNELS)[:, None]
    total = tl.zeros_like(most)
    for start in range(0, values, CHUNK):
        k = start + tl.arange(0, CHUNK)
        down, across = (k // length).to(tl.int64), k % length
        loaded = (alive & (total < most))[:, None] & (k < values)[None, :]
        a = tl.load(canvas + first + (down * width * CHANNELS + across)[None, :], mask=loaded, other=0.0)
        b = tl.load(source + other_first + (down * wide * CHANNELS + across)[None, :], mask=loaded, other=0.0)
        apart = a - b
        apart *= apart
        if TRUSTED:
            pixels = (down * width + across // CHANNELS)[None, :]
            counts = tl.load(trust + here[:, None] + pixels, mask=loaded, other=0.0)
            apart = tl.where(counts > 0, apart * counts, 0.0)
        total += tl.sum(apart, axis=1)
    return total


@triton.jit
def _extra(
    penalty,
    labels,
    label_costs,
    kinds,
    place,
    flat,
    alive,
    like,
    PENALIZED: tl.constexpr,
    LABELED: tl.constexpr,
):
    """Give what places of the source cost besides."""
    extra = tl.zeros_like(like)
    if PENALIZED:
        extra += tl.load(penalty + flat, mask=alive, other=0.0)
    if LABELED:
        label = tl.load(labels + flat, mask=alive, other=0)
        extra += tl.load(label_costs + place * kinds + label, mask=alive, other=0.0)
    return extra


@triton.jit
def _consider(
    canvas,
    source,
    trust,
    usable,
    penalty,
    labels,
    label_costs,
    kinds,
    width,
    high,
    wide,
    place,
    here,
    best_row,
    best_column,
    best,
    new_row,
    new_column,
    valid,
    RADIUS: tl.constexpr,
    CHANNELS: tl.constexpr,
    TRUSTED: tl.constexpr,
    PENALIZED: tl.constexpr,
    LABELED: tl.constexpr,
    CHUNK: tl.constexpr,
):
    """Take a candidate for each place if it is nearer than what is there."""
    valid &= (new_row >= 0) & (new_column >= 0) & (new_row < high) & (new_column < wide)
    valid &= (new_row != best_row) | (new_column != best_column)
    flat = new_row.to(tl.int64) * wide + new_column
    valid &= tl.load(usable + flat, mask=valid, other=0) != 0
    extra = _extra(penalty, labels, label_costs, kinds, place, flat, valid, best, PENALIZED, LABELED)
    most = best - extra
    valid &= most > 0
    corner = flat - RADIUS * (wide + 1)
    found = _distance(canvas, source, trust, width, wide, here, corner, valid, most, RADIUS, CHANNELS, TRUSTED, CHUNK)
    nearer = valid & (found < most)
    best_row = tl.where(nearer, new_row, best_row)
    best_column = tl.where(nearer, new_column, best_column)
    return best_row, best_column, tl.where(nearer, found + extra, best)


@triton.jit(do_not_specialize=["count", "length", "wide", "kinds"])
def measure(
    at,
    count,
    places,
    costs,
    canvas,
    source,
    trust,
    penalty,
    labels,
    label_costs,
    kinds: tl.int64,
    length: tl.int64,
    wide: tl.int64,
    RADIUS: tl.constexpr,
    CHANNELS: tl.constexpr,
    TRUSTED: tl.constexpr,
    PENALIZED: tl.constexpr,
    LABELED: tl.constexpr,
    CHUNK: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Compute the costs of the places that are wanted."""
    lane = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    alive = lane < count
    place = tl.load(at + lane, mask=alive, other=0).to(tl.int64)
    row, column = place // length, place % length
    width = length + 2 * RADIUS
    flat = tl.load(places + 2 * place, mask=alive, other=0).to(tl.int64) * wide
    flat += tl.load(places + 2 * place + 1, mask=alive, other=0)
    corner = flat - RADIUS * (wide + 1)
    most = tl.full((BLOCK,), float("inf"), tl.float32)
    here = row * width + column
    found = _distance(canvas, source, trust, width, wide, here, corner, alive, most, RADIUS, CHANNELS, TRUSTED, CHUNK)
    found += _extra(penalty, labels, label_costs, kinds, place, flat, alive, most, PENALIZED, LABELED)
    tl.store(costs + place, found, mask=alive)


@triton.jit(do_not_specialize=["count", "height", "length", "high", "wide", "kinds", "far", "near"])
def spread(
    at,
    count,
    wanted,
    before,
    places,
    costs,
    canvas,
    source,
    trust,
    usable,
    penalty,
    labels,
    label_costs,
    kinds: tl.int64,
    height: tl.int64,
    length: tl.int64,
    high: tl.int64,
    wide: tl.int64,
    far,
    near,
    WRAP_ROWS: tl.constexpr,
    WRAP_COLUMNS: tl.constexpr,
    RADIUS: tl.constexpr,
    CHANNELS: tl.constexpr,
    TRUSTED: tl.constexpr,
    PENALIZED: tl.constexpr,
    LABELED: tl.constexpr,
    CHUNK: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Try how the matches go on of the places two jumps away, in four directions each."""
    lane = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    alive = lane < count
    place = tl.load(at + lane, mask=alive, other=0).to(tl.int64)
    row, column = place // length, place % length
    width = length + 2 * RADIUS
    here = row * width + column
    best_row = tl.load(before + 2 * place, mask=alive, other=0)
    best_column = tl.load(before + 2 * place + 1, mask=alive, other=0)
    best = tl.load(costs + place, mask=alive, other=0.0)
    for turn in range(8):
        jump = tl.where(turn < 4, far, near) * (2 * (turn % 2) - 1)
        down, across = tl.where(turn % 4 < 2, jump, 0), tl.where(turn % 4 < 2, 0, jump)
        other_row, other_column = row + down, column + across
        if WRAP_ROWS:
            other_row = (other_row + far * height) % height
        if WRAP_COLUMNS:
            other_column = (other_column + far * length) % length
        valid = alive & (other_row >= 0) & (other_row < height) & (other_column >= 0) & (other_column < length)
        other = other_row * length + other_column
        valid &= tl.load(wanted + other, mask=valid, other=0) != 0
        new_row = tl.load(before + 2 * other, mask=valid, other=0) - down
        new_column = tl.load(before + 2 * other + 1, mask=valid, other=0) - across
        best_row, best_column, best = _consider(
            canvas,
            source,
            trust,
            usable,
            penalty,
            labels,
            label_costs,
            kinds,
            width,
            high,
            wide,
            place,
            here,
            best_row,
            best_column,
            best,
            new_row,
            new_column,
            valid,
            RADIUS,
            CHANNELS,
            TRUSTED,
            PENALIZED,
            LABELED,
            CHUNK,
        )
    tl.store(places + 2 * place, best_row, mask=alive)
    tl.store(places + 2 * place + 1, best_column, mask=alive)
    tl.store(costs + place, best, mask=alive)


@triton.jit(
    do_not_specialize=[
        "count",
        "length",
        "high",
        "wide",
        "kinds",
        "top",
        "left",
        "offers",
        "tries",
        "reach",
        "seed",
    ]
)
def guess(
    at,
    count,
    places,
    costs,
    canvas,
    source,
    trust,
    usable,
    penalty,
    labels,
    label_costs,
    kinds: tl.int64,
    length: tl.int64,
    high: tl.int64,
    wide: tl.int64,
    top,
    left,
    offered,
    offers,
    tries,
    reach,
    seed: tl.int64,
    RADIUS: tl.constexpr,
    CHANNELS: tl.constexpr,
    TRUSTED: tl.constexpr,
    PENALIZED: tl.constexpr,
    LABELED: tl.constexpr,
    CHUNK: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Try offsets, chosen at random if there are more of them than tries, and random places, ever nearer."""
    lane = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    alive = lane < count
    place = tl.load(at + lane, mask=alive, other=0).to(tl.int64)
    row, column = place // length, place % length
    width = length + 2 * RADIUS
    here = row * width + column
    # Chance belongs to places of the whole canvas.
    row, column = (row + top).to(tl.int32), (column + left).to(tl.int32)
    best_row = tl.load(places + 2 * place, mask=alive, other=0)
    best_column = tl.load(places + 2 * place + 1, mask=alive, other=0)
    best = tl.load(costs + place, mask=alive, other=0.0)
    last_row, last_column = (high - 1).to(tl.int32), (wide - 1).to(tl.int32)
    size, turn, given = tl.full((), 1, tl.int32) * reach, tl.full((), 2, tl.int32), tries + 2
    while (turn < given) | (size > 0):
        bits, high_bits = _halves(_chance(seed, row, column, turn))
        # The window ends where the source does: what is drawn beyond would be lost.
        low_row, low_column = tl.maximum(best_row - size, 0), tl.maximum(best_column - size, 0)
        new_row = _drawn(bits, low_row, tl.minimum(best_row + size, last_row))
        new_column = _drawn(high_bits, low_column, tl.minimum(best_column + size, last_column))
        proposed = turn < given
        if proposed:
            number = tl.where(tries < offers, (bits % tl.maximum(offers, 1).to(tl.uint32)).to(tl.int32), turn - 2)
            new_row = row + tl.load(offered + 2 * number)
            new_column = column + tl.load(offered + 2 * number + 1)
        best_row, best_column, best = _consider(
            canvas,
            source,
            trust,
            usable,
            penalty,
            labels,
            label_costs,
            kinds,
            width,
            high,
            wide,
            place,
            here,
            best_row,
            best_column,
            best,
            new_row,
            new_column,
            alive,
            RADIUS,
            CHANNELS,
            TRUSTED,
            PENALIZED,
            LABELED,
            CHUNK,
        )
        size = tl.where(proposed, size, size // 2)
        turn += 1
    tl.store(places + 2 * place, best_row, mask=alive)
    tl.store(places + 2 * place + 1, best_column, mask=alive)
    tl.store(costs + place, best, mask=alive)
