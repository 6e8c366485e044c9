#include <cstdio>
asm(".text\n.globl triple\ntriple: lea (%rdi, %rdi, 2), %eax\nret");
extern "C" int triple(int);
int main() { std::printf("%d\n", triple(5)); }
