import sys


def f(a, b):
    print(a, b)
    sys.stderr.write('noise')
    return a + b


if __name__ == '__main__':
    print(f(int(input()), 1))
