"""The plug-in's commands, and what GIMP shows of each: in the menu, the procedure browser and its dialog."""

from dataclasses import dataclass

from gimp_plugin.translation import _
from gimp_plugin.user_options import ENLARGE, EXTEND, FILL, NEW, SEAMLESS, TASKS

REPEAT, SAVE, ENGINE = "repeat", "save-as-pattern", "engine"
COMMANDS = (*TASKS, REPEAT, SAVE, ENGINE)


@dataclass(frozen=True)
class Texts:
    """What is shown of a command.

    Attributes:
        label: In the menu.
        summary: In the status bar and the procedure browser.
        details: In the procedure browser.
        title: Of its dialog.
        introduction: The line at the top of its dialog.
        button: Of its dialog.
    """

    label: str
    summary: str
    details: str
    title: str = ""
    introduction: str = ""
    button: str = ""


def texts_of(command: str) -> Texts:
    """Look up the texts of a command, in the user's language."""
    return {
        FILL: Texts(
            _("_Fill Selection with Texture…"),
            _("Fill the selection with texture that matches its surroundings"),
            _(
                "Fills the selection, in a new layer above. The exemplar is the surroundings of the selection, a "
                "drawable, a file or a pattern. If nothing is selected, the transparent part of the layer is "
                "filled. If the layer has none, it is filled as a whole, from another exemplar."
            ),
            _("Fill Selection with Texture"),
            _(
                "Fills the selection so that it fits its surroundings, in a new layer. The picture itself is not "
                "changed."
            ),
            _("_Fill"),
        ),
        NEW: Texts(
            _("_New Texture from Layer…"),
            _("Make a texture of any size from the selection or the layer"),
            _(
                "Makes new textures in a new image or in new layers. The exemplar is the selection, or the whole "
                "layer. Several selected layers are mixed, in equal shares or by a canvas guide. Layers with names "
                "of maps of one texture are made together."
            ),
            _("New Texture from Layer"),
            _("Makes texture of any size that looks like the selection, or the layer."),
            _("_Make"),
        ),
        SEAMLESS: Texts(
            _("_Make Seamless…"),
            _("Make the selection or the layer tile seamlessly"),
            _(
                "Replaces a band along the borders, in a new layer above, so that opposite sides match. The tile "
                "is the selection's bounding rectangle; without a selection, the layer."
            ),
            _("Make Seamless"),
            _(
                "Replaces a band along the borders so that opposite sides match. The tile is the selection's "
                "bounding rectangle; without a selection, the layer."
            ),
            _("_Make Seamless"),
        ),
        EXTEND: Texts(
            _("Extend _Image…"),
            _("Extend the image beyond its borders with texture that fits"),
            _(
                "The canvas of the image grows, by percent of its sides or by pixels. The new area is filled in a "
                "new layer on top. All other layers stay where they are in the picture."
            ),
            _("Extend Image"),
            _("The image is extended as it looks. Its canvas grows, and the texture is a new layer."),
            _("_Extend"),
        ),
        ENLARGE: Texts(
            _("En_large…"),
            _("Enlarge the selection or the layer, with detail from the picture itself"),
            _(
                "Makes a new image of the selection's bounding rectangle or of the layer, 1.1 to 8 times as large. "
                "Detail comes from the picture itself, so that grain and edges stay sharp."
            ),
            _("Enlarge"),
            _(
                "Enlarges the selection's bounding rectangle, or the layer, in a new image. Detail comes from the "
                "picture itself."
            ),
            _("_Enlarge"),
        ),
        REPEAT: Texts(
            _("_Repeat Last Texture"),
            _("Repeat the last command with a new seed"),
            _("Repeats the last of these commands with the same settings and a new random seed."),
        ),
        SAVE: Texts(
            _("Save as _Pattern…"),
            _("Save the selection or the layer as one of GIMP's patterns"),
            _(
                "The bounding rectangle of the selection, or the whole layer, is written into the folder of your "
                "patterns, and is then in the Patterns dialog. It need not be seamless."
            ),
            _("Save as Pattern"),
            _("The selection, or the layer, becomes a pattern of 8 bits."),
            # The S is that of GIMP's own “Save Settings”.
            _("Sa_ve"),
        ),
        ENGINE: Texts(
            _("_Engine…"),
            _("Show, start or stop the engine that makes the textures"),
            _("Shows what the engine is doing, or starts or stops it. The action is status, start or stop."),
            _("Texture Synthesis Engine"),
            _("The engine makes the textures, in a process of its own. It is started when it is needed."),
        ),
    }[command]
