"""Texture sets: maps of one texture, such as colors, normals and heights, that are read and written together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.options.failures import INTERRUPTED, NOTHING_WRITTEN, fail
from engine.options.paths import STANDARD
from protocol.map_names import BASE, map_name, map_names
from protocol.messages import Cancelled
from protocol.vocabulary import MOST_MAPS

if TYPE_CHECKING:
    from engine.images import Picture
    from protocol.messages import Done

_SHOWN = "_basecolor, _normal, _height, _roughness, _metalness, _ao"
DEFAULT_STEM = "texture"


@dataclass(frozen=True)
class TextureSet:
    """Maps of one texture.

    Attributes:
        stem: What their names have in common; empty where they consist of suffixes alone.
        files: The maps, the one that leads first.
        suffixes: How their names continue after the stem, without the format.
        kinds: What each of them is, one of `KINDS`, or its name.
    """

    stem: str
    files: tuple[Path, ...]
    suffixes: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def lead(self) -> Path:
        """The map that is shown, and that masks and guides belong to."""
        return self.files[0]

    @property
    def more(self) -> dict[str, Path]:
        """The other maps by their names as inputs: `map 1`, `map 2`, …."""
        return {f"map {number}": path for number, path in enumerate(self.files[1:], 1)}

    def remark(self) -> str:
        """Say that these files are read as a set: who meant to mix them finds out."""
        said = f"reading {len(self.files)} files as maps of one texture ({', '.join(self.kinds)})"
        return said if BASE in self.kinds else f"{said}; without a base color, {self.lead.name} is the one shown"


def find_set(exemplars: Sequence[Path], maps: Sequence[Path]) -> TextureSet | None:
    """Find out whether files are maps of one texture.

    Args:
        exemplars: The exemplars. Several are a set if their names are one stem with known suffixes of maps; the stem
            alone counts as the base color.
        maps: Further maps of the first exemplar, of any names; all other exemplars are maps of it then, too.

    Returns:
        The set; None for a single exemplar, and for several that are mixed.
    """
    if maps:
        if not exemplars:
            fail("--maps are further maps of an EXEMPLAR, and none is given: name one, such as the base color")
        return _checked(_named(exemplars[0], [*maps, *exemplars[1:]]))
    found = map_names([path.stem for path in exemplars])
    if not found.stems:
        return None
    for number in found.unrelated:
        fail(
            f"{exemplars[number]} does not belong to the maps of one texture beside it, by its name: "
            f"end it like {_SHOWN}, or name one EXEMPLAR and the others with --maps"
        )
    if len(found.stems) > 1:
        fail(f"the files are maps of {len(found.stems)} textures ({', '.join(found.stems)}): name the maps of one")
    if found.duplicates:
        same = " and ".join(str(exemplars[number]) for number in found.duplicates)
        kind = found.kinds[found.duplicates[0]]
        fail(f"{same} are the same kind of map, {kind}: name one of them, or the others with --maps")
    ordered = [(exemplars[number], found.names[number]) for number in found.order]
    return _checked(
        TextureSet(
            ordered[0][1].stem,
            tuple(path for path, _ in ordered),
            tuple(name.suffix for _, name in ordered),
            tuple(name.kind or BASE for _, name in ordered),
        )
    )


def _named(lead: Path, maps: Sequence[Path]) -> TextureSet:
    first, others = map_name(lead.stem), [map_name(path.stem) for path in maps]
    suffixes = tuple(
        name.suffix if name.kind and name.stem.lower() == first.stem.lower() else f"_{path.stem}"
        for path, name in zip(maps, others, strict=True)
    )
    kinds = (first.kind or BASE, *(name.kind or path.stem for path, name in zip(maps, others, strict=True)))
    stem = DEFAULT_STEM if lead == STANDARD else first.stem
    return TextureSet(stem, (lead, *maps), (first.suffix, *suffixes), kinds)


def _checked(found: TextureSet) -> TextureSet:
    if len(found.files) - 1 > MOST_MAPS:
        fail(f"{len(found.files)} maps are given: give {MOST_MAPS + 1} at most")
    return found


def check_set(found: TextureSet | None, *, preview: bool, **excluded: object) -> None:
    """Refuse what only a single picture can have.

    Args:
        found: The set, or None for a single picture.
        preview: Whether only the coarse octaves are made.
        excluded: What else was given, by the names of its options; None where it was not.
    """
    if found is None:
        return
    for name, value in excluded.items():
        if value is not None:
            fail(f"--{name} is for a single picture, and a texture set is given: leave it out")
    if preview:
        fail("--preview makes a single coarse picture, and a texture set is given: use --pick")


def set_names(found: TextureSet, folder: Path, stem: str, turn: str, form: str | None) -> list[Path]:
    """Name the files of a set.

    Args:
        found: The set that is read.
        folder: Their folder.
        stem: What their names have in common.
        turn: What tells one variation from another.
        form: Their suffix; None for that of the file that is read.

    Returns:
        The files, in the order of the set.
    """
    from engine.images import SUFFIXES

    names = []
    for path, suffix in zip(found.files, found.suffixes, strict=True):
        own = path.suffix if path.suffix.lower() in SUFFIXES else ".png"
        # A name that is nothing but a suffix gets the number at its end.
        name = f"{stem}{turn}{suffix}" if stem else f"{suffix}{turn}"
        names.append(folder / f"{name}{own if form is None else form}")
    return names


def check_sizes(found: TextureSet | None, pictures: "Mapping[str, Picture | None]") -> None:
    """Refuse maps that are not of the size of the one that leads.

    Args:
        found: The set, or None for a single picture.
        pictures: Pictures by their names as inputs.
    """
    lead = pictures["exemplar"]
    if found is None or lead is None:
        return
    for name, path in found.more.items():
        picture = pictures[name]
        if picture is None or picture.pixels.shape == lead.pixels.shape:
            continue
        (height, width), (other, wide) = lead.pixels.shape[:2], picture.pixels.shape[:2]
        fail(f"{path} is {wide}x{other} and {found.lead} {width}x{height}: give maps of one size")


def made_set(
    end: "Done | Cancelled", found: TextureSet, pictures: "Mapping[str, Picture | None]", *, flatten: bool
) -> "list[Picture]":
    """Take each map of a new set from the places that the engine has found.

    Args:
        end: What the engine has made.
        found: The set.
        pictures: Its pictures, by their names as inputs.
        flatten: Whether the one that leads gets no alpha.

    Returns:
        The maps, the one that leads first, each with its own bit depth, grayness and profile.
    """
    import numpy as np

    from engine.preparation import picked

    if isinstance(end, Cancelled):
        # Before its end, pixels are mixed.
        fail(NOTHING_WRITTEN, INTERRUPTED)
    origins = end.origins
    if origins is None:
        fail("the running engine is older and makes no texture sets: restart it, or add --local")
    places = np.frombuffer(origins.data, "<u2").reshape(origins.height, origins.width, 2)
    read = [pictures[name] for name in ("exemplar", *found.more)]
    made = [picked(each, places) for each in read if each is not None]
    if flatten:
        made[0] = replace(made[0], alpha=None)
    # A new texture does not show the place where its exemplar was taken.
    return [replace(each, metadata=each.metadata.without_place()) for each in made]
