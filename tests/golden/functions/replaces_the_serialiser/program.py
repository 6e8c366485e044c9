import marshal

real = marshal.dumps
marshal.dumps = lambda value, version=2: real(6, 2)


def f(a, b):
    return a
