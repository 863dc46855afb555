"""Sharing the cores of the computer with other programs."""

from collections.abc import MutableMapping

SPINS = "1000"
"""As many as libgomp itself takes where there are more threads than cores."""


def share_cores(environment: MutableMapping[str, str]) -> None:
    """Let torch's threads sleep soon while they wait for each other.

    It has to be called before torch is loaded, and counts for processes that are started later, too. A policy that
    the user has chosen is kept, a number of threads that is none is not. Without effect where OpenMP is not
    libgomp's.

    Args:
        environment: That of the process.
    """
    threads = environment.get("NUMBA_NUM_THREADS")
    if threads is not None and not (threads.isdecimal() and int(threads) > 0):
        # Numba ends with a traceback where the count is none.
        del environment["NUMBA_NUM_THREADS"]
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & environment.keys():
        environment["GOMP_SPINCOUNT"] = SPINS
