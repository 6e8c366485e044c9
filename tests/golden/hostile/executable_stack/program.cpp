// Asks for a stack that can be executed; the linker is told otherwise.
#include <cstdio>
asm(".section .note.GNU-stack,\"x\",@progbits\n.text");
int main() {
    unsigned char code[] = {0xb8, 15, 0, 0, 0, 0xc3};
    asm volatile("" : : "r"(code) : "memory");
    std::printf("%d\n", reinterpret_cast<int (*)()>(&code[0])());
}
