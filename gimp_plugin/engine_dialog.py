"""The dialog of `Engine…`."""

import logging

from gi.repository import GimpUi, Gio, GLib, Gtk

from gimp_plugin.commands import ENGINE, texts_of
from gimp_plugin.engine_link import WINDOW, EngineLink
from gimp_plugin.engine_report import EngineReport, stop_engine
from gimp_plugin.installation import Installation
from gimp_plugin.introductions import introduction
from gimp_plugin.log import LOG_FILE
from gimp_plugin.translation import _
from gimp_plugin.widgets import PROGRAM, text_label

LOOK_MILLISECONDS = 1000
START_MILLISECONDS = 100
ENGINE_LOG = "engine.log"
START, STOP, LOG = 1, 2, 3


class EngineWindow:
    """Shows what the engine is doing, and starts and stops it."""

    def __init__(self, installation: Installation, help_id: str) -> None:
        self._installation = installation
        self._report = EngineReport(installation)
        texts = texts_of(ENGINE)
        self._dialog = GimpUi.Dialog(title=texts.title, role=PROGRAM)
        for label, response in (
            (_("_Start"), START),
            (_("S_top"), STOP),
            (_("Open _Log"), LOG),
            (_("_Close"), Gtk.ResponseType.CLOSE),
        ):
            self._dialog.add_button(label, response)
        self._words = text_label(least=56, selectable=True)
        self._words.set_yalign(0)
        self._words.set_property("margin", 12)
        self._words.set_size_request(-1, 80)
        # Below the status, which is written anew each second.
        self._note = text_label(least=56, selectable=True)
        self._note.set_property("margin", 12)
        self._note.set_margin_top(0)
        content = self._dialog.get_content_area()
        content.pack_start(introduction(texts.introduction, help_id), False, False, 0)
        content.pack_start(self._words, True, True, 0)
        content.pack_start(self._note, False, False, 0)
        self._dialog.show_all()
        self._note.hide()
        self._link: EngineLink | None = None
        # Why the engine has not started: shown until it runs, or is started again.
        self._problem = ""

    def run(self) -> None:
        """Show it until the user closes it."""
        self._look()
        looking = GLib.timeout_add(LOOK_MILLISECONDS, self._look)
        starting = GLib.timeout_add(START_MILLISECONDS, self._start_on)
        try:
            while (response := self._dialog.run()) in {START, STOP, LOG}:
                self._do(response)
        finally:
            GLib.source_remove(looking)
            GLib.source_remove(starting)
            self._report.close()
            self._dialog.destroy()

    def _do(self, response: int) -> None:
        # About the button before.
        self._note.hide()
        if response == START and self._link is None:
            self._problem = ""
            self._link = EngineLink(self._installation, name=WINDOW, wait_for_user=True)
        elif response == STOP:
            self._words.set_text(stop_engine(self._installation)[0])
        elif response == LOG:
            self._open_log()

    def _start_on(self) -> bool:
        link = self._link
        if link is not None:
            link.poll()
            if link.client is not None or link.problem:
                self._link = None
                link.close()
                self._problem = link.problem
                self._say(link.problem or self._report.status()[0])
            else:
                self._say(link.message)
        return True

    def _look(self) -> bool:
        if self._link is None:
            sentence, running = self._report.status()
            if running:
                self._problem = ""
            self._say(self._problem or sentence)
            self._offer(running=running)
        return True

    def _offer(self, *, running: bool) -> None:
        self._dialog.set_response_sensitive(START, not running)
        self._dialog.set_response_sensitive(STOP, running)

    def _say(self, sentence: str) -> None:
        if self._words.get_text() != sentence:
            self._words.set_text(sentence)

    def _open_log(self) -> None:
        folder = self._installation.folder
        log = next((path for path in (folder / ENGINE_LOG, folder / LOG_FILE) if path.exists()), folder)
        try:
            Gio.AppInfo.launch_default_for_uri(log.as_uri(), None)
        except GLib.Error as error:
            logging.getLogger(__name__).info("nothing opens %s: %s", log, error)
            self._note.set_text(
                _("No program is registered to open {path}: open it with a text editor.").format(path=log)
            )
            self._note.show()


def show_engine(installation: Installation, help_id: str) -> None:
    """Show what the engine is doing until the user closes the window."""
    GimpUi.init(PROGRAM)
    EngineWindow(installation, help_id).run()
