"""The dialogs for making a texture."""

from collections.abc import Callable, Sequence

from gi.repository import GdkPixbuf, Gimp, GimpUi, GLib, Gtk

from gimp_plugin import arguments, canvas, map_layers, marks, tasks, texture_sets, user_options
from gimp_plugin.attempts import Appearance, Attempt, finish_attempt
from gimp_plugin.box import Box
from gimp_plugin.commands import texts_of
from gimp_plugin.engine_link import EngineLink
from gimp_plugin.failing_calls import failing_quietly
from gimp_plugin.introductions import introduction
from gimp_plugin.job_sequence import State
from gimp_plugin.outcome import Call, Outcome
from gimp_plugin.panel import PREVIEW_SIDE, Panel
from gimp_plugin.plans import PlanError
from gimp_plugin.rendering import rendered
from gimp_plugin.repeating import new_seed
from gimp_plugin.scaling import fitted
from gimp_plugin.seed_picker import SeedPicker
from gimp_plugin.settings_box import settings_box
from gimp_plugin.tasks import PaletteError, Task
from gimp_plugin.translation import _
from gimp_plugin.tries import Target, Try, replaced, takes_place, target_of
from gimp_plugin.user_options import Options
from gimp_plugin.widgets import PROGRAM, TICK_MILLISECONDS
from protocol.vocabulary import AXES

# GimpUi's own, for the button of a procedure's dialog.
RESET = 1


