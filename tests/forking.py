"""Processes of this checkout that are forked from one which has loaded the libraries.

To load torch takes two seconds of a core, which is most of what a command of these tests costs. A template loads it
once; what is forked from it is a process of its own in all that tests look at: number, streams, folder, environment,
signals, limits and exit status. The workers of an engine or of a batch that is forked are forked, too. Tests of how a
program is loaded start one with `subprocess` itself.
"""

import atexit
import gc
import importlib
import io
import json
import multiprocessing
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

try:
    import resource  # Windows has none
except ImportError:
    resource = None

LOADED = (
    "engine.cli",
    "engine.batch.pool",
    "engine.service.serving",
    "engine.service.worker",
    "engine.service.device_runner",
)
UNFORKED = "TEXTURE_TEST_UNFORKED"
"""Set it, and every process loads its own libraries, as a user's does."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
"""Environment of what tests start: beside other tests, threads that wait for each other take twice the time."""
PROGRAM = ("-m", "engine")
CODE = "-c"
# What a template does not look at while it is loaded.
FREE = {
    "COLUMNS",
    "GOMP_SPINCOUNT",
    "MPLBACKEND",
    *ONE_THREAD,
    "PYTEST_CURRENT_TEST",
    "PYTHONUNBUFFERED",
    "TEXTURE_ENGINE_FOLDER",
    # Torch sets it itself, in a process that has it compile something.
    "TORCHINDUCTOR_CACHE_DIR",
}
LARGEST = 2**18
NUMBER = struct.Struct("i")
END_SECONDS = 20
UNWRITTEN = 120
"""Exit status of an interpreter that cannot write what is left of its output."""

MOST = 2
"""Templates at a time: each holds what it has loaded."""

_templates, _ended = {}, []


def start(words, *, env, bound=None, limits=(), **how):
    """Start Python with these words, `-m engine …` or `-c …`, as `subprocess.Popen` does.

    Args:
        words: The words.
        env: Environment variables.
        bound: Called in the process that all with the same environment are forked from, before it loads anything.
        limits: What `resource.setrlimit` is called with.
        how: Pipes, encoding and folder, as `subprocess.Popen` takes them.
    """
    if sys.platform == "linux" and not os.environ.get(UNFORKED):
        return Forked(_template(env, bound), words, env=env, limits=limits, **how)

    def bind():
        if bound:
            bound()
        limit(limits)

    setup = bind if bound or limits else None
    return subprocess.Popen([sys.executable, *words], env=env, preexec_fn=setup, **how)  # noqa: PLW1509


def run(words, *, timeout, given=None, **how):
    """Likewise, and wait for its end, as `subprocess.run` does; `given` is what it reads."""
    streams = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "stdin": subprocess.PIPE if given else None,
        **how,
    }
    with start(words, **streams) as process:
        try:
            out, err = process.communicate(given, timeout=timeout)
        finally:
            process.kill()
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def limit(limits):
    """Limit what this process may take."""
    for name, values in limits:
        resource.setrlimit(name, values)


def end_templates():
    """End the templates of this process."""
    while _templates:
        _end_oldest()
    while _ended:
        template = _ended.pop()
        try:
            template.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            # Something that was forked from it still runs.
            template.kill()
            template.wait()


def _end_oldest():
    """Let the oldest template end, once nothing that was forked from it can ask for more."""
    template, asking = _templates.pop(next(iter(_templates)))
    asking.close()
    _ended.append(template)


def _template(env, bound):
    """The socket of a template for an environment."""
    kept = frozenset((name, value) for name, value in env.items() if name not in FREE)
    if (kept, bound) not in _templates:
        if len(_templates) == MOST:
            _end_oldest()
        asking, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with asked:
            words = [sys.executable, __file__, str(asked.fileno())]
            loaded = {**dict(kept), **ONE_THREAD, "GOMP_SPINCOUNT": "1000"}
            template = subprocess.Popen(words, env=loaded, pass_fds=[asked.fileno()], preexec_fn=bound)  # noqa: PLW1509
        _templates[kept, bound] = template, asking
    return _templates[kept, bound][1]


class Forked(subprocess.Popen):
    """A process that is forked from a template."""

    def __init__(self, asking, words, *, limits=(), **how) -> None:
        self._asking, self._limits = asking, limits
        self._reading = threading.Lock()
        super().__init__(words, **how)

    def _execute_child(self, args, _executable, _preexec, _close, _pass, cwd, env, _info, _flags, _shell, *pipes):
        streams = pipes[:6]
        request = {
            "words": args,
            "folder": os.path.abspath(cwd or "."),  # noqa: PTH100 - of this process, not of the template
            "environment": dict(os.environ if env is None else env),
            "limits": self._limits,
        }
        self._report, report = os.pipe()
        try:
            given = (streams[0], streams[3], streams[5])
            files = [own if file == -1 else file for own, file in enumerate(given)]
            socket.send_fds(self._asking, [json.dumps(request, default=str).encode()], [*files, report])
        finally:
            os.close(report)
            self._close_pipe_fds(*streams)
        self._child_created = True
        number = os.read(self._report, NUMBER.size)
        if not number:
            raise ChildProcessError("the template has ended")
        (self.pid,) = NUMBER.unpack(number)

    def _look(self, timeout):
        """Note the exit status, once it is told in time."""
        if self.returncode is None and select.select([self._report], [], [], timeout)[0]:
            with self._reading:
                if self.returncode is None:
                    number = os.read(self._report, NUMBER.size)
                    os.close(self._report)
                    self.returncode = os.waitstatus_to_exitcode(*NUMBER.unpack(number))

    def _internal_poll(self, **_):
        self._look(0)
        return self.returncode

    def _wait(self, timeout):
        self._look(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode


# The template.


def serve(first):
    """Fork a process for each request until nobody can ask any more; returns in a forked one, with its request."""
    asked = [first]
    while asked:
        for door in select.select(asked, [], [])[0]:
            data, files, _, _ = socket.recv_fds(door, LARGEST, 4)
            if not data:
                asked.remove(door)
                door.close()
                continue
            # Those that are forked ask by doors of their own, for their workers.
            asking, anew = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            if os.fork():
                asked.append(anew)
                asking.close()
                for file in files:
                    os.close(file)
                continue
            for each in (*asked, anew):
                each.detach()
            if keep(files):
                return json.loads(data), asking
    return None


def keep(files):
    """Fork a process, tell its number and exit status, and end; returns in the forked one, with its streams."""
    *streams, report = files
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if process := os.fork():
        os.write(report, NUMBER.pack(process))
        # Its pipes are open as long as it has them itself, and no longer.
        for file in (*streams, 0, 1, 2):
            os.close(file)
        _, status = os.waitpid(process, 0)
        with suppress(OSError):
            os.write(report, NUMBER.pack(status))
        os._exit(0)
    for number, file in enumerate(streams):
        os.dup2(file, number)
    return True


def become(request, asking):
    """Be what a new process would be."""
    last = asking.fileno()
    os.closerange(3, last)
    os.closerange(last + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    limit(request["limits"])
    # As the interpreter opens them.
    raw = bool(os.environ.get("PYTHONUNBUFFERED"))
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0)), sys.stdin.encoding, sys.stdin.errors)
    sys.stdout, sys.stderr = (_output(number, like, raw=raw) for number, like in ((1, sys.stdout), (2, sys.stderr)))
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    from engine.batch import pool
    from engine.service import supervisor

    supervisor.subprocess = _Forks(asking)
    pool.get_context = lambda _: multiprocessing.get_context("fork")


def _output(file, like, *, raw):
    stream = io.FileIO(file, "w") if raw else io.BufferedWriter(io.FileIO(file, "w"))
    return io.TextIOWrapper(stream, like.encoding, like.errors, line_buffering=like.line_buffering, write_through=raw)


class _Forks:
    """What an engine needs of `subprocess`."""

    PIPE = subprocess.PIPE

    def __init__(self, asking) -> None:
        self._asking = asking

    def Popen(self, command, **pipes):  # noqa: N802 - the name that the engine uses
        return Forked(self._asking, command[1:], env=dict(os.environ), **pipes)


def reap(*_):
    """Wait for those that have told how theirs ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main():
    """Load what engines and commands need, then fork; goes on as what was asked for."""
    sys.path[0] = str(Path(__file__).parents[1])
    for name in LOADED:
        importlib.import_module(name)
    with suppress(ImportError):
        # What it imports takes longer than all else that a command does before it computes.
        importlib.import_module("typer._adapters")
    from numba.core.registry import cpu_target

    # What numba looks up when it compiles or loads the first function, a quarter of a second.
    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()
    first = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGCHLD, reap)
    # Ctrl+C is for those that are forked.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    found = serve(first)
    if found is None:
        return
    request, asking = found
    become(request, asking)
    os._exit(status_of(request["words"]))


def status_of(words):
    """Run what a Python with these words runs, up to its end, and return its exit status."""
    status = 0
    try:
        run_words(words)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does it
        sys.excepthook(*sys.exc_info())
        status = 1
    # What an interpreter does at its end; to take apart what was loaded would copy all of it first.
    threading._shutdown()  # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        status = status or UNWRITTEN
    return status


def run_words(words):
    """Run what a Python with these words runs."""
    if tuple(words[:2]) == PROGRAM:
        from engine.__main__ import start as program

        sys.argv = [str(Path(__file__).parents[1] / "engine" / "__main__.py"), *words[2:]]
        program()
    else:
        sys.argv = [CODE, *words[2:]]
        exec(compile(words[1], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - as Python does with -c


if __name__ == "__main__":
    main()
