"""Layers with an earlier texture, for tests in a real GIMP: code that runs there, and the pictures that it opens."""

import numpy as np
from pictures import bricks, bytes_of, save
from plugged import array_of

SIDE = 96
# Something green that is to be removed.
THING = (slice(32, 64), slice(32, 64))
CODE = """
from gimp_plugin import tasks
from gimp_plugin.user_options import Options
from protocol.vocabulary import Settings

FIRST, INSIDE, ACROSS = (28, 28, 40, 40), (42, 42, 12, 12), (52, 20, 30, 30)


def select(image, box, feather=0):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *box)
    if feather:
        Gimp.Selection.feather(image, feather)


def projected(image):
    layer = Gimp.Layer.new_from_visible(image, image, "seen")
    found = kept(layer, "R'G'B'A u16")
    layer.delete()
    return found


def sampled(image, layer, earlier=(), task="fill", **wishes):
    # All of what the engine is given, without asking it.
    task = tasks.prepare(Options(task, Settings(), context=SIDE if task == "fill" else 0, **wishes), image, [layer],
                         earlier=earlier)
    job = task.plan.jobs[0]
    found = job.canvas.picture if job.canvas.picture is not None else job.sources[0].picture
    forms = {2: "Y'A", 4: "R'G'B'A"}
    return {"width": found.width, "height": found.height, "form": f"{forms[found.channels]} {found.depth}",
            "pixels": base64.b64encode(bytes(found.data)).decode()}


def fill(image, layer, box=FIRST, feather=0, **wishes):
    select(image, box, feather)
    _image, made = called("fill", image, [layer], quality="draft", **wishes)
    return made


def grouped(image, layer, mode="NORMAL", opacity=100):
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, layer.get_parent(), image.get_item_position(layer))
    image.reorder_item(layer, group, 0)
    group.set_mode(getattr(Gimp.LayerMode, mode))
    group.set_opacity(opacity)
    return group


def filtered(_image, layer):
    added = Gimp.DrawableFilter.new(layer, "gegl:gaussian-blur", "blur")
    for name in ("std-dev-x", "std-dev-y"):
        added.get_config().set_property(name, 1.5)
    layer.append_filter(added)
    added.update()

def made_over_a_fill(picture, name):
    image = opened(picture)
    layer = image.get_layers()[0]
    fill(image, layer)
    before = projected(image)
    Gimp.Selection.none(image)
    _image, made = called(name, image, [layer], quality="draft")
    return {"texture": kept(made), "before": before, "after": projected(image)}
"""


def save_pictures(folder) -> dict[str, str]:
    """Save what the code opens; returns the paths, by its names for them."""
    picture = bytes_of(bricks(SIDE, SIDE))
    picture[THING] = (20, 220, 40)
    save(folder / "wall.png", picture)
    alpha = np.full((SIDE, SIDE, 1), 255, np.uint8)
    alpha[70:90, 4:24] = 0
    save(folder / "holed.png", np.concatenate([picture, alpha], axis=-1))
    alpha = np.where(np.indices((SIDE, SIDE)).sum(axis=0) % 8 < 3, 0, 255).astype(np.uint8)[..., None]
    save(folder / "lace.png", np.concatenate([picture, alpha], axis=-1))
    return {name: str(folder / f"{name}.png") for name in ("wall", "holed", "lace")}


def greens(found):
    """How many pixels are of the color that was to be removed, more or less."""
    red, green, blue = np.moveaxis(array_of(found)[..., :3].astype(float), -1, 0)
    return int(np.count_nonzero(green > 1.5 * np.maximum(red, blue) + 10))


def apart(read, shown):
    """The largest distance of a sample that is read from what is shown, in levels of 8 bits."""
    one, other = (array_of(found).astype(float) for found in (read, shown))
    one, other = one / (257 if read["form"].endswith("u16") else 1), other / 257
    if one.shape[2] == 2:
        one = one[..., [0, 0, 0, 1]]
    return np.abs(one - other).max()
