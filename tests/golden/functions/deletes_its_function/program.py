def f(a, b):
    return a + b


del f
