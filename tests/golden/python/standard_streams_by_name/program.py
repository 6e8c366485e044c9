with open("/dev/stdin") as given, open(0, closefd=False) as again:
    print(given.read().strip(), again.read().strip())
with open("/dev/null", "w") as nothing:
    nothing.write("lost")
with open("/dev/urandom", "rb") as random, open("/dev/zero", "rb") as zero:
    print(len(random.read(8)), zero.read(2), flush=True)
with open("/dev/stdout", "w") as out:
    out.write("last\n")
