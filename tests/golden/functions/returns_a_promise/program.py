def f(a, b):
    return (a + b for _ in range(1))
