// The translator replaces functions by symbols of such names, and calls one at the end.
#include <cstdio>
#include <unistd.h>
extern "C" {
void _vgnU_freeres() { (void)!write(1, "15\n", 3); }
void *_vgr10010ZU_VgSoSynsomalloc_malloc(unsigned long) { return nullptr; }
int _vgw00000ZU_libcZdsoZa_puts(const char *) { return 0; }
}
int main() { std::puts("16"); }
