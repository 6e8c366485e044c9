n = int(input())
text = str(7**9000)
print(len(text), int(text) == 7**9000, len(str(int("9" * n))))
