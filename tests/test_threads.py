"""That the engine leaves cores to others: how its threads wait."""

import os
import subprocess
import sys

import pytest

from engine.threads import SPINS, share_cores


def test_threads_sleep_soon_unless_the_user_has_chosen_otherwise():
    free, chosen, counted = {}, {"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "7"}
    for environment in (free, chosen, counted):
        share_cores(environment)
    assert free == {"GOMP_SPINCOUNT": SPINS}
    assert chosen == {"OMP_WAIT_POLICY": "ACTIVE"}
    assert counted == {"GOMP_SPINCOUNT": "7"}


@pytest.mark.parametrize(("count", "kept"), [("0", False), ("-2", False), ("many", False), ("3", True)])
def test_a_number_of_threads_that_is_none_is_not_handed_to_numba(count, kept):
    environment = {"NUMBA_NUM_THREADS": count, "GOMP_SPINCOUNT": "7"}
    share_cores(environment)
    assert environment == {"GOMP_SPINCOUNT": "7", **({"NUMBA_NUM_THREADS": count} if kept else {})}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere OpenMP is not libgomp's")
def test_torch_is_loaded_by_the_program_after_it_was_chosen():
    inherited = {
        name: value for name, value in os.environ.items() if name not in {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}
    }
    told = subprocess.run(
        [sys.executable, "-m", "engine", "doctor", "--quick"],
        env={**inherited, "OMP_DISPLAY_ENV": "verbose"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert f"GOMP_SPINCOUNT = '{SPINS}'" in told.stderr
