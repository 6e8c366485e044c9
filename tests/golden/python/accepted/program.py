import sys

numbers = sys.stdin.read().split()[1:]
print(sum(map(int, numbers)))
