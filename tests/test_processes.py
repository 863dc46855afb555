"""Which process it is: alive, ended, another of the same id, or out of sight."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from protocol import processes, windows
from protocol.processes import ProcessState, process_mark, process_state

HOST = socket.gethostname()
RUNNING, ENDED, UNKNOWN = ProcessState.RUNNING, ProcessState.ENDED, ProcessState.UNKNOWN
SECONDS = 60

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@contextmanager
def sleeper(program="sleep", *words):
    """A process that waits."""
    process = subprocess.Popen([program, *(words or ("60",))], stdin=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def status_letter(process):
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def state(process, mark, host=HOST):
    return process_state(process, host, mark)


def changed(mark, place, word):
    """A mark with another word."""
    words = mark.split()
    words[place] = word
    return " ".join(words)


def test_a_process_runs_until_it_has_ended():
    with sleeper() as process:
        mark = process_mark(process.pid)
        assert state(process.pid, mark) is RUNNING
    assert state(process.pid, mark) is ENDED
    assert process_mark(process.pid) == ""


def test_this_process_runs():
    assert state(os.getpid(), process_mark(os.getpid())) is RUNNING


def test_another_process_of_the_same_id_is_not_taken_for_it():
    own = process_mark(os.getpid())
    start = own.split()[-1]
    earlier = own.removesuffix(start) + (str(int(start) - 1) if start.isdigit() else "Mon-1-1-00:00:00-2001")
    assert state(os.getpid(), earlier) is ENDED


@posix
def test_a_process_that_is_stopped_still_runs():
    with sleeper() as process:
        mark = process_mark(process.pid)
        process.send_signal(signal.SIGSTOP)
        if sys.platform == "linux":
            wait_until(lambda: status_letter(process.pid) == "T")
        assert state(process.pid, mark) is RUNNING
        process.send_signal(signal.SIGCONT)


@linux
def test_a_process_that_nobody_has_waited_for_has_ended():
    with sleeper() as process:
        mark = process_mark(process.pid)
        process.kill()
        wait_until(lambda: status_letter(process.pid) == "Z")
        assert state(process.pid, mark) is ENDED


@linux
def test_a_name_with_blanks_and_parentheses_is_no_obstacle(tmp_path):
    program = tmp_path / "a) b (c"
    program.symlink_to("/bin/sleep")
    with sleeper(program) as process:
        wait_until(lambda: "a) b (c" in Path(f"/proc/{process.pid}/comm").read_text())
        assert process_mark(process.pid).split()[-1].isdigit()
        assert state(process.pid, process_mark(process.pid)) is RUNNING


@linux
def test_a_thread_of_that_id_is_not_taken_for_it():
    with sleeper() as process:
        mark = process_mark(process.pid)
    # More than one tick of the system's clock.
    time.sleep(0.05)
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        assert Path(f"/proc/{thread.native_id}/stat").exists()
        assert state(thread.native_id, mark) is ENDED
    finally:
        ended.set()
        thread.join()


def test_a_process_of_another_computer_is_out_of_sight():
    own = process_mark(os.getpid())
    assert state(os.getpid(), own, host="elsewhere") is UNKNOWN
    assert state(2**22 + 1, own, host="elsewhere") is UNKNOWN


def test_a_process_that_was_not_marked_is_not_known():
    assert state(os.getpid(), "") is UNKNOWN
    assert state(os.getpid(), "nonsense") is UNKNOWN
    assert state(os.getpid(), "darwin Mon-1-1-00:00:00-2001") is (ENDED if sys.platform == "darwin" else UNKNOWN)


@linux
def test_after_a_new_boot_it_has_ended():
    own = process_mark(os.getpid())
    if own.split()[1] == "-":
        pytest.skip("this computer has no id")
    earlier = changed(own, 2, "00000000-0000-0000-0000-000000000000")
    assert state(os.getpid(), earlier) is ENDED
    # Of another computer with the same name, that cannot be said.
    assert state(os.getpid(), changed(earlier, 1, "0123456789abcdef")) is UNKNOWN
    assert state(os.getpid(), changed(earlier, 1, "-")) is UNKNOWN


@linux
@pytest.mark.parametrize("machine", ["-", "0123456789abcdef"])
def test_from_within_another_root_folder_it_is_seen_all_the_same(machine):
    with sleeper() as process:
        mark = changed(process_mark(process.pid), 1, machine)
        assert state(process.pid, mark) is RUNNING
    assert state(process.pid, mark) is ENDED


@linux
def test_outside_of_a_sandbox_it_is_out_of_sight():
    assert state(os.getpid(), changed(process_mark(os.getpid()), 3, "pid:[1]")) is UNKNOWN


@linux
def test_a_real_sandbox_sees_no_process_of_its_host():
    script = (
        "import sys; from protocol.processes import *; print(process_state(int(sys.argv[1]), *sys.argv[2:]).name)"
    )
    with sleeper() as process:
        words = [sys.executable, "-c", script, str(process.pid), HOST, process_mark(process.pid)]
        assert subprocess.run(words, capture_output=True, text=True).stdout == "RUNNING\n"
        apart = ["unshare", "--pid", "--fork", "--mount-proc", *words]
        try:
            told = subprocess.run(apart, capture_output=True, text=True)
        except FileNotFoundError:
            pytest.skip("there is no command `unshare` here")
        if told.returncode:
            pytest.skip("only root can make a sandbox of its own here")
        assert told.stdout == "UNKNOWN\n"


def test_where_nothing_can_be_found_out_nothing_is_claimed(monkeypatch):
    def fail(_):
        raise PermissionError("no")

    own = process_mark(os.getpid())
    monkeypatch.setattr(processes, "_start_of", fail)
    assert process_mark(os.getpid()) == ""
    assert state(os.getpid(), own) is UNKNOWN


# Elsewhere than on Linux.


@pytest.fixture
def by_ps(monkeypatch):
    """Ask `ps`, as on macOS."""
    if sys.platform == "win32":
        pytest.skip("Windows has no `ps`")
    monkeypatch.setattr(processes, "SYSTEM", "darwin")


@pytest.mark.usefixtures("by_ps")
def test_ps_tells_what_runs_and_what_has_ended(monkeypatch):
    with sleeper() as process:
        mark = process_mark(process.pid)
        assert re.fullmatch(r"darwin \w{3}-\w{3}-\d+-\d\d:\d\d:\d\d-\d{4}", mark)
        assert state(process.pid, mark) is RUNNING
        monkeypatch.setenv("TZ", "Pacific/Kiritimati")
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        assert state(process.pid, mark) is RUNNING
        assert state(process.pid, "darwin Mon-Jan-1-00:00:00-2001") is ENDED
        process.kill()
        if sys.platform == "linux":
            wait_until(lambda: status_letter(process.pid) == "Z")
            assert state(process.pid, mark) is ENDED
    assert state(process.pid, mark) is ENDED


@pytest.mark.usefixtures("by_ps")
def test_without_ps_nothing_is_claimed(monkeypatch):
    mark = process_mark(os.getpid())
    monkeypatch.setenv("PATH", "/nowhere")
    assert process_mark(os.getpid()) == ""
    assert state(os.getpid(), mark) is UNKNOWN


class Kernel:
    """What Windows says of one process, 4711, and of DLLs."""

    def __init__(self, *, running=True, allowed=True, folder=""):
        self.running, self.allowed, self.folder = running, allowed, folder
        self.closed, self.folders = [], []

    def OpenProcess(self, access, inherited, process):  # noqa: N802
        assert (access, inherited) == (0x1000, 0)
        return 2**40 if process == 4711 and self.allowed else None

    def GetExitCodeProcess(self, handle, status):  # noqa: N802
        assert handle == 2**40
        status._obj.value = 259 if self.running else 0  # noqa: SLF001
        return 1

    def GetProcessTimes(self, handle, start, *_):  # noqa: N802
        assert handle == 2**40
        start._obj.value = 133_000_000_000_000_001  # noqa: SLF001
        return 1

    def CloseHandle(self, handle):  # noqa: N802
        self.closed.append(handle)

    def GetDllDirectoryW(self, length, found):  # noqa: N802
        if length:
            ctypes.memmove(found, ctypes.create_unicode_buffer(self.folder), ctypes.sizeof(ctypes.c_wchar) * length)
            return len(self.folder)
        return len(self.folder) + 1 if self.folder else 0

    def SetDllDirectoryW(self, folder):  # noqa: N802
        self.folders.append(folder)


@pytest.fixture
def windows_like(monkeypatch):
    """Windows, with a kernel that is made up."""

    def be(error=87, **options):
        kernel = Kernel(**options)
        monkeypatch.setattr(processes, "SYSTEM", "win32")
        monkeypatch.setattr(windows, "kernel32", lambda: kernel)
        monkeypatch.setattr(windows, "last_error", lambda: error)
        return kernel

    return be


def test_windows_tells_what_runs_and_what_has_ended(windows_like):
    kernel = windows_like()
    mark = process_mark(4711)
    assert mark == "win32 133000000000000001"
    assert state(4711, mark) is RUNNING
    assert state(4711, "win32 1") is ENDED
    assert state(4712, mark) is ENDED
    windows_like(running=False)
    assert state(4711, mark) is ENDED
    windows_like(allowed=False, error=5)
    assert state(4711, mark) is UNKNOWN
    assert kernel.closed == [2**40] * 3


def test_programs_that_are_started_do_not_load_gimps_dlls(windows_like):
    kernel = windows_like(folder="C:\\Program Files\\GIMP 3\\bin")
    with windows.usual_library_folders():
        assert kernel.folders == [None]
    assert kernel.folders == [None, "C:\\Program Files\\GIMP 3\\bin"]
    with pytest.raises(OSError, match="no program"), windows.usual_library_folders():
        raise OSError("no program")
    assert kernel.folders[2:] == [None, "C:\\Program Files\\GIMP 3\\bin"]


def test_where_nothing_was_set_nothing_is_changed(windows_like):
    kernel = windows_like()
    with windows.usual_library_folders():
        pass
    assert kernel.folders == []


@pytest.mark.skipif(sys.platform == "win32", reason="it is Windows")
def test_elsewhere_than_on_windows_there_is_nothing_to_set():
    with windows.usual_library_folders():
        assert windows.kernel32() is None