class Window:
    """A dialog with a panel, for one attempt after the other.

    Attributes:
        closing: Whether the user has closed it while a texture was made.
    """

    def __init__(self, dialog: Gtk.Dialog, link: EngineLink) -> None:
        self.dialog = dialog
        self.panel = Panel(self.stop)
        self.closing = False
        self.layers: list[Gimp.Layer] = []
        self._tries: list[Try] = []
        self.last: Outcome | None = None
        self._extended: Task | None = None
        self._link = link
        self._attempt: Attempt | None = None
        self._picking = self._raised = False
        dialog.connect("close", self._escape)
        # GTK would destroy the window.
        dialog.connect("delete-event", lambda *_: True)
        dialog.connect("response", self._respond)

    def stop(self, keep: bool) -> None:  # noqa: FBT001
        """Stop the running attempt."""
        if self._attempt is not None:
            self._attempt.stop(keep=keep)
            self.panel.stopping(keep=keep)

    @failing_quietly()
    def make(self, options: Options, image: Gimp.Image, layers: Sequence[Gimp.Layer]) -> Outcome:
        """Make a texture, and keep the dialog responsive.

        Args:
            options: The options.
            image: The image.
            layers: The layers to work on.

        Returns:
            How it ended.

        Raises:
            PlanError: It cannot be done.
        """
        task, target, earlier = self._prepared(options, image, layers)
        display = Gimp.Display.new(task.place.image) if task.fresh else None
        self._link.reconnect()
        appearance = Appearance(frames=True, keep_frames=options.keep_frames, earlier=earlier)
        self._attempt = Attempt(task, self._link, self.panel, appearance)
        self.panel.note("")
        self.panel.work(going=True, keeps=not task.plan.maps, tiles=_tiles(options))
        self._set_idle(idle=False)
        try:
            self._loop(self._attempt.poll)
        finally:
            self.panel.work(going=False)
            self._set_idle(idle=True)
            attempt, self._attempt = self._attempt, None
        if not attempt.layers and display is not None and display.is_valid():
            # The image goes with its last display.
            display.delete()
        outcome = finish_attempt(options, task, attempt, self._link.installation.folder)
        if outcome.layers:
            self.layers = [] if task.fresh else list(outcome.layers)
            kept = [each for each in self._tries if not takes_place(each.target, target)]
            self._tries = [] if task.fresh else [*kept, Try(target, outcome.layers)]
            self.last = outcome
            self._extended = task if task.inner is not None else None
        self._show_outcome(attempt, outcome, options.task)
        return outcome

    @failing_quietly()
    def pick(self, options: Options, image: Gimp.Image, layers: Sequence[Gimp.Layer]) -> int | None:
        """Let the user pick a seed.

        Args:
            options: The options.
            image: The image.
            layers: The layers to work on.

        Returns:
            The seed, or None.

        Raises:
            PlanError: It cannot be done.
        """
        task, _target, _earlier = self._prepared(options, image, layers)
        if task.fresh:
            task.place.image.delete()
        self._link.reconnect()
        self._picking = True
        try:
            picker = SeedPicker(self.dialog, task.plan, _tiles(options), self._link)
            return picker.run(options.settings.seed)
        finally:
            self._picking = False

    def _prepared(
        self, options: Options, image: Gimp.Image, layers: Sequence[Gimp.Layer]
    ) -> tuple[Task, Target, tuple[Gimp.Layer, ...]]:
        """Read what a try needs, what it is to change, and the results whose place it takes."""
        try:
            target = target_of(image, options.task) if image.is_valid() else Target()
            earlier = replaced(self._tries, target)
            return tasks.prepare(options, image, layers, self._inner(image), earlier), target, earlier
        except PlanError:
            raise
        except Exception:
            if image.is_valid():
                raise
            # It was closed while it was read.
            raise PlanError(_("The image was closed.")) from None

    def wait_for_user(self) -> bool:
        """Wait for the user while the connection is being made; returns whether a texture is wanted."""
        ticking = GLib.timeout_add(TICK_MILLISECONDS, self._keep_connected)
        try:
            if self._raised:
                response = self._response()
                if response != RESET:
                    return bool(response == Gtk.ResponseType.OK)
                GLib.idle_add(self.dialog.response, RESET)
            # This raises the dialog, above whatever the user has opened meanwhile, and offers what to reset. A
            # procedure's dialog returns a boolean, not GTK's response.
            self._raised = True
            return bool(self.dialog.run())
        finally:
            GLib.source_remove(ticking)

    def _response(self) -> int:
        """Wait for a button, or for the dialog to be closed, which is a response, too."""
        loop, found = GLib.MainLoop(), [int(Gtk.ResponseType.NONE)]

        def respond(_dialog: Gtk.Dialog, response: int) -> None:
            found[0] = response
            loop.quit()

        handler = self.dialog.connect("response", respond)
        loop.run()
        self.dialog.disconnect(handler)
        return found[0]

    def _inner(self, image: Gimp.Image) -> Box | None:
        """Find the part of an image that another try extends again: what it was before the last try."""
        last = self._extended
        if last is None or not self.layers or not all(canvas.attached(layer) for layer in self.layers):
            return None
        size = last.plan.width, last.plan.height
        return last.inner if (image.get_width(), image.get_height()) == size else None

    def _set_idle(self, *, idle: bool) -> None:
        for response in (Gtk.ResponseType.OK, RESET):
            self.dialog.set_response_sensitive(response, idle)

    def _keep_connected(self) -> bool:
        # The picker handles what arrives for it.
        if not self._picking:
            self._link.poll()
        return True

    def _loop(self, poll: Callable[[], bool]) -> None:
        loop = GLib.MainLoop()

        def tick() -> bool:
            goes_on = False
            try:
                goes_on = poll()
            finally:
                if not goes_on:
                    loop.quit()
            return goes_on

        GLib.timeout_add(TICK_MILLISECONDS, tick)
        loop.run()

    def _escape(self, dialog: Gtk.Dialog) -> None:
        """Only cancel; GTK would take the key for the window's own button."""
        if self._attempt is not None:
            dialog.stop_emission_by_name("close")
            self.stop(keep=False)

    def _respond(self, _dialog: Gtk.Dialog, response: int) -> None:
        if self._attempt is not None and response in {Gtk.ResponseType.CANCEL, Gtk.ResponseType.DELETE_EVENT}:
            self.closing = True
            self.stop(keep=False)

    def _show_outcome(self, attempt: Attempt, outcome: Outcome, task: str) -> None:
        if attempt.problem:
            self.panel.clear()
            self.panel.note(attempt.problem)
        elif outcome.layers:
            self.panel.on_progress(1.0, None)
            if attempt.result is not None:
                self.panel.on_result(attempt.result)
            self.panel.note(" ".join(filter(None, (_ending(attempt, outcome, task), attempt.remark))))
        elif attempt.state is State.CANCELLED:
            self.panel.clear()
            self.panel.note(_("Canceled. Nothing was kept."))


def ask_and_make(call: Call, layers: Sequence[Gimp.Layer], link: EngineLink) -> Outcome:
    """Let the user choose settings and try them, as often as they like.

    Args:
        call: The call; what the user chooses is put into its arguments.
        layers: The layers to work on.
        link: The connection to the engine.

    Returns:
        The outcome of the last attempt with a result.
    """
    procedure, config, image, kind = call.procedure, call.config, call.image, call.command
    GimpUi.init(PROGRAM)
    texts = texts_of(kind)
    dialog = GimpUi.ProcedureDialog.new(procedure, config, texts.title)
    dialog.set_ok_label(texts.button)
    dialog.get_widget_for_response(Gtk.ResponseType.CANCEL).set_label(_("_Close"))
    window = Window(dialog, link)

    def pick() -> None:
        try:
            seed = window.pick(arguments.options_of(config, kind), image, layers)
        except PlanError as error:
            window.panel.note(str(error))
            return
        if seed is not None:
            config.set_property("seed", seed)

    members = map_layers.members_of(image, layers) if kind == user_options.NEW else []
    lead = _preset(config, members)
    chosen = settings_box(dialog, config, kind, layers, members, pick)
    across = Gtk.Box(spacing=12, border_width=12)
    across.pack_start(window.panel.widget, False, False, 0)
    across.pack_start(chosen, True, True, 0)
    across.show()
    content = dialog.get_content_area()
    content.pack_start(introduction(texts.introduction, procedure.get_name()), False, False, 0)
    content.pack_start(across, True, True, 0)
    window.panel.picture(thumbnail(image, layers if lead is None else [lead], kind))
    tried: Options | None = None
    copied = False
    try:
        while not window.closing and (copied or window.wait_for_user()):
            copied = False
            options = arguments.options_of(config, kind)
            if options == tried:
                # The same options would give the same picture.
                config.set_property("seed", new_seed())
                options = arguments.options_of(config, kind)
            chosen.set_sensitive(False)
            try:
                if window.make(options, image, layers).layers:
                    tried = options
            except PaletteError as error:
                if not _wants_copy(dialog, str(error)):
                    continue
                image = tasks.rgb_copy(image)
                layers = tasks.targets(image.get_selected_layers(), kind)
                Gimp.Display.new(image)
                copied = True
            except PlanError as error:
                window.panel.note(str(error))
            finally:
                chosen.set_sensitive(True)
    finally:
        dialog.destroy()
    return window.last or Outcome(cancelled=True)


