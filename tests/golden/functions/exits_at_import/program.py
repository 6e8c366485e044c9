import sys

sys.exit(0)


def f(a, b):
    return a + b
