"""
Start Lambda's runtime client, with the embedded AWS's connection and clock in place of its own.

Arguments: the handler, the directory that is `/opt`, now, how long the start may sleep, and the
socket to the Runtime API. Runs under any Python from 3.9 on, which sees nothing of the project but
its `clients/python`.
"""

import os
import site
import sys
import threading

import runtime_client
import runtime_clock


def main() -> None:
    """Serve invocations until the process is killed."""
    _, handler, opt, now, limit, door = sys.argv
    _end_with_parent()
    runtime_client.connect(int(door))
    runtime_clock.install(runtime_client.time_out)
    runtime_clock.begin(float(now), float(limit))
    version = "python{}.{}".format(*sys.version_info)
    sys.path[:1] = [
        os.environ["LAMBDA_TASK_ROOT"],
        f"{opt}/python/lib/{version}/site-packages",
        f"{opt}/python",
        os.environ["LAMBDA_RUNTIME_DIR"],
    ]
    site.setquit()  # -S, which keeps others' packages away, has left out `exit` too
    os.environ["_LAMBDA_TELEMETRY_LOG_FD"] = str(os.dup(1))
    sys.argv[1:] = [handler]
    from awslambdaric import bootstrap
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

    bootstrap.run(handler, LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"]))


def _end_with_parent() -> None:
    """The embedded AWS holds the other end of the standard input, whose end is this one's."""
    alive = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def watch() -> None:
        os.read(alive, 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main()
