"""Alpha as a part of the texture: laid over a backdrop while colors are synthesized, and found again by matches."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.images.picture import FloatArray
from engine.preparation.alpha import CLEAR, NEIGHBORS, OPAQUE, Mask
from engine.preparation.areas import Size, bounds_of
from engine.preparation.evenness import AROUND, SAME_ALPHA, even_within

# Colors of what is more transparent than this are those of the matched place: little of them can be seen.
LEAST_VISIBLE = 0.25
# How far an opaque color may be from that of the matched place.
MOST_APART = 0.15
# Half the side of the patches by which alpha is found again; smaller ones where no such patch is whole.
RADII = (2, 1, 0)
PASSES = 6
# A hole all around what is left, and larger than this part of the picture, is no gap in a fade.
MOST_CONTINUED = 1 / 2
# So many colors are looked at to choose a backdrop, and so many percent of them may be nearer to it than the rest.
COLORS_COMPARED = 20_000
NEAREST_PERCENT = 2
BACKDROPS = np.array([*np.ndindex(2, 2, 2), (0.5, 0.5, 0.5)], np.float32)


@dataclass(frozen=True, eq=False)
class Translucency:
    """How alpha travels through the synthesis of colors.

    Attributes:
        colors: The sample, RGB, not multiplied by alpha, float32 (height, width, 3).
        alpha: Of the sample, float32 (height, width).
        valid: Where it may be sampled, boolean (height, width).
        backdrop: The color that lies behind it meanwhile, float32 (3,); None where alpha is the same all over.
        wrap: Whether rows, and columns, of the canvas continue on the other side.
        known: Alpha of the part that is worked on, (height, width), and the mask of what is synthesized there; None
            for a new texture.
        smooth: Alpha of that part where it changes smoothly and so goes on by itself, (height, width); else None.
        even: Alpha of the holes in that part that have to get one level of it, or that go on as it repeats, NaN
            elsewhere, (height, width); else None.
        light: What is added to the colors that are made, float32 (height, width, 3): it is taken off those of the
            sample and of what is kept; None for nothing.
    """

    colors: FloatArray
    alpha: Mask
    valid: np.ndarray
    backdrop: FloatArray | None
    wrap: tuple[bool, bool]
    known: tuple[Mask, Mask] | None = None
    smooth: Mask | None = None
    even: Mask | None = None
    light: FloatArray | None = None

    def composite(self, colors: FloatArray, alpha: Mask | float) -> FloatArray:
        """Lay colors (height, width, 3) over the backdrop."""
        if self.backdrop is None:
            return colors
        by = np.asarray(alpha, np.float32)[..., None] if np.ndim(alpha) else np.float32(alpha)
        found: FloatArray = (by * colors + (1 - by) * self.backdrop).astype(np.float32)
        return found

    def lift(self, picture: FloatArray, size: Size, seed: int = 0) -> tuple[FloatArray, Mask]:
        """Take a synthesized picture off the backdrop.

        Args:
            picture: RGB over the backdrop, float32 (height, width, 3), of the size that is worked at, or smaller.
            size: Height and width that is worked at, pixels.
            seed: Of what is drawn by chance.

        Returns:
            Colors, not multiplied by alpha, and alpha, float32 (height, width).
        """
        if self.backdrop is None:
            return picture, self._blended(self._level(picture.shape[:2]))
        # Smaller pictures are compared with the sample at their own scale.
        shrunk = self if picture.shape[0] >= size[0] else self._at(picture.shape[0] / size[0])
        colors, alpha = shrunk._matched(picture, self._wanted(picture.shape[:2]), seed)  # noqa: SLF001
        alpha = self._blended(self._evened(self._fitting(picture, colors, alpha)))
        residual = self._color_only(picture - self.composite(colors, alpha), colors, alpha)
        lifted = colors + residual / np.maximum(alpha, LEAST_VISIBLE)[..., None]
        # What does not fit is not to bring in colors of the backdrop, nor any that are nowhere seen; the less of a
        # color can be seen, the less a residual says of it.
        most = MOST_APART * alpha[..., None]
        lifted = np.clip(lifted, colors - most, colors + most)
        seen = self.colors[self.valid & (self.alpha >= CLEAR)]
        lifted = np.clip(lifted, seen.min(axis=0), seen.max(axis=0))
        if self.light is not None:
            lifted = np.clip(lifted + _at_size(self.light, alpha.shape), 0, 1)
        return lifted.astype(np.float32, copy=False), alpha

    def _color_only(self, residual: FloatArray, colors: FloatArray, alpha: Mask) -> FloatArray:
        """Take off what brings colors nearer to the backdrop, or soft ones away from it: that is alpha, no color."""
        away = np.float32(0) if self.backdrop is None else self.backdrop
        if np.ptp(away) > 0:
            # What is blended over a backdrop that has a hue gets that hue, or lacks it: nothing but light is kept.
            return np.repeat(residual.mean(axis=2, keepdims=True), 3, axis=2)
        towards = away - colors
        towards /= np.maximum(np.linalg.norm(towards, axis=2, keepdims=True), 1e-6)
        along = (residual * towards).sum(axis=2, keepdims=True)
        along = np.where(alpha[..., None] < OPAQUE, along, np.maximum(along, 0))
        found: FloatArray = residual - along * towards
        return found

    def _level(self, size: tuple[int, ...]) -> Mask:
        """Give the alpha of what is the same all over, or changes smoothly, at any scale."""
        if self.smooth is not None:
            return _at_size(self.smooth, size)
        return self._evened(np.full(size, float(np.median(self.alpha[self.valid])), np.float32))

    def _evened(self, alpha: Mask) -> Mask:
        """Give the holes that have to get one level of alpha that level, at any scale."""
        if self.even is None:
            return alpha
        level = _at_size(self.even, alpha.shape)
        return np.where(np.isnan(level), alpha, level)

    def _fitting(self, picture: FloatArray, colors: FloatArray, alpha: Mask) -> Mask:
        """Take the alpha at which a color makes the picture over the backdrop, where the matched one does not."""
        backdrop = np.zeros(3, np.float32) if self.backdrop is None else self.backdrop
        span = colors - backdrop
        fitted = np.clip(((picture - backdrop) * span).sum(axis=2) / np.maximum((span**2).sum(axis=2), 1e-6), 0, 1)
        apart = np.abs(picture - self.composite(colors, alpha)).max(axis=2)
        better = np.abs(picture - self.composite(colors, fitted)).max(axis=2) < apart - MOST_APART / 2
        found: Mask = np.where(better, fitted, alpha).astype(np.float32)
        sampled = self.alpha[self.valid]
        # Smaller pictures have means of several pixels.
        return np.rint(found) if ((sampled < CLEAR) | (sampled >= OPAQUE)).all() else found

    def _blended(self, alpha: Mask) -> Mask:
        """Keep the alpha of what the mask keeps."""
        if self.known is None or self.known[0].shape != alpha.shape:
            return alpha
        before, free = self.known
        return ((1 - free) * before + free * alpha).astype(np.float32)

    def _wanted(self, size: tuple[int, ...]) -> np.ndarray:
        if self.known is None or self.known[0].shape != size:
            return np.ones(size, bool)
        return np.asarray(self.known[1] > 0)

    def _matched(self, picture: FloatArray, wanted: np.ndarray, seed: int) -> tuple[FloatArray, Mask]:
        """Find colors and alpha of the places of the sample that look most like those of a picture."""
        from engine.synthesis.matching import MatchField, MatchSource, Query, improve, measure, vote

        radius, usable = self._whole_patches()
        listed = np.argwhere(usable).astype(np.int32)
        drawn = np.random.default_rng(seed).integers(len(listed), size=picture.shape[:2])
        box = bounds_of(wanted)
        field = MatchField(np.ascontiguousarray(box.cut(listed[drawn])), np.zeros(box.size, np.float32))
        pads = [(radius, radius)] * 2
        padded = picture
        for axis, wraps in enumerate(self.wrap):
            one = [(0, 0)] * 3
            one[axis] = pads[axis]
            padded = np.pad(padded, one, mode="wrap" if wraps else "symmetric")
        part = padded[box.top : box.bottom + 2 * radius, box.left : box.right + 2 * radius]
        inside = np.ascontiguousarray(box.cut(wanted))
        query = Query(np.ascontiguousarray(part, np.float32), inside, radius)
        source = MatchSource(np.ascontiguousarray(self.composite(self.colors, self.alpha)), usable)
        measure(field, query, source)
        for _ in improve(field, query, source, passes=PASSES, seed=seed):
            pass
        found = np.ones((*picture.shape[:2], 4), np.float32)
        found[..., :3] = picture
        there = MatchSource(np.dstack([self.colors, self.alpha]), usable)
        made = np.ascontiguousarray(box.cut(found))
        # Of neighbors that come from different places, each says a little, so that edges are smooth.
        even, near = np.ones(box.size, np.float32), min(radius, 1)
        vote(field, there, inside, inside, even, made, radius=near, padding=0)
        np.copyto(box.cut(found), made, where=inside[..., None])
        return np.ascontiguousarray(found[..., :3]), np.ascontiguousarray(found[..., 3])

    def _whole_patches(self) -> tuple[int, np.ndarray]:
        for radius in RADII:
            whole = ndimage.minimum_filter(np.pad(self.valid, radius), 2 * radius + 1)
            usable = np.ascontiguousarray(whole[radius : radius + len(self.valid), radius:][:, : self.valid.shape[1]])
            for axis in (0, 1):
                edges = np.moveaxis(usable, axis, 0)
                edges[:radius] = edges[len(edges) - radius :] = False
            if usable.any():
                return radius, usable
        return 0, np.ones_like(self.valid)

    def _at(self, scale: float) -> "Translucency":
        """Shrink the sample; what may not be sampled at full size may not be at a smaller one."""
        from engine.synthesis.resample import resize
        from engine.tensors import to_pixels, to_tensor

        height, width = (max(1, round(side * scale)) for side in self.valid.shape)
        layers = np.dstack([self.colors, self.alpha, self.valid.astype(np.float32)])
        found = to_pixels(resize(to_tensor(layers, "cpu"), (height, width)).clamp(0, 1))
        valid = found[..., 4] > 0.99
        return Translucency(
            np.ascontiguousarray(found[..., :3]),
            np.ascontiguousarray(found[..., 3]),
            valid if valid.any() else np.ones_like(valid),
            self.backdrop,
            self.wrap,
        )


def continued(alpha: Mask, changed: Mask) -> Mask | None:
    """Continue an alpha that changes smoothly around a hole, such as a fade; None for any other, or for one level."""
    from engine.synthesis.structure.trend import find_trend

    changes = (changed > 0) & np.isnan(even_within(alpha, changed))
    # Of a thing whose surroundings are made, the end of its soft edge says nothing of them.
    surrounds = all(each.any() for each in (changes[0], changes[-1], changes[:, 0], changes[:, -1]))
    if not changes.any() or (surrounds and changes.mean() > MOST_CONTINUED):
        return None
    hole = bounds_of(changes)
    rows, columns = slice(hole.top, hole.bottom), slice(hole.left, hole.right)
    found = find_trend(np.ascontiguousarray(alpha[..., None]), changed == 0, (rows, columns))
    if found is None:
        return None
    return _joined(found[0].over((alpha.shape[0], alpha.shape[1]), (0, 0))[..., 0], alpha, changes)


def _joined(trend: Mask, alpha: Mask, changes: np.ndarray) -> Mask:
    """Spread what a trend leaves of alpha around a hole over the hole: a polynomial has no plateau beside an edge."""
    from engine.synthesis.resample import fill_unknown
    from engine.tensors import to_pixels, to_tensor

    ring = ndimage.binary_dilation(changes, NEIGHBORS, iterations=AROUND) & ~changes
    # What grain leaves of single pixels is nothing to spread.
    weight = np.maximum(ndimage.gaussian_filter(ring.astype(np.float32), 1.0), 1e-3)
    rest = np.where(ring, ndimage.gaussian_filter(np.where(ring, alpha - trend, 0), 1.0) / weight, 0)
    layers = np.dstack([rest, ring]).astype(np.float32)
    filled = to_pixels(fill_unknown(to_tensor(layers[..., :1], "cpu"), to_tensor(layers[..., 1:], "cpu")))
    return (trend + filled[..., 0]).clip(0, 1).astype(np.float32)


def translucency(
    colors: FloatArray,
    alpha: Mask,
    valid: Mask | None,
    wrap: tuple[bool, bool],
    known: tuple[FloatArray, Mask, Mask] | None = None,
    *,
    own: bool = False,
    lacy: bool = False,
    repeating: Mask | None = None,
) -> Translucency:
    """Choose what lies behind a translucent sample.

    Args:
        colors: The sample, RGB, float32 (height, width, 3).
        alpha: Of the sample, float32 (height, width).
        valid: 1 where it may be sampled, else 0; None for everywhere.
        wrap: Whether rows, and columns, of the canvas continue on the other side.
        known: Colors, alpha and mask of the canvas's part that is worked on; None for a new texture.
        own: Whether the sample is of that canvas.
        lacy: Whether its texture has holes of its own, however opaque it is around what is synthesized.
        repeating: Alpha of the holes in that part, where it repeats around them, and NaN elsewhere; else None.

    Returns:
        How alpha travels. Where it is the same all over, or goes smoothly on through a hole, colors are synthesized
        alone. Else the backdrop is the corner of the color cube, or its middle, that is farthest from what can
        be seen.
    """
    allowed = np.ones(alpha.shape, bool) if valid is None else valid > 0
    colors = _filled(colors, alpha >= CLEAR)
    levels = [alpha[allowed]]
    seen = [colors[allowed & (alpha >= CLEAR)]]
    if known is not None:
        kept = known[2] == 0
        levels.append(known[1][kept])
        seen.append(known[0][kept & (known[1] >= CLEAR)])
    every = np.concatenate(levels)
    parts = None if known is None else (known[1], known[2])
    if float(np.ptp(every)) <= SAME_ALPHA:
        return Translucency(colors, alpha, allowed, None, wrap, parts)
    if repeating is not None and known is not None and float(every.min()) >= LEAST_VISIBLE:
        # All colors can be seen as they are.
        goes_on = np.where(np.isnan(repeating), known[1], repeating)
        return Translucency(colors, alpha, allowed, None, wrap, parts, goes_on)
    even = repeating if known is None or not own or lacy else even_within(known[1], known[2])
    going = known is not None and own and not any(wrap) and repeating is None
    smooth = continued(known[1], known[2]) if going and known is not None else None
    if smooth is not None:
        smooth = smooth if even is None else np.where(np.isnan(even), smooth, even)
        return Translucency(colors, alpha, allowed, None, wrap, parts, smooth)
    if even is not None and float(np.ptp(levels[0])) <= SAME_ALPHA:
        # There is nothing else to be found again.
        even = np.where(np.isnan(even), np.median(levels[0]), even).astype(np.float32)
    listed = np.concatenate(seen)
    listed = listed[:: -(-len(listed) // COLORS_COMPARED)]
    apart = np.abs(listed[None] - BACKDROPS[:, None]).sum(axis=2)
    backdrop = BACKDROPS[int(np.percentile(apart, NEAREST_PERCENT, axis=1).argmax())]
    return Translucency(colors, alpha, allowed, backdrop, wrap, parts, even=even)


def _at_size(values: FloatArray, size: tuple[int, ...]) -> FloatArray:
    """Take every so many pixels."""
    rows, columns = (np.arange(side) * most // side for side, most in zip(size, values.shape, strict=False))
    found: FloatArray = values[rows[:, None], columns]
    return found


def _filled(colors: FloatArray, visible: np.ndarray) -> FloatArray:
    """Give what nobody sees the nearest color that is seen: no file says what it holds."""
    if visible.all() or not visible.any():
        return colors
    rows, columns = ndimage.distance_transform_edt(~visible, return_distances=False, return_indices=True)
    return np.ascontiguousarray(colors[rows, columns])
