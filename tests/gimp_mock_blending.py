"""How a layer of the mock is blended: attributes with the names that GIMP gives them, and as strict."""

from types import SimpleNamespace


def _named(*names):
    return SimpleNamespace(**{name: name for name in names})


MODES = _named("NORMAL", "NORMAL_LEGACY", "MULTIPLY", "PASS_THROUGH", "ERASE", "MERGE")
SPACES = _named("AUTO", "RGB_PERCEPTUAL")
COMPOSITES = _named("AUTO", "UNION", "CLIP_TO_LAYER")


class Blended:
    """What GIMP's layers have for it. Filters there are none."""

    def __init__(self):
        self.look = {
            "mode": "NORMAL",
            "blend_space": "AUTO",
            "composite_space": "AUTO",
            "composite_mode": "AUTO",
            "opacity": 100.0,
        }

    def get_filters(self):
        return []

    def get_mode(self):
        return self.look["mode"]

    def set_mode(self, mode):
        if mode == "PASS_THROUGH" and not self.is_group():
            mode = "NORMAL"
        # Another mode brings its own.
        self.look |= {"mode": mode, "blend_space": "AUTO", "composite_space": "AUTO", "composite_mode": "AUTO"}

    def get_blend_space(self):
        return self.look["blend_space"]

    def set_blend_space(self, space):
        self.look["blend_space"] = space

    def get_composite_space(self):
        return self.look["composite_space"]

    def set_composite_space(self, space):
        self.look["composite_space"] = space

    def get_composite_mode(self):
        return self.look["composite_mode"]

    def set_composite_mode(self, mode):
        self.look["composite_mode"] = mode

    def get_opacity(self):
        return self.look["opacity"]

    def set_opacity(self, opacity):
        self.look["opacity"] = float(opacity)
