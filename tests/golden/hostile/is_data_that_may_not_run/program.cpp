extern "C" int main[] = {0xc3};
