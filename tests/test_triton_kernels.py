"""Kernels for a GPU compile for a card, also where there is none."""

from itertools import product

import pytest

triton = pytest.importorskip("triton")

TYPES = {
    **dict.fromkeys(("at", "places", "before", "labels", "offered"), "*i32"),
    **dict.fromkeys(("costs", "canvas", "source", "trust", "penalty", "label_costs", "weights", "colors"), "*fp32"),
    **dict.fromkeys(("wanted", "usable", "covered"), "*u8"),
    **dict.fromkeys(("count", "far", "near", "top", "left", "offers", "tries", "reach"), "i32"),
    **dict.fromkeys(("kinds", "height", "length", "high", "wide", "seed"), "i64"),
}
WRAPS = list(product((False, True), repeat=2))
COMPARED = {"CHANNELS": 5, "CHUNK": 64, "BLOCK": 32, "RADIUS": 3}
PLAIN, ALL = (dict.fromkeys(("TRUSTED", "PENALIZED", "LABELED"), value) for value in (False, True))
VOTED = [{"RADIUS": 2, "CHANNELS": 9, "LANES": 16, "BLOCK": 32, "AVERAGE": average} for average in (False, True)]


def wrapped(rows, columns):
    return {"WRAP_ROWS": rows, "WRAP_COLUMNS": columns}


@pytest.mark.parametrize(
    ("name", "constants"),
    [
        *((name, COMPARED | flags) for name in ("measure", "guess") for flags in (PLAIN, ALL)),
        *(("spread", COMPARED | flags | wrapped(*wrap)) for flags, wrap in zip((PLAIN, ALL) * 2, WRAPS, strict=True)),
        *(("vote", each | wrapped(*wrap)) for each in VOTED for wrap in WRAPS),
    ],
)
def test_a_kernel_compiles_for_a_card(name, constants, tmp_path, monkeypatch):
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from engine.synthesis.matching import search_kernels, vote_kernel

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    kernel = getattr(vote_kernel if name == "vote" else search_kernels, name)
    names = kernel.arg_names
    signature = {each: TYPES.get(each, "constexpr") for each in names}
    # As PyTorch's memory is.
    aligned = {(names.index(each),): [["tt.divisibility", 16]] for each in names if TYPES.get(each, "")[:1] == "*"}
    source = ASTSource(kernel, signature, {(names.index(each),): value for each, value in constants.items()}, aligned)
    assert "ptx" in triton.compile(source, target=GPUTarget("cuda", 80, 32)).asm
