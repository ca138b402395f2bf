"""Waits until a program that was started says that it is ready."""
import time


class NotReady(Exception):
    """It ended before, or took too long; holds the end of what it said."""


def await_text(process, text, said, limit):
    """said(): all that it has written so far; limit: seconds."""
    end = time.monotonic() + limit
    while text not in said():
        if process.poll() is not None or time.monotonic() > end:
            raise NotReady(said().strip()[-200:])
        time.sleep(0.01)
