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
        from engine.packages import import_fault

        print(f"texture-engine: {import_fault(error)}", file=sys.stderr)
        sys.exit(BROKEN)


if __name__ == "__main__":
    start()
