"""Widgets that are scrolled where the screen is too small for them."""

from gi.repository import Gdk, GLib, Gtk

# For the title, the line that says what a dialog does, its buttons and its margins.
RESERVED = 260
LEAST = 200


def scrolled(inside: Gtk.Widget) -> Gtk.Widget:
    """Make room for all of a widget, up to the height of the screen, and scroll the rest."""
    outside = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER, propagate_natural_width=True)
    outside.set_shadow_type(Gtk.ShadowType.NONE)
    # A bar over the widgets would cover those at their right end.
    outside.set_overlay_scrolling(False)
    outside.add(inside)

    def fit() -> bool:
        height = min(inside.get_preferred_height()[0], max(LEAST, _screen_height() - RESERVED))
        if outside.get_min_content_height() != height:
            outside.set_min_content_height(height)
        return False

    # GTK ignores what is changed while it allocates.
    inside.connect("size-allocate", lambda *_: GLib.idle_add(fit))
    fit()
    outside.get_child().show()
    outside.show()
    return outside


def _screen_height() -> int:
    """Height of what a window can fill, pixels."""
    display = Gdk.Display.get_default()
    monitor = display.get_primary_monitor() or display.get_monitor(0)
    return int(monitor.get_workarea().height)
