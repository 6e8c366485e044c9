def f(a, b):
    rows = [0]
    for _ in range(60):
        rows = [rows, rows]
    return rows
