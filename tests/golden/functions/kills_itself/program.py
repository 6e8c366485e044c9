import os
import signal


def f(a, b):
    os.kill(os.getpid(), signal.SIGKILL)
