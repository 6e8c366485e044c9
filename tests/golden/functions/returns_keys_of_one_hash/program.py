def add(a, b):
    return {number * (2**61 - 1) for number in range(2_000)}
