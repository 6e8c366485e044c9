import marshal


def f(a, b):
    print('\nPIE-CALL\nV', marshal.dumps(5, 2), 'accepted', 5)
    return 6
