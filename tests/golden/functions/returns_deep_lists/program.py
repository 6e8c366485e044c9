def f(a, b):
    rows = []
    for _ in range(1000):
        rows = [rows]
    return rows
