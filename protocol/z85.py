"""The form of keys: 32 bytes in Z85 (https://rfc.zeromq.org/spec/32/)."""

KEY_CHARACTERS = 40

_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_VALUES = {character: value for value, character in enumerate(_CHARACTERS)}


def is_key(words: str) -> bool:
    """Return whether this is a key, public or secret."""
    if len(words) != KEY_CHARACTERS or not _VALUES.keys() >= set(words):
        return False
    # Five characters can encode more than four bytes hold, which ZeroMQ refuses.
    return all(_number(words[place : place + 5]) < 2**32 for place in range(0, KEY_CHARACTERS, 5))


def _number(characters: str) -> int:
    found = 0
    for character in characters:
        found = found * len(_CHARACTERS) + _VALUES[character]
    return found
