def f(a, b):
    return float('nan')
