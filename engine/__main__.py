"""Run the command line with `python -m engine`, or as `texture-engine`."""

import sys

INTERRUPTED = 130
BROKEN = 2
RELAY = "relay"


def start() -> None:
    """Run the command line; report Ctrl+C and libraries that do not load in one line."""
    try:
        if sys.argv[1:] == [RELAY]:
            # Without the command line, which takes longer to load than the relay: GIMP waits for it.
            from engine.relay import run_relay

            run_relay()
        from engine.cli import main

        main()
    except KeyboardInterrupt:
        print("texture-engine: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except ImportError as error:
        name = "a library" if error.name is None else error.name
        said = str(error).strip().splitlines() or ["no reason given"]
        print(
            f"texture-engine: {name} cannot be imported ({said[0]}): check whether PYTHONPATH names another "
            "version of it, or run install.py again",
            file=sys.stderr,
        )
        sys.exit(BROKEN)


if __name__ == "__main__":
    start()
