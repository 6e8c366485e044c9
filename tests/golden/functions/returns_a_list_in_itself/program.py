def f(a, b):
    rows = [a]
    rows.append(rows)
    return rows
