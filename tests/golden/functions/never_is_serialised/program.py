class Endless(tuple):
    _fields = ()


def f(a, b):
    while True:
        try:
            return f(a, b)
        except RecursionError:
            pass
