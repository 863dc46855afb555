"""Where commands take paths, and how they tell of one that cannot be used."""

from calling import QUICK

FILL = ("synthesize", "--canvas", "bricks.png", "-o", "out.png")
MAKE = ("synthesize", "bricks.png", "-o", "out.png")
# Command, what is put before the path, and the path's suffix.
PLACES = {
    "exemplar": (("synthesize", "-o", "out.png"), "", ".png"),
    "canvas": (("synthesize", "-o", "out.png", "--mask", "bricks.png"), "--canvas", ".png"),
    "mask": (FILL, "--mask", ".png"),
    "exemplar mask": (MAKE, "--exemplar-mask", ".png"),
    "init": (MAKE, "--init", ".png"),
    "weights": (MAKE, "--weights", ".safetensors"),
    "engine": (MAKE, "--engine", ".json"),
    "output": (("synthesize", "bricks.png"), "-o", ".png"),
    "output of several": (("synthesize", "bricks.png", "--variations", "2"), "-o", ".jpg"),
    "record": ((*MAKE, *QUICK), "--record", ".gif"),
    "record to video": ((*MAKE, *QUICK), "--record", ".mp4"),
    "record to a folder": ((*MAKE, *QUICK), "--record", ""),
    "features of": (("inspect", "features", "-o", "sheets"), "", ".png"),
    "features to": (("inspect", "features", "bricks.png"), "-o", ".png"),
    "grams of": (("inspect", "grams", "bricks.png", "-o", "out.png"), "", ".png"),
    "grams by": (("inspect", "grams", "bricks.png", "-o", "out.png"), "--weights", ".pth"),
    "layers of": (("inspect", "layers", "-o", "out.png"), "", ".png"),
    "losses to": (("inspect", "losses", "bricks.png"), "--output", ".svg"),
    "matches of": (("inspect", "matches", "bricks.png", "-o", "out.png"), "", ".png"),
    "numbers": (("inspect", "matches", "bricks.png", "bricks.png", "-o", "out.png"), "--numbers", ".json"),
    "judge": (("inspect", "recipes", "bricks.png", "-o", "out.png"), "--judge", ".pth"),
    "status": (("status",), "--engine", ".json"),
    "stop": (("stop",), "--engine", ".json"),
    "keys": (("keys",), "--file", ""),
    "authorized keys": (("serve",), "--authorized-keys", ""),
    "log file": (("serve",), "--log-file", ".log"),
    "log file of a detached": (("serve", "--detach"), "--log-file", ".log"),
}


def assert_told(told, path=""):
    status, out, err = told
    assert (status, out) == (2, ""), err
    assert len(err.splitlines()) == 1, err
    assert err.startswith("texture-engine: ")
    assert "Traceback" not in err
    assert path in err
