"""Remove properties from XMP packets (ISO 16684-1) that do not apply to a picture made from another."""

import re

# Properties of the file, not the picture: thumbnail, size, orientation, and the rest of a split packet.
OF_THE_FILE = rb"Thumbnails|Orientation|ImageWidth|ImageLength|PixelXDimension|PixelYDimension|HasExtendedXMP"
OF_THE_PLACE = rb"[Gg][Pp][Ss]\w*|City|State|Country|CountryCode|Location|LocationCreated|LocationShown"


def without(names: bytes, packet: bytes) -> bytes:
    """Remove properties.

    Args:
        names: Which, `OF_THE_FILE` or `OF_THE_PLACE`.
        packet: an XMP packet in UTF-8.

    Returns:
        The packet without them.
    """
    # Edited as text, since a parser and writer would change namespaces.
    name = rb"[\w-]+:(?:" + names + rb")"
    packet = re.sub(rb"\s" + name + rb"""\s*=\s*(?:"[^"]*"|'[^']*')""", b"", packet)
    packet = re.sub(rb"<" + name + rb"(?:\s[^<>]*)?/>", b"", packet)
    return re.sub(rb"<(" + name + rb")(?:\s[^<>]*)?>.*?</\1\s*>", b"", packet, flags=re.DOTALL)


def names_place(keyword: str) -> bool:
    """Return whether the keyword of a text is the name of a property that tells where a picture was taken."""
    name = rb"(?:[\w-]+:)?(?:" + OF_THE_PLACE + rb")"
    return re.fullmatch(name, keyword.encode()) is not None
