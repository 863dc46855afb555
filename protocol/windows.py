"""What only Windows can be asked: when a process started, and where programs look for DLLs."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# https://learn.microsoft.com/windows/win32/procthread/process-security-and-access-rights
QUERY_LIMITED_INFORMATION = 0x1000
STILL_ACTIVE = 259
ERROR_INVALID_PARAMETER = 87


@contextmanager
def usual_library_folders() -> Iterator[None]:
    """Let programs that are started meanwhile look for DLLs where Windows says, and not in GIMP's folder first.

    What a program has set with SetDllDirectory counts for those that it starts, too:
    https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setdlldirectoryw

    Yields:
        Nothing; elsewhere than on Windows, nothing is done either.
    """
    kernel = kernel32()
    before = "" if kernel is None else _library_folder(kernel)
    if kernel is None or not before:
        yield
        return
    kernel.SetDllDirectoryW(None)
    try:
        yield
    finally:
        kernel.SetDllDirectoryW(before)


def start_of_process(process: int) -> str | None:
    """Look up when a process started.

    Args:
        process: Its id.

    Returns:
        A time in units of 100 ns; None where there is no such process any more.

    Raises:
        OSError: It cannot be told.
    """
    kernel = kernel32()
    if kernel is None:
        raise OSError("this is not Windows")
    handle = kernel.OpenProcess(QUERY_LIMITED_INFORMATION, 0, process)
    if not handle:
        error = last_error()
        if error == ERROR_INVALID_PARAMETER:
            return None
        raise OSError(f"process {process} cannot be asked (error {error})")
    try:
        # Start, end, and two measures of time spent.
        status, times = ctypes.c_uint32(), [ctypes.c_uint64() for _ in range(4)]
        asked = kernel.GetExitCodeProcess(handle, ctypes.byref(status))
        if not asked or not kernel.GetProcessTimes(handle, *map(ctypes.byref, times)):
            raise OSError(f"process {process} cannot be asked (error {last_error()})")
    finally:
        kernel.CloseHandle(handle)
    # One that has ended can be asked for as long as somebody holds it.
    return str(times[0].value) if status.value == STILL_ACTIVE else None


def kernel32() -> Any:  # noqa: ANN401  # ctypes has no types for what a library holds
    """Load kernel32; None elsewhere than on Windows."""
    if sys.platform == "win32":
        library = ctypes.WinDLL("kernel32", use_last_error=True)
        word, handle, pointer = ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p
        library.GetDllDirectoryW.argtypes = (word, ctypes.c_wchar_p)
        library.SetDllDirectoryW.argtypes = (ctypes.c_wchar_p,)
        library.OpenProcess.argtypes = (word, ctypes.c_int, word)
        # As a number of 32 bits, half of a handle would be lost.
        library.OpenProcess.restype = handle
        library.GetExitCodeProcess.argtypes = (handle, pointer)
        library.GetProcessTimes.argtypes = (handle, pointer, pointer, pointer, pointer)
        library.CloseHandle.argtypes = (handle,)
        return library
    return None  # type: ignore[unreachable, unused-ignore]


def last_error() -> int:
    """Look up why the last call into Windows has failed."""
    if sys.platform == "win32":
        return ctypes.get_last_error()
    return 0  # type: ignore[unreachable, unused-ignore]


def _library_folder(kernel: Any) -> str:  # noqa: ANN401
    """Look up what was set with SetDllDirectory; nothing where nothing was."""
    # Without room it says how much it takes, the end included.
    length = kernel.GetDllDirectoryW(0, None)
    if not length:
        return ""
    found = ctypes.create_unicode_buffer(length)
    kernel.GetDllDirectoryW(length, found)
    return found.value
