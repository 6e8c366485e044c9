def f(a, b):
    while True:
        pass
