s, k = map(int, input().split())
coins = list(map(int, input().split()))
dp = [0] * (s + 1)
dp[0] = 1
for c in coins:
    for x in range(c, s + 1):
        dp[x] += dp[x - c]
print(dp[s])
