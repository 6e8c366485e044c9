def f(a, b):
    return f(b, a)
