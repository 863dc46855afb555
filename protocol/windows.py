"""Functions of Windows: the start of a process, and the search path for DLLs."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# https://learn.microsoft.com/windows/win32/procthread/process-security-and-access-rights
QUERY_LIMITED_INFORMATION = 0x1000
STILL_ACTIVE = 259
ERROR_INVALID_PARAMETER = 87
# CREATE_NO_WINDOW; https://learn.microsoft.com/windows/win32/procthread/process-creation-flags
NO_WINDOW = 0x08000000


@contextmanager
def usual_library_folders() -> Iterator[None]:
    """Let programs that are started meanwhile search DLLs in the usual folders, not in GIMP's.

    Programs inherit what their parent has set with SetDllDirectory:
    https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setdlldirectoryw

    Yields:
        Nothing. On other systems, this does nothing.
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
    """Return the start of a process.

    Args:
        process: Its id.

    Returns:
        A time in units of 100 ns; None if the process has ended.

    Raises:
        OSError: It cannot be found out.
    """
    kernel = kernel32()
    if kernel is None:
        raise OSError("this is not Windows")
    handle = kernel.OpenProcess(QUERY_LIMITED_INFORMATION, 0, process)
    if not handle:
        error = last_error()
        if error == ERROR_INVALID_PARAMETER:
            return None
        raise OSError(f"process {process} cannot be queried (error {error})")
    try:
        # Start, end, and two measures of time spent.
        status, times = ctypes.c_uint32(), [ctypes.c_uint64() for _ in range(4)]
        asked = kernel.GetExitCodeProcess(handle, ctypes.byref(status))
        if not asked or not kernel.GetProcessTimes(handle, *map(ctypes.byref, times)):
            raise OSError(f"process {process} cannot be queried (error {last_error()})")
    finally:
        kernel.CloseHandle(handle)
    # A process that has ended can be queried while another program holds a handle to it.
    return str(times[0].value) if status.value == STILL_ACTIVE else None


def kernel32() -> Any:  # noqa: ANN401  # ctypes has no types for the functions of a library
    """Load kernel32; None on other systems."""
    if sys.platform == "win32":
        library = ctypes.WinDLL("kernel32", use_last_error=True)
        word, handle, pointer = ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p
        library.GetDllDirectoryW.argtypes = (word, ctypes.c_wchar_p)
        library.SetDllDirectoryW.argtypes = (ctypes.c_wchar_p,)
        library.OpenProcess.argtypes = (word, ctypes.c_int, word)
        # The default of 32 bits would cut handles.
        library.OpenProcess.restype = handle
        library.GetExitCodeProcess.argtypes = (handle, pointer)
        library.GetProcessTimes.argtypes = (handle, pointer, pointer, pointer, pointer)
        library.CloseHandle.argtypes = (handle,)
        return library
    return None  # type: ignore[unreachable, unused-ignore]


def last_error() -> int:
    """Return the error code of the last call into Windows."""
    if sys.platform == "win32":
        return ctypes.get_last_error()
    return 0  # type: ignore[unreachable, unused-ignore]


def _library_folder(kernel: Any) -> str:  # noqa: ANN401
    """Return the folder set with SetDllDirectory; empty if there is none."""
    # Without a buffer, it returns the required length, with the terminating zero.
    length = kernel.GetDllDirectoryW(0, None)
    if not length:
        return ""
    found = ctypes.create_unicode_buffer(length)
    kernel.GetDllDirectoryW(length, found)
    return found.value
