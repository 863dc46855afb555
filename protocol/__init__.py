"""The vocabulary, the messages between clients and the engine, the connection file, and a client.

Nothing is imported here: `codec` needs msgpack, `keys` and `socket_link` pyzmq, all else the standard library alone.
"""
