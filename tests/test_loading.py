"""That garbage is looked for as before once libraries are loaded."""

import gc

import pytest

from engine.loading import loading


def test_no_garbage_is_looked_for_meanwhile_and_again_afterwards():
    assert gc.isenabled()
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_looked_for_after_a_library_that_does_not_load():
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


def test_who_never_looks_for_garbage_does_not_afterwards():
    gc.disable()
    try:
        with loading():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
