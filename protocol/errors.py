"""What goes wrong between a client and the engine."""


class ProtocolError(ValueError):
    """A message that cannot be sent or understood, told in one sentence.

    Attributes:
        code: What it is, for programs; see `protocol/README.md`.
    """

    def __init__(self, sentence: str, code: str = "bad-message") -> None:
        super().__init__(sentence)
        self.code = code


class UnsafeFileError(ValueError):
    """A key or connection file that is missing, broken or open to others, told in one sentence."""


class BrokenFileError(UnsafeFileError):
    """A connection file that says nothing of use: half of one, or something else."""


class EngineError(RuntimeError):
    """An engine that cannot be had, told in one sentence."""


class NoEngineError(EngineError):
    """No engine is running where one was looked for."""


class StaleFileError(NoEngineError):
    """A connection file that was left behind: its engine has ended, whatever has its process id or its port now."""


class EngineRefusedError(EngineError):
    """The engine answered, and said no.

    Attributes:
        code: Why, for programs; see `protocol/README.md`.
    """

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.code = code


class EngineLostError(EngineError):
    """The engine was there, and has not been heard of since."""
