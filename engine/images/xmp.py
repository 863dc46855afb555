"""XMP packets (ISO 16684-1): leaving out properties that are not true of a picture made from another."""

import re

# Of the file and not of the picture: its thumbnail, size and orientation, and the rest of a packet that was split.
_OF_THE_FILE = rb"Thumbnails|Orientation|ImageWidth|ImageLength|PixelXDimension|PixelYDimension|HasExtendedXMP"
_OF_THE_PLACE = rb"[Gg][Pp][Ss]\w*|City|State|Country|CountryCode|Location|LocationCreated|LocationShown"


def without_file(packet: bytes) -> bytes:
    """Leave out what is true of one file only.

    Args:
        packet: an XMP packet in UTF-8.

    Returns:
        The packet without orientation, size and thumbnail.
    """
    return _without(_OF_THE_FILE, packet)


def without_place(packet: bytes) -> bytes:
    """Leave out where a picture was taken.

    Args:
        packet: an XMP packet in UTF-8.

    Returns:
        The packet without coordinates and names of places.
    """
    return _without(_OF_THE_PLACE, packet)


def _without(names: bytes, packet: bytes) -> bytes:
    # Edited as text, since writing it anew from a parsed tree changes namespaces and comes with a parser's faults.
    name = rb"[\w-]+:(?:" + names + rb")"
    packet = re.sub(rb"\s" + name + rb"""\s*=\s*(?:"[^"]*"|'[^']*')""", b"", packet)
    packet = re.sub(rb"<" + name + rb"(?:\s[^<>]*)?/>", b"", packet)
    return re.sub(rb"<(" + name + rb")(?:\s[^<>]*)?>.*?</\1\s*>", b"", packet, flags=re.DOTALL)
