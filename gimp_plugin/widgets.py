"""What the dialogs have in common: stacks of widgets, and labels for sentences with long names and paths in them."""

from gi.repository import Gtk, Pango

PROGRAM = "texture-synthesis"
TICK_MILLISECONDS = 30


def stacked(*widgets: Gtk.Widget, **properties: int) -> Gtk.Box:
    """Put widgets below each other, each as high as it needs to be, into a box with these properties, shown."""
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6, **properties)
    for widget in widgets:
        box.pack_start(widget, False, False, 0)
    box.show()
    return box


def text_label(
    sentence: str = "", *, least: int, most: int | None = None, selectable: bool = False, lines: int = 0
) -> Gtk.Label:
    """Make a label that wraps within words, too: GTK makes a window as wide as a name without spaces is long.

    Args:
        sentence: What it says.
        least: Its width, characters.
        most: Its largest width; the same if not given.
        selectable: Whether the sentence can be copied.
        lines: After how many the sentence is cut off, and the tooltip shows all of it; 0 for never.

    Returns:
        The label, shown.
    """
    label = Gtk.Label(label=sentence, xalign=0, wrap=True, width_chars=least, max_width_chars=most or least)
    label.set_line_wrap_mode(Pango.WrapMode.WORD_CHAR)
    label.set_selectable(selectable)
    if lines:
        label.set_lines(lines)
        label.set_ellipsize(Pango.EllipsizeMode.END)
        label.set_tooltip_text(sentence)
    label.show()
    return label
