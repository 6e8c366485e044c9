import threading


def f(a, b):
    found = []
    thread = threading.Thread(target=lambda: found.append(a + b))
    thread.start()
    thread.join()
    return found[0]
