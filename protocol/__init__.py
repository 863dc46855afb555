"""The vocabulary, the messages between a client and the engine, where the engine listens, and a client.

Nothing is imported here: `vocabulary` needs the standard library alone, `codec` msgpack, and `client` pyzmq too.
"""
