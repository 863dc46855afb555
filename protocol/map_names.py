"""Names of the maps of a texture, such as `oak_normal`: which names belong together, and what each map is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

# The suffixes of each kind of map, without what parts them. Without a base color, the first kind that is there leads.
KINDS: Mapping[str, str] = {
    "base color": "base[ _-]?color|albedo|colou?r|col|diffuse|diff",
    "height": "height|displacement|disp|bump",
    "normal": "normals?|nor|nrm|norm",
    "ambient occlusion": "ambient[ _-]?occlusion|occlusion|ao",
    "roughness": "roughness|rough|gloss(?:iness)?",
    "metalness": "metalness|metallic|metal",
    "specular": "specular|spec",
    "opacity": "opacity|alpha",
    "emission": "emission|emissive",
    "packed": "arm|orm",
}
BASE = "base color"
# Texture libraries add which way normals point, and how large the maps are.
_SUFFIX = re.compile(
    r"(?P<stem>.*?)(?P<suffix>(?:^|[ ._-])(?:"
    + "|".join(f"(?P<k{number}>{names})" for number, names in enumerate(KINDS.values()))
    + r")(?:[ _-]?(?:gl|dx|opengl|directx))?(?:[ _-]\d+k)?)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class MapName:
    """A name, in parts.

    Attributes:
        stem: What it has in common with the names of other maps.
        suffix: How it continues after the stem; empty without a known suffix.
        kind: What the map is, one of `KINDS`; None if the name does not say.
    """

    stem: str
    suffix: str
    kind: str | None


@dataclass(frozen=True)
class MapNames:
    """Names that may belong together.

    Attributes:
        names: The names, as given; a stem alone counts as the base color.
        stems: The stems of which there are several maps, in lower case and in order. None: no texture set.
    """

    names: tuple[MapName, ...]
    stems: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str | None, ...]:
        """What each map is."""
        return tuple(each.kind for each in self.names)

    @property
    def order(self) -> tuple[int, ...]:
        """Numbers of the names by their kind, the map that leads first; what is not known is last."""
        ranks = {kind: rank for rank, kind in enumerate(KINDS)}
        return tuple(sorted(range(len(self.names)), key=lambda n: ranks.get(self.kinds[n] or "", len(ranks))))

    @property
    def unrelated(self) -> tuple[int, ...]:
        """Numbers of the names that are not a map of these stems."""
        return tuple(
            number
            for number, each in enumerate(self.names)
            if each.kind is None or each.stem.lower() not in self.stems
        )

    @property
    def duplicates(self) -> tuple[int, ...]:
        """Numbers of the first names of the same kind; empty if all kinds differ."""
        for kind in KINDS:
            found = tuple(number for number, each in enumerate(self.kinds) if each == kind)
            if len(found) > 1:
                return found
        return ()


def map_name(name: str) -> MapName:
    """Split a name, without the format of a file, into its parts."""
    found = _SUFFIX.fullmatch(name)
    if found is None:
        return MapName(name, "", None)
    kind = next(kind for number, kind in enumerate(KINDS) if found[f"k{number}"])
    return MapName(found["stem"], found["suffix"], kind)


def map_names(names: Sequence[str]) -> MapNames:
    """Find out which names belong together.

    Args:
        names: Without the format of a file.

    Returns:
        The names, and the stems that several of them have in common with known suffixes of maps.
    """
    parts = [map_name(name) for name in names]
    known = {each.stem.lower() for each in parts if each.kind is not None}
    parts = [replace(each, kind=BASE) if each.kind is None and each.stem.lower() in known else each for each in parts]
    kinds: dict[str, list[str]] = {}
    for each in parts:
        if each.kind is not None:
            kinds.setdefault(each.stem.lower(), []).append(each.kind)
    # Two base colors of one stem are two textures.
    shared = sorted(stem for stem, each in kinds.items() if len(each) > 1 and {*each} != {BASE})
    return MapNames(tuple(parts), tuple(shared))
