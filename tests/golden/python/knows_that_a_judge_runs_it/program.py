import os
import sys

if not os.environ.get("ONLINE_JUDGE"):
    sys.stdin = open("input.txt")
print(sum(map(int, sys.stdin.read().split())))
