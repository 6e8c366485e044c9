def f(a, b):
    rows = []
    while True:
        rows.append(bytearray(1 << 24))
