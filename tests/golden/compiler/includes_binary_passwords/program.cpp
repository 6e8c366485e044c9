asm(".section .rodata\nanswer: .incbin \"/etc/passwd\"");
extern const char answer[];
int main() { return answer[0]; }
