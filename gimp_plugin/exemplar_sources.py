"""Read exemplars that are in no image: files and GIMP's patterns."""

from pathlib import Path

from gi.repository import Gimp, Gio

from gimp_plugin import canvas
from gimp_plugin.plans import ChoiceError
from gimp_plugin.translation import _
from protocol.raster import Raster


def read_file(path: Path, *, gray: bool, depth: str) -> Raster:
    """Read a picture that GIMP can open.

    Args:
        path: The file.
        gray: As in `canvas.read`.
        depth: As in `canvas.read`.

    Returns:
        All of its visible layers together, with alpha, turned by their EXIF orientation as where GIMP opens it.

    Raises:
        ChoiceError: GIMP cannot open it.
    """
    if path.is_dir():
        raise ChoiceError(_("{path} is a folder: choose a file in it.").format(path=path))
    if not path.is_file():
        raise ChoiceError(_("There is no file {path}: choose another exemplar.").format(path=path))
    image = None
    try:
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(str(path)))
    # GIMP tells what is wrong with a file by a GLib.Error.
    except Exception as error:  # noqa: BLE001
        raise ChoiceError(_("{path} cannot be opened: {reason}").format(path=path, reason=error)) from None
    finally:
        # GIMP would go on showing it.
        Gimp.progress_end()
    if image is None:
        raise ChoiceError(_("GIMP cannot open {path} as a picture: choose another file.").format(path=path))
    try:
        # GIMP does so by itself only where the user opens a file.
        image.policy_rotate(False)
        canvas.hide_channels(image)
        layer = Gimp.Layer.new_from_visible(image, image, "exemplar")
        image.insert_layer(layer, None, 0)
        return canvas.read(layer, canvas.extent(layer), gray=gray, depth=depth)
    finally:
        image.delete()


def read_pattern(name: str, *, gray: bool, depth: str) -> Raster:
    """Read one of GIMP's patterns.

    Args:
        name: Its name.
        gray: As in `canvas.read`.
        depth: As in `canvas.read`.

    Returns:
        The pattern, with alpha.

    Raises:
        ChoiceError: There is none of that name.
    """
    pattern = Gimp.Pattern.get_by_name(name)
    if pattern is None:
        raise ChoiceError(_("There is no pattern “{name}”: choose another.").format(name=name))
    _found, width, height, _bytes = pattern.get_info()
    image = Gimp.Image.new(width, height, Gimp.ImageBaseType.RGB)
    Gimp.context_push()
    try:
        layer = Gimp.Layer.new(image, name, width, height, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
        image.insert_layer(layer, None, 0)
        Gimp.context_set_pattern(pattern)
        Gimp.context_set_opacity(100)
        Gimp.context_set_paint_mode(Gimp.LayerMode.NORMAL)
        layer.edit_fill(Gimp.FillType.PATTERN)
        return canvas.read(layer, canvas.extent(layer), gray=gray, depth=depth)
    finally:
        Gimp.context_pop()
        image.delete()
