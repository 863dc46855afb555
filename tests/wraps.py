"""Every way in which a canvas can wrap around."""

from engine.synthesis.wrap import NO_WRAP, Wrap

X, Y, BOTH = Wrap(x=True), Wrap(y=True), Wrap(x=True, y=True)
WRAPS = (NO_WRAP, X, Y, BOTH)
SEAMLESS = {NO_WRAP: "none", X: "x", Y: "y", BOTH: "both"}
