"""Where a texture goes in an image."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gi.repository import Gimp

from gimp_plugin import samples
from gimp_plugin.box import Box
from gimp_plugin.folding import Area, Folds
from protocol.messages import Prepared
from protocol.raster import Raster


@dataclass(frozen=True)
class Resize:
    """How an image grows.

    Attributes:
        width: New width, pixels.
        height: New height, pixels.
        x: By how many pixels its layers are shifted to the right.
        y: By how many pixels they are shifted down.
    """

    width: int
    height: int
    x: int
    y: int

    def apply(self, image: Gimp.Image) -> "Resize":
        """Resize an image; return what undoes that."""
        before = Resize(image.get_width(), image.get_height(), -self.x, -self.y)
        image.resize(self.width, self.height, self.x, self.y)
        return before


@dataclass(frozen=True)
class Place:
    """Where a texture goes.

    Attributes:
        image: The image.
        above: The layer above which it goes, or None for the top.
        left: Horizontal position of the texture in the image, pixels.
        top: Vertical position, pixels.
        part: The part of the engine's result that becomes the layer, at most.
        joins: Whether the texture becomes a part of the picture of the layer below: it is blended as that one is.
        mask: What becomes the layer's mask, a byte for each pixel; None for no mask. It is not read from the image,
            whose selection may have changed meanwhile.
        resize: How the image grows before the texture is inserted; None if it keeps its size.
        folds: Where the columns and rows of the part are in the image, if not side by side.
    """

    image: Gimp.Image
    above: Gimp.Layer | None
    left: int
    top: int
    part: Box
    joins: bool
    mask: bytes | None = None
    resize: Resize | None = None
    folds: Folds | None = None

    @property
    def area(self) -> Area:
        """Where the pixels of the part are in its layer."""
        found: Area = self.folds or self.part
        return found.moved(-found.whole.x, -found.whole.y)

    @property
    def continues(self) -> bool:
        """Whether the texture belongs to the picture of the layer below it, or extends it beyond its borders."""
        return self.joins or self.resize is not None

    def shows_through(self, parts: Sequence[Raster]) -> bool:
        """Whether the layer below, whose place textures are to take, would be seen through their parts here."""
        if not self.joins:
            return False
        for part in parts:
            faint = samples.below(samples.alpha(part), samples.OPAQUE)
            if any(faint if self.mask is None else samples.common(faint, samples.touched(self.mask))):
                return True
        return False

    def narrowed(self, prepared: Prepared) -> "Place":
        """Limit it to what the engine fills; the mask shows as much of each pixel as is to be new."""
        filled = Box(prepared.left, prepared.top, prepared.width, prepared.height)
        part = filled.common(self.part)
        # What becomes a part of a layer has a mask in any case, to be painted on.
        mask = b"\xff" * (part.width * part.height) if self.joins else None
        if prepared.mask is not None:
            mask = bytes(samples.crop(prepared.mask, part.moved(-filled.x, -filled.y)).data)
        within = part.moved(-self.part.x, -self.part.y)
        if mask is not None and self.mask is not None:
            mask = samples.product(mask, samples.crop_mask(self.mask, self.part.width, within))
        folds = None if self.folds is None else self.folds.within(within)
        left, top = (self.left + within.x, self.top + within.y) if folds is None else folds.whole.corner
        return replace(self, left=left, top=top, part=part, mask=mask, folds=folds)
