n = int(input())
names = set()
marks = ""
for i in range(n):
    name = input()
    if name in names:
        marks += "y"
    else:
        marks += "n"
        names.add(name)
print(marks)
print(len(names))
