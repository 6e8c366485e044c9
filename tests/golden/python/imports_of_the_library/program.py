import bisect
import collections
import functools
import heapq
import itertools
import math

print(math.comb(6, 2), bisect.bisect([1, 2], 1), heapq.nsmallest(1, [2, 1]), len(collections.deque([1])))
