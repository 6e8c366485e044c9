n = int(input())
names = []
marks = ""
for i in range(n):
    name = input()
    if name in names:
        marks += "y"
    else:
        marks += "n"
        names.append(name)
print(marks)
print(len(names))