def _preset(config: Gimp.ProcedureConfig, members: Sequence[Gimp.Layer]) -> Gimp.Layer | None:
    """Choose by their names whether layers are maps of one texture, and return the one that leads."""
    names = texture_sets.names_of([each.get_name() for each in members])
    found = texture_sets.is_set(names, user_options.AUTO)
    if len(members) > 1:
        config.set_property("layers-as", user_options.MAPS if found else user_options.MIX)
    return members[names.order[0]] if found else None


def make(options: Options, image: Gimp.Image, layers: Sequence[Gimp.Layer], link: EngineLink) -> Outcome:
    """Make a texture in a window that closes by itself."""
    GimpUi.init(PROGRAM)
    dialog = GimpUi.Dialog(title=texts_of(options.task).title, role=PROGRAM)
    window = Window(dialog, link)
    window.panel.widget.set_border_width(12)
    dialog.get_content_area().pack_start(window.panel.widget, True, True, 0)
    dialog.show()
    try:
        return window.make(options, image, layers)
    finally:
        dialog.destroy()


def _ending(attempt: Attempt, outcome: Outcome, task: str) -> str:
    made = outcome.layers[-1]
    name = made.get_name()
    if made.is_group():
        return _("Done. The maps are in the layer group “{name}”. Press the button again for other ones.").format(
            name=name
        )
    if attempt.state is State.STOPPED:
        return _("Stopped. The picture so far is in the layer “{name}”.").format(name=name)
    if task == user_options.ENLARGE:
        return _("Done. The enlarged picture is the layer “{name}” of a new image.").format(name=name)
    return _("Done. The texture is in the layer “{name}”. Press the button again for another one.").format(name=name)


def thumbnail(image: Gimp.Image, layers: Sequence[Gimp.Layer], kind: str) -> GdkPixbuf.Pixbuf | None:
    """Make a thumbnail of what a texture is made from or in.

    Args:
        image: The image.
        layers: The layers to work on, of which the first is drawn; none for the image.
        kind: `fill`, `new`, `seamless`, `extend` or `enlarge`.

    Returns:
        The image to extend, or the layer to fill; otherwise the part of it to work on.
    """
    if not layers:
        with canvas.without_overlays(image) as seen:
            return seen.get_thumbnail(PREVIEW_SIDE, PREVIEW_SIDE, Gimp.PixbufTransparency.SMALL_CHECKS)
    layer = layers[0]
    selected = canvas.selection(image)
    part, parts = canvas.extent(layer).common(selected) if selected else None, marks.parts_of(layer)
    if kind != user_options.FILL and part:
        # GIMP 3.0 ends a plug-in that asks it for the thumbnail of a part.
        return fitted(canvas.read(layer, part, gray=False, depth="u8", parts=parts), PREVIEW_SIDE)
    with rendered(layer, canvas.extent(layer), parts=parts) as (shown, _part):
        return shown.get_thumbnail(PREVIEW_SIDE, PREVIEW_SIDE, Gimp.PixbufTransparency.SMALL_CHECKS)


def _wants_copy(dialog: Gtk.Dialog, sentence: str) -> bool:
    question = Gtk.MessageDialog(
        transient_for=dialog,
        modal=True,
        message_type=Gtk.MessageType.QUESTION,
        buttons=Gtk.ButtonsType.NONE,
        text=sentence,
    )
    question.add_button(_("_Close"), Gtk.ResponseType.CANCEL)
    question.add_button(_("Continue in an RGB C_opy"), Gtk.ResponseType.OK)
    answer = question.run()
    question.destroy()
    return bool(answer == Gtk.ResponseType.OK)


def _tiles(options: Options) -> tuple[int, int]:
    """How often to repeat a texture across and down in the preview, to show its seams."""
    across, down = (1 + each for each in AXES[options.settings.seamless])
    return across, down
