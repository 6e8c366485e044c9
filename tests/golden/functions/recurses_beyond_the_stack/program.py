import sys

sys.setrecursionlimit(10**9)


class Deep:
    def __getattr__(self, name):
        return getattr(self, name + 'a')


def f(a, b):
    return Deep().x
