"""The vocabulary, the messages between clients and the engine, the connection file, and a client.

Nothing is imported here: `vocabulary` needs the standard library alone, `codec` msgpack, and `client` pyzmq as well.
"""
