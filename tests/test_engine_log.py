"""The engine's log file."""

import logging
import os

import pytest

from engine.service.logs import LOG_BYTES, OLD_LOGS, UnfailingFileHandler

LINE = "x" * 1000


@pytest.mark.parametrize("renames", [True, False], ids=["renamed", "open elsewhere"])
def test_a_full_log_goes_on_and_keeps_within_its_bounds(tmp_path, monkeypatch, renames):
    file, rename = tmp_path / "engine.log", os.rename

    def refused(source, to):
        if source == str(file):
            raise PermissionError(13, "another process has it open")
        rename(source, to)

    if not renames:
        # As on Windows, where the engine's own stderr has the file open.
        monkeypatch.setattr(os, "rename", refused)
    handler = UnfailingFileHandler(file, maxBytes=LOG_BYTES, backupCount=OLD_LOGS, encoding="utf-8")
    for number in range(2500):
        handler.emit(logging.makeLogRecord({"msg": f"{number} {LINE}"}))
    handler.close()
    found = [path.read_text().splitlines() for path in tmp_path.iterdir()]
    assert any(lines[-1] == f"2499 {LINE}" for lines in found)
    assert all(path.stat().st_size <= LOG_BYTES for path in tmp_path.iterdir())
    # Nothing is lost before the oldest file is full.
    assert sum(map(len, found)) == 2500
