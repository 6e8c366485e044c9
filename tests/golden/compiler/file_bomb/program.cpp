int table[200000000] = {1};
int main() { return table[5]; }
