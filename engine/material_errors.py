"""Errors of what a texture is made from."""

from typing import ClassVar


class MaterialError(ValueError):
    """The pictures do not fit together, or to what is asked for; the message is one sentence.

    Attributes:
        code: What is wrong, for programs; see `protocol/README.md`.
    """

    code: ClassVar[str] = "bad-request"


class NothingToFillError(MaterialError):
    """No mask is given, and nothing of the canvas is missing."""

    code = "nothing-to-fill"

    def __init__(self) -> None:
        super().__init__("the canvas has no transparent part to fill: give a mask of what is to be filled")


class TooLittleToSampleError(MaterialError):
    """Hardly anything may be sampled."""

    code = "too-little-to-sample"


class NothingToSampleError(MaterialError):
    """A picture is empty, or smaller than any exemplar."""

    code = "nothing-to-sample"


class TooFewOpaqueError(MaterialError):
    """Only opaque pixels are to be sampled, and there are hardly any."""

    code = "too-few-opaque"


class TransparentGuideError(MaterialError):
    """A guide has gaps."""

    code = "transparent-guide"


class ColoredGuideError(MaterialError):
    """A guide that is to mix exemplars by grays has colors."""

    code = "colored-guide"
