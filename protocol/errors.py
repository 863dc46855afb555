"""Errors between a client and the engine; each message is one sentence."""


class ProtocolError(ValueError):
    """A message that cannot be sent or decoded.

    Attributes:
        code: Code of the error, for programs; see `protocol/README.md`.
    """

    def __init__(self, sentence: str, code: str = "bad-message") -> None:
        super().__init__(sentence)
        self.code = code


class UnsafeFileError(ValueError):
    """A key or connection file that is missing, broken or open to others."""


class BrokenFileError(UnsafeFileError):
    """A connection file that is broken."""


class EngineError(RuntimeError):
    """An engine that cannot be used."""


class NoEngineError(EngineError):
    """No engine is running."""


class StaleFileError(NoEngineError):
    """The connection file is out of date: its engine has ended."""


class EngineRefusedError(EngineError):
    """The engine refused the client.

    Attributes:
        code: The reason, for programs; see `protocol/README.md`.
    """

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.code = code


class EngineLostError(EngineError):
    """The engine does not answer, or has ended."""
