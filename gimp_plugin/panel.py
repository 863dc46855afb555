"""The panel of the dialogs: preview, progress bar, and buttons to stop."""

from collections.abc import Callable

from gi.repository import GdkPixbuf, Gtk

from gimp_plugin import samples
from gimp_plugin.box import Box
from gimp_plugin.scaling import colored, fitted
from gimp_plugin.translation import _
from gimp_plugin.widgets import stacked, text_label
from protocol.messages import Frame
from protocol.raster import Raster

PREVIEW_SIDE = 256
MINUTE = 60


class Panel:
    """A preview, a progress bar, and two buttons.

    Attributes:
        widget: The widget to add to a dialog.
    """

    def __init__(self, on_stop: Callable[[bool], None]) -> None:
        """Build it; `on_stop` is called with whether to keep the picture so far."""
        self._tiles = (1, 1)
        self._part: Box | None = None
        self._before: GdkPixbuf.Pixbuf | None = None
        self._picture = Gtk.Image()
        self._picture.set_size_request(PREVIEW_SIDE, PREVIEW_SIDE)
        frame = Gtk.Frame()
        frame.add(self._picture)
        self._bar = Gtk.ProgressBar(show_text=True)
        self._bar.set_text(" ")
        self._note = text_label(least=30, selectable=True)
        self._note.set_yalign(0)
        # Room for three lines, so that nothing moves when a message appears.
        self._note.set_size_request(-1, 60)
        self._keep = Gtk.Button.new_with_mnemonic(_("Stop H_ere"))
        self._keep.set_tooltip_text(_("Stop now and keep the picture so far"))
        self._keep.connect("clicked", lambda _button: on_stop(True))
        self._cancel = Gtk.Button.new_with_mnemonic(_("Ca_ncel"))
        self._cancel.set_tooltip_text(_("Stop now and keep nothing"))
        self._cancel.connect("clicked", lambda _button: on_stop(False))
        buttons = Gtk.Box(spacing=6, homogeneous=True)
        buttons.pack_start(self._keep, True, True, 0)
        buttons.pack_start(self._cancel, True, True, 0)
        self.widget = stacked(frame, self._bar, buttons, self._note)
        self.widget.show_all()
        self.work(going=False)

    def work(self, *, going: bool, keeps: bool = True, tiles: tuple[int, int] = (1, 1)) -> None:
        """Enable or disable the buttons to stop.

        Args:
            going: Whether a texture is being made.
            keeps: Whether the picture so far can be kept.
            tiles: How often to repeat the picture across and down.
        """
        self._keep.set_sensitive(going and keeps)
        self._cancel.set_sensitive(going)
        if going:
            self._tiles, self._part = tiles, None
            self._bar.set_fraction(0.0)
            self._bar.set_text(" ")

    def stopping(self, *, keep: bool) -> None:
        """Show that it is about to stop; what is kept can still be canceled."""
        self._keep.set_sensitive(False)
        self._cancel.set_sensitive(keep and self._cancel.get_sensitive())
        self.on_message(_("Stopping…"))

    def note(self, sentence: str) -> None:
        """Show a message below the buttons."""
        self._note.set_text(sentence)

    def clear(self) -> None:
        """Show the picture from before the run, and no progress."""
        self._bar.set_fraction(0.0)
        self._bar.set_text(" ")
        self._picture.set_from_pixbuf(self._before)

    def on_message(self, sentence: str) -> None:
        """Show a message in the progress bar."""
        self._bar.pulse()
        self._bar.set_text(sentence)

    def on_progress(self, fraction: float, seconds_left: float | None) -> None:
        """Show the fraction that is done, 0 to 1, and the seconds left."""
        self._bar.set_fraction(min(1.0, max(0.0, fraction)))
        done = f"{fraction:.0%}"
        self._bar.set_text(done if seconds_left is None else f"{done} · {_remaining(seconds_left)}")

    def picture(self, picture: GdkPixbuf.Pixbuf | None) -> None:
        """Show a picture before the first frame."""
        self._before = picture
        self._picture.set_from_pixbuf(picture)

    def on_frame(self, frame: Frame, number: int) -> None:  # noqa: ARG002
        """Show the picture so far."""
        self._part = Box(frame.left, frame.top, frame.width, frame.height)
        self._show(frame.raster)

    def on_result(self, raster: Raster) -> None:
        """Show a result, as much of it as was shown before: the last frame may have been another picture."""
        part = raster if self._part is None else samples.crop(raster, self._part)
        self._show(colored(samples.as_bytes(part, 2 * PREVIEW_SIDE)))

    def _show(self, raster: Raster) -> None:
        across, down = self._tiles
        width, height = across * raster.width, down * raster.height
        side = PREVIEW_SIDE * max(raster.width, raster.height) / max(width, height)
        self._picture.set_from_pixbuf(tiled(fitted(raster, max(1, round(side))), across, down))


def tiled(small: GdkPixbuf.Pixbuf, across: int, down: int) -> GdkPixbuf.Pixbuf:
    """Repeat a picture across and down."""
    width, height = small.get_width(), small.get_height()
    whole = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, small.get_has_alpha(), 8, across * width, down * height)
    for x in range(across):
        for y in range(down):
            small.copy_area(0, 0, width, height, whole, x * width, y * height)
    return whole


def _remaining(seconds: float) -> str:
    if seconds < MINUTE:
        return _("about {seconds} s left").format(seconds=max(1, round(seconds)))
    return _("about {minutes} min left").format(minutes=round(seconds / MINUTE))
