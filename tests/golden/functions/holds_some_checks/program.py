def f(a, b):
    return a + b if b else 0
