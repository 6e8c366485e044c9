class Lazy(list):
    def __iter__(self):
        return iter([5])


def f(a, b):
    return Lazy()
