def f(a, b):
    try:
        return a // 0
    except BaseException:
        pass
