"""What goes wrong with pictures."""


class MaterialError(ValueError):
    """Pictures that do not fit together, told in one sentence."""
