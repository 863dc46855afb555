"""Sharing the cores of the computer with other programs."""

from collections.abc import MutableMapping

SPINS = "1000"
"""The number of libgomp itself if there are more threads than cores."""


def share_cores(environment: MutableMapping[str, str]) -> None:
    """Let torch's threads sleep early while they wait for each other.

    Call it before torch is imported; child processes inherit it. A policy that the user has set is kept, an invalid
    number of threads is not. Without effect if OpenMP is not libgomp.

    Args:
        environment: Environment of the process.
    """
    threads = environment.get("NUMBA_NUM_THREADS")
    if threads is not None and not (threads.isdecimal() and int(threads) > 0):
        # Numba would end with a traceback.
        del environment["NUMBA_NUM_THREADS"]
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & environment.keys():
        environment["GOMP_SPINCOUNT"] = SPINS
