"""The error that every way of getting an encoder raises."""


class EncoderError(ValueError):
    """An encoder cannot be had or used as asked; the message is a sentence for people, with the remedy."""
