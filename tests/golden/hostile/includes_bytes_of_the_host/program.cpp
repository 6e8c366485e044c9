// The assembler reads files as well as the preprocessor does.
#include <cstdio>
asm(".data\n.globl secret\nsecret: .incbin \"/etc/passwd\"\n.byte 0\n.text");
extern "C" const char secret[];
int main() { std::puts(secret); }
