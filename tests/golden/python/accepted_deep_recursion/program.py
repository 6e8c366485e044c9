import sys
import threading

sys.setrecursionlimit(1 << 20)
threading.stack_size(128 << 20)


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


worker = threading.Thread(target=lambda: print(depth(50_000)))
worker.start()
worker.join()
