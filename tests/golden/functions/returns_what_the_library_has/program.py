from collections import Counter, OrderedDict, defaultdict, deque, namedtuple

Pair = namedtuple('Pair', 'a b')


def f(a, b):
    many = defaultdict(list)
    many[a].append(b)
    return [Counter('aab'), OrderedDict(x=a), deque([b]), many, Pair(a, b)]
