import sys

sys.setrecursionlimit(10000)


def ways(s, coins, i):
    if s == 0:
        return 1
    if s < 0 or i == len(coins):
        return 0
    return ways(s - coins[i], coins, i) + ways(s, coins, i + 1)


s, k = map(int, input().split())
coins = list(map(int, input().split()))
print(ways(s, coins, 0))
