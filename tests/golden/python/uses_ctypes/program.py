import ctypes

numbers = (ctypes.c_int * 5)(1, 2, 3, 4, 5)
print(sum(numbers), ctypes.sizeof(ctypes.c_long))
