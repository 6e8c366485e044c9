held = 0
for path, mode in ((__file__, "a"), ("/pie/runner", "wb"), ("/pie/sitecustomize.py", "w")):
    try:
        open(path, mode)
    except OSError:
        held += 1
print(held)
