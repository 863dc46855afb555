"""Errors of requests, found by their pictures and settings."""

from typing import ClassVar


class RequestError(ValueError):
    """Pictures and settings do not fit together; the message is one sentence.

    Attributes:
        code: What is wrong, for programs; see `protocol/README.md`.
    """

    code: ClassVar[str] = "bad-request"


class NothingToFillError(RequestError):
    """No mask is given, and nothing of the canvas is missing."""

    code = "nothing-to-fill"

    def __init__(self) -> None:
        super().__init__("the canvas has no transparent part to fill: give a mask of what is to be filled")


class TilesAlreadyError(RequestError):
    """A canvas is to tile, and does so already."""

    code = "tiles-already"

    def __init__(self) -> None:
        super().__init__("the canvas tiles already: nothing of it has to be changed")


class TooLittleToSampleError(RequestError):
    """Hardly anything may be sampled."""

    code = "too-little-to-sample"


class NothingToSampleError(RequestError):
    """A picture is empty, or smaller than any exemplar."""

    code = "nothing-to-sample"


class TooFewOpaqueError(RequestError):
    """Only opaque pixels are to be sampled, and there are hardly any."""

    code = "too-few-opaque"


class TransparentGuideError(RequestError):
    """A guide has gaps."""

    code = "transparent-guide"


class ColoredGuideError(RequestError):
    """A guide that is to mix exemplars by grays has colors."""

    code = "colored-guide"


class ColoredMapError(RequestError):
    """A map of rotation or scale, of which only brightness counts, has colors."""

    code = "colored-map"
