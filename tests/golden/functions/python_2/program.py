def f(a, b):
    print a
