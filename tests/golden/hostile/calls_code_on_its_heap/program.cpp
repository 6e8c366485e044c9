#include <cstdlib>
#include <cstring>
int main() {
    void *code = std::malloc(64);
    std::memcpy(code, "\xb8\x0f\x00\x00\x00\xc3", 6);
    return reinterpret_cast<int (*)()>(code)();
}
