"""The line at the top of a dialog: what it does, and a link to its help."""

from gi.repository import Gimp, Gtk

from gimp_plugin.translation import DOMAIN, _
from gimp_plugin.widgets import text_label


def introduction(sentence: str, help_id: str) -> Gtk.Widget:
    """Build the line, with a link to the section of a procedure."""
    label = text_label(sentence, least=40, most=80)
    link = Gtk.LinkButton.new_with_label("", _("How it works"))
    link.set_tooltip_text(_("Open the help about this dialog"))
    link.set_valign(Gtk.Align.START)
    link.connect("activate-link", _open, help_id)
    link.show()
    line = Gtk.Box(spacing=12, margin_start=12, margin_end=12, margin_top=6)
    line.pack_start(label, True, True, 0)
    line.pack_end(link, False, False, 0)
    line.show()
    return line


def _open(_link: Gtk.LinkButton, help_id: str) -> bool:
    Gimp.help(DOMAIN, help_id)
    # Otherwise GTK would open the address of the link.
    return True
