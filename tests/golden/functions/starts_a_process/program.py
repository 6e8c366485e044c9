import os


def f(a, b):
    if os.fork() == 0:
        os._exit(0)
    return a + b
