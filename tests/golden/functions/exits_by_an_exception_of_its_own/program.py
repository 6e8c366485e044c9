class End(SystemExit):
    pass


def f(a, b):
    raise End(0)
