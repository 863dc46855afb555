"""What is wrong with a texture, found before torch is loaded or an engine is started: both take seconds."""

from engine.fitting import check_request
from engine.options.textures import Texture


def check_texture(texture: Texture) -> None:
    """Refuse a texture that cannot be made, as far as a glance tells; preparing it finds the rest.

    Args:
        texture: The texture.

    Raises:
        RequestError: Settings, sizes or masks do not fit together.
        NothingToFillError: There is nothing to fill.
    """
    asked, canvas = texture.request.settings, texture.pictures["canvas"]
    check_request(texture.request)
    mask = texture.pictures["mask"]
    masks = [picture for name, picture in texture.pictures.items() if picture is not None and "exemplar_mask" in name]
    clear = None if texture.margins or asked.seamless != "none" or canvas is None else canvas.alpha
    if mask is None and not masks and clear is None:
        # What follows is not loaded if a running engine makes the texture.
        return
    from engine.preparation.alpha import is_opaque
    from engine.preparation.masks import hole_of, levels_of

    if canvas is not None and (mask is not None or (clear is not None and is_opaque(canvas))):
        hole_of(canvas, mask)
    for each in masks:
        levels_of(each, name="exemplar mask", purpose="may be sampled")
