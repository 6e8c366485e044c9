import asyncio


async def doubled(queue, n):
    await asyncio.sleep(0.05 if n > 2 else 0)
    await queue.put(2 * n)


async def main():
    queue = asyncio.Queue()
    numbers = map(int, input().split())
    await asyncio.gather(*(doubled(queue, n) for n in numbers))
    total = 0
    while not queue.empty():
        total += await queue.get()
    # From outside of the loop, as a thread would: the loop wakes itself by its socket pair.
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()
    loop.call_soon_threadsafe(woken.set)
    await woken.wait()
    begun = loop.time()
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.25)
    except asyncio.TimeoutError:
        print(total, loop.time() - begun >= 0.25)


asyncio.run(main())
