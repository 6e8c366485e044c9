import queue
import threading
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(max_workers=1) as pool:
    squares = list(pool.map(lambda x: x * x, range(3)))
jobs = queue.Queue()
threading.Thread(target=lambda: jobs.put(7), daemon=True).start()
print(squares, jobs.get(timeout=5))
