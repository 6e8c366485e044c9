while True:
    print("more and more" * 100)
