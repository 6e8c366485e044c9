import numpy_of_another_world


def f(a, b):
    return a + b
