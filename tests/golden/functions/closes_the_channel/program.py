import os


def f(a, b):
    os.closerange(3, 64)
    return a + b
