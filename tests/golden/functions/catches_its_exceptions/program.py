import atexit

atexit.register(print, 'the end')


def f(a, b):
    try:
        return a + [b]
    except TypeError:
        return a + b
