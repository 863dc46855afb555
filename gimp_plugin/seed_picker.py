"""The dialog in which a seed is picked among coarse pictures."""

from collections.abc import Sequence

from gi.repository import GLib, Gtk

from gimp_plugin import plans, samples
from gimp_plugin.box import Box
from gimp_plugin.engine_link import EngineLink
from gimp_plugin.job_sequence import JobSequence, Texture
from gimp_plugin.panel import tiled
from gimp_plugin.plans import JobPlan
from gimp_plugin.scaling import colored, fitted
from gimp_plugin.translation import _
from gimp_plugin.user_options import LARGEST_WHOLE
from gimp_plugin.widgets import TICK_MILLISECONDS, stacked
from protocol.messages import Frame

ACROSS, COUNT = 2, 4
SIDE = 200
MORE = 1


class SeedPicker:
    """A dialog with a coarse picture of each of some seeds."""

    def __init__(self, parent: Gtk.Window, plan: JobPlan, tiles: tuple[int, int], link: EngineLink) -> None:
        self._plan, self._tiles = plan, tiles
        self._part = plan.box
        self._link = link
        self._jobs: JobSequence | None = None
        self._seeds: Sequence[int] = ()
        self._shown = 0
        self._chosen: int | None = None
        self._dialog = Gtk.Dialog(title=_("Pick a Seed"), transient_for=parent, modal=True)
        self._dialog.add_button(_("_More"), MORE)
        self._dialog.add_button(_("_Close"), Gtk.ResponseType.CANCEL)
        grid = Gtk.Grid(row_spacing=6, column_spacing=6)
        self._buttons = [Gtk.Button(sensitive=False) for _number in range(COUNT)]
        for number, button in enumerate(self._buttons):
            button.set_image(Gtk.Image())
            button.set_always_show_image(True)
            button.set_image_position(Gtk.PositionType.TOP)
            button.set_size_request(SIDE + 24, SIDE + 40)
            button.connect("clicked", self._choose, number)
            grid.attach(button, number % ACROSS, number // ACROSS, 1, 1)
        self._bar = Gtk.ProgressBar(show_text=True)
        self._note = Gtk.Label(xalign=0, wrap=True, selectable=True, width_chars=50, max_width_chars=50)
        box = stacked(grid, self._bar, self._note, border_width=12)
        box.show_all()
        self._dialog.get_content_area().pack_start(box, True, True, 0)

    def run(self, seed: int) -> int | None:
        """Show it until the user has chosen a seed, or closes it.

        Args:
            seed: The first seed; the others follow it.

        Returns:
            The chosen seed, or None.
        """
        self._begin(seed)
        ticking = GLib.timeout_add(TICK_MILLISECONDS, self._tick)
        try:
            while self._dialog.run() == MORE:
                self._begin(self._seeds[-1] + 1)
        finally:
            GLib.source_remove(ticking)
            self._stop()
            self._dialog.destroy()
        return self._chosen

    def on_message(self, sentence: str) -> None:
        """Show a message about the current step."""
        self._bar.pulse()
        self._bar.set_text(sentence)

    def on_progress(self, fraction: float, seconds_left: float | None) -> None:  # noqa: ARG002
        """Show the fraction that is done."""
        self._bar.set_fraction(fraction)
        self._bar.set_text(f"{fraction:.0%}")

    def on_frame(self, frame: Frame, number: int) -> None:
        """Do nothing: no frames are requested."""

    def _begin(self, seed: int) -> None:
        self._stop()
        self._seeds = [(seed + number) % (LARGEST_WHOLE + 1) for number in range(COUNT)]
        self._shown = 0
        for each, button in zip(self._seeds, self._buttons, strict=True):
            button.set_sensitive(False)
            button.get_image().clear()
            button.set_label(_("Seed {seed}").format(seed=each))
        self._bar.set_fraction(0.0)
        self._note.set_text(_("Click a picture to use its seed. The texture will have this layout, and all details."))
        jobs = plans.previews(self._plan, self._seeds)
        self._jobs = JobSequence(self._link, jobs, self)

    def _stop(self) -> None:
        if self._jobs is not None:
            self._jobs.stop(keep=False)
            self._jobs = None

    def _tick(self) -> bool:
        jobs = self._jobs
        if jobs is not None:
            goes_on = jobs.poll()
            if (found := jobs.prepared) is not None:
                self._part = Box(found.left, found.top, found.width, found.height)
            for texture in jobs.textures[self._shown :]:
                self._show(texture)
            if not goes_on:
                self._jobs = None
                self._bar.set_fraction(0.0 if jobs.problem else 1.0)
                self._bar.set_text(" ")
                if jobs.problem:
                    self._note.set_text(jobs.problem)
        return True

    def _show(self, texture: Texture) -> None:
        across, down = self._tiles
        part = colored(samples.crop(texture.raster, _surroundings(self._part, self._plan.box)))
        button = self._buttons[self._shown]
        button.get_image().set_from_pixbuf(tiled(fitted(part, SIDE // max(across, down)), across, down))
        button.set_sensitive(True)
        self._shown += 1

    def _choose(self, _button: Gtk.Button, number: int) -> None:
        self._chosen = self._seeds[number]
        self._dialog.response(Gtk.ResponseType.OK)


def _surroundings(part: Box, whole: Box) -> Box:
    """Find what is made of a picture, with half as much around it as it is long."""
    return part.grown(max(part.width, part.height) // 2).common(whole)
