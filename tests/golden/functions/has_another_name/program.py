def g(a, b):
    return a + b
