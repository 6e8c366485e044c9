# A trace function that swallows the work's lines cannot unmake their cost.
import sys


def trace(frame, event, argument):
    return None


sys.settrace(trace)
print(sum(range(6)))
