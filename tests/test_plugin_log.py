"""The plug-in's log: several processes write to it, and nothing is lost without a word."""

import logging
import os

import pytest

from gimp_plugin.log import LOG_FILE, SharedLogHandler, start_log


@pytest.fixture(autouse=True)
def _logging_as_before():
    root, mask = logging.getLogger(), os.umask(0)
    os.umask(mask)
    level, handlers = root.level, root.handlers[:]
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:], root.level = handlers, level
    os.umask(mask)


def record(text):
    return logging.LogRecord("test", logging.INFO, "", 1, text, None, None)


def test_after_another_process_has_rotated_the_log_it_goes_on_in_the_new_file(tmp_path):
    one, other = (SharedLogHandler(tmp_path / LOG_FILE, maxBytes=100, backupCount=1) for _ in range(2))
    other.emit(record("a" * 90))
    one.emit(record("b" * 90))
    other.emit(record("c"))
    one.close()
    other.close()
    assert (tmp_path / LOG_FILE).read_text() == "b" * 90 + "\nc\n"
    assert (tmp_path / f"{LOG_FILE}.1").read_text() == "a" * 90 + "\n"


def test_a_log_that_cannot_be_rotated_goes_on(tmp_path, monkeypatch):
    log = SharedLogHandler(tmp_path / LOG_FILE, maxBytes=100, backupCount=1)
    log.emit(record("a" * 90))

    def refuse(*_):
        raise PermissionError(13, "Another process has it open")

    monkeypatch.setattr(log, "rotate", refuse)
    log.emit(record("b" * 90))
    log.emit(record("c"))
    log.close()
    assert (tmp_path / LOG_FILE).read_text() == "a" * 90 + "\n" + "b" * 90 + "\nc\n"


def test_without_a_file_the_log_goes_to_stderr(tmp_path, capsys):
    (tmp_path / "file").touch()
    start_log(tmp_path / "file" / "folder")
    logging.getLogger("gimp_plugin").warning("something")
    assert "no log in" in (err := capsys.readouterr().err)
    assert "something" in err
